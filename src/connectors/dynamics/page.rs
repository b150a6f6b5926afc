//! One page of rows, read in a single pass: only the table's columns are looked at, the rest is
//! skipped unseen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::call::Malformed;
use super::query::TARGET_TABLE;
use super::table::Table;
use super::value;
use crate::model::{FieldKind, Fields, Record, RecordKey, Value};

/// One entry of a change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The row as it is now; whether it is new is not told.
    Upsert(Record),
    /// The row is gone, perhaps one never seen before.
    Delete(Uuid),
}

/// Where the feed goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// There is another page now.
    Page(String),
    /// Everything is read; this link brings what changes from here on.
    Delta(String),
}

/// One page of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the server's order.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub next: Next,
}

/// A page as it came: a read without tracking has no delta link, and perhaps no link at all.
#[derive(Debug, Default)]
pub(super) struct RawPage {
    pub changes: Vec<Change>,
    pub next_link: Option<String>,
    pub delta_link: Option<String>,
}

/// Reads the rows of one table.
pub(super) struct Reader<'t> {
    table: &'t Table,
    members: HashMap<String, Member<'t>>,
}

/// What a member of a row means.
#[derive(Clone, Copy)]
enum Member<'t> {
    /// The value of that column.
    Value(&'t str, FieldKind),
    /// The table that column's lookup points to.
    TargetTable(&'t str),
}

impl<'t> Reader<'t> {
    pub(super) fn new(table: &'t Table) -> Self {
        let mut members = HashMap::with_capacity(table.columns.len());
        for column in &table.columns {
            let (name, member) = (column.name.as_str(), Table::member(column));
            if table
                .navigation
                .get(name)
                .is_some_and(|targets| targets.len() > 1)
            {
                let annotation = format!("{member}@{TARGET_TABLE}");
                members.insert(annotation, Member::TargetTable(name));
            }
            members.insert(member, Member::Value(name, column.kind));
        }
        Self { table, members }
    }

    pub(super) fn table(&self) -> &'t Table {
        self.table
    }

    /// The whole body of a collection.
    pub(super) fn page(&self, body: &[u8]) -> Result<RawPage, Malformed> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let page = PageSeed(self).deserialize(&mut json);
        let page = page.and_then(|page| json.end().map(|()| page));
        page.map_err(|error| Malformed(format!("not a page of rows: {}", without_values(&error))))
    }
}

/// serde's own messages quote what they found, which may be somebody's data.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with(OURS) || error.is_eof() {
        return text;
    }
    format!("line {} column {}", error.line(), error.column())
}

/// How our own messages begin, so that they are told from serde's.
const OURS: &str = "row:";

/// A text that is borrowed where it can be (serde's own `Cow` always copies).
struct Name<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(text.to_owned())))
    }
}

struct PageSeed<'r, 't>(&'r Reader<'t>);

impl<'de> DeserializeSeed<'de> for PageSeed<'_, '_> {
    type Value = RawPage;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<RawPage, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PageSeed<'_, '_> {
    type Value = RawPage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a collection of rows")
    }

    /// The links may stand before or after the rows.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawPage, A::Error> {
        let mut page = RawPage::default();
        let mut has_rows = false;
        while let Some(member) = map.next_key::<Name<'de>>()? {
            match &*member.0 {
                "value" => {
                    page.changes = map.next_value_seed(RowsSeed(self.0))?;
                    has_rows = true;
                }
                "@odata.nextLink" => page.next_link = Some(map.next_value()?),
                "@odata.deltaLink" => page.delta_link = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if has_rows {
            Ok(page)
        } else {
            Err(serde::de::Error::custom("row: there is no list of rows"))
        }
    }
}

struct RowsSeed<'r, 't>(&'r Reader<'t>);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_, '_> {
    type Value = Vec<Change>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Vec<Change>, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_, '_> {
    type Value = Vec<Change>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Vec<Change>, A::Error> {
        let mut changes = Vec::new();
        while let Some(change) = rows.next_element_seed(RowSeed(self.0))? {
            changes.push(change);
        }
        Ok(changes)
    }
}

struct RowSeed<'r, 't>(&'r Reader<'t>);

impl<'de> DeserializeSeed<'de> for RowSeed<'_, '_> {
    type Value = Change;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Change, D::Error> {
        json.deserialize_map(self)
    }
}

/// What a row tells about itself while it is read.
#[derive(Default)]
struct Row {
    key: Option<Uuid>,
    /// The `id` of a tombstone.
    id: Option<Uuid>,
    deleted: bool,
    version: Option<String>,
    modified: Option<DateTime<Utc>>,
    fields: Fields,
    /// `column:table` of the lookups whose table was told; it may come before or after the id.
    targets: Vec<String>,
}

impl<'de> Visitor<'de> for RowSeed<'_, '_> {
    type Value = Change;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Change, A::Error> {
        let mut row = Row::default();
        while let Some(member) = map.next_key::<Name<'de>>()? {
            match &*member.0 {
                "@odata.etag" => row.version = Some(map.next_value()?),
                "@odata.context" => {
                    let context = map.next_value::<Name<'de>>()?;
                    row.deleted = context.0.ends_with("/$deletedEntity");
                }
                "id" => {
                    // Of a tombstone; some tables have a column of that name, too.
                    let json = map.next_value()?;
                    row.id = guid(json);
                    if let Some(Member::Value(name, kind)) = self.0.members.get("id") {
                        let taken = row.take(name, *kind, json);
                        taken.or_else(|error| row.id.map(|_| ()).ok_or(error))?;
                    }
                }
                name if name == self.0.table.key => row.key = guid(map.next_value()?),
                name => match self.0.members.get(name) {
                    Some(Member::Value(name, kind)) => row.take(name, *kind, map.next_value()?)?,
                    Some(Member::TargetTable(column)) => {
                        let table = map.next_value::<Name<'de>>()?;
                        row.targets.push(format!("{column}:{}", table.0));
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                },
            }
        }
        row.change()
    }
}

impl Row {
    fn take<E: serde::de::Error>(
        &mut self,
        name: &str,
        kind: FieldKind,
        json: &RawValue,
    ) -> Result<(), E> {
        let value = value::from_json(kind, json.get())
            .ok_or_else(|| E::custom(format_args!("row: column {name} does not hold {kind:?}")))?;
        if name == "modifiedon"
            && let Value::DateTime(moment) = value
        {
            self.modified = Some(moment);
        }
        self.fields.insert(name.to_owned(), value);
        Ok(())
    }

    fn change<E: serde::de::Error>(mut self) -> Result<Change, E> {
        if self.deleted {
            let id = self.id.or(self.key);
            return id
                .map(Change::Delete)
                .ok_or_else(|| E::custom("row: a tombstone without an id"));
        }
        let key = self
            .key
            .ok_or_else(|| E::custom("row: a row without its key"))?;
        for target in self.targets {
            let column = target.split(':').next().unwrap_or_default();
            if let Some(id) = self.fields.get(column).cloned() {
                self.fields.insert(target, id);
            }
        }
        Ok(Change::Upsert(Record {
            key: RecordKey::Dynamics(key),
            version: self.version,
            modified: self.modified,
            fields: self.fields,
        }))
    }
}

fn guid(json: &RawValue) -> Option<Uuid> {
    match value::from_json(FieldKind::Id, json.get()) {
        Some(Value::Id(id)) => Some(id),
        _ => None,
    }
}
