//! Reading records fast: only the fields that were asked for leave the page, each as the text it came as.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{times, values};
use crate::model::{FieldInfo, FieldKind, Fields, Value};

const MODIFIED: &str = "updatedAt";
/// The samples write it both ways.
const GUID_VARIANT: &str = "marketoGuid";

/// One record of a page.
pub(super) struct Row {
    /// Its id as text: a number, or a `marketoGUID`.
    pub(super) id: String,
    /// `updatedAt`.
    pub(super) modified: Option<DateTime<Utc>>,
    /// What was asked for, every field of it.
    pub(super) fields: Fields,
}

/// Which fields leave a page, and as what.
pub(super) struct Plan<'a> {
    id: &'static str,
    /// By name: place in `fields`.
    places: HashMap<&'a str, usize>,
    fields: Vec<(&'a str, FieldKind)>,
}

impl<'a> Plan<'a> {
    /// `fields` as asked for; a field `kinds` does not know is read as it comes.
    pub(super) fn new(id: &'static str, fields: &'a [String], kinds: &[FieldInfo]) -> Self {
        let known: HashMap<&str, FieldKind> = kinds
            .iter()
            .map(|info| (info.name.as_str(), info.kind))
            .collect();
        let mut plan = Self {
            id,
            places: HashMap::new(),
            fields: Vec::with_capacity(fields.len()),
        };
        for name in fields {
            let place = plan.fields.len();
            if plan.places.insert(name, place).is_none() {
                let kind = known
                    .get(name.as_str())
                    .copied()
                    .unwrap_or(FieldKind::Other);
                plan.fields.push((name, kind));
            } else {
                // The same name twice: the first place stays.
                let first = plan.fields.iter().position(|(known, _)| known == name);
                plan.places.insert(name, first.unwrap_or_default());
            }
        }
        plan
    }

    /// What was asked for, the id and the time of change.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.fields.iter().map(|(name, _)| *name).collect();
        for always in [self.id, MODIFIED] {
            if !self.places.contains_key(always) {
                names.push(always);
            }
        }
        names
    }

    /// Reads a `result` array.
    pub(super) fn rows(&self, result: &[u8]) -> Result<Vec<Row>, serde_json::Error> {
        let mut from = serde_json::Deserializer::from_slice(result);
        let rows = Page(self).deserialize(&mut from)?;
        from.end()?;
        Ok(rows)
    }
}

struct Page<'p, 'a>(&'p Plan<'a>);

impl<'de> DeserializeSeed<'de> for Page<'_, '_> {
    type Value = Vec<Row>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Page<'_, '_> {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut rows: S) -> Result<Self::Value, S::Error> {
        let mut people = Vec::new();
        while let Some(person) = rows.next_element_seed(OneRow(self.0))? {
            people.push(person);
        }
        Ok(people)
    }
}

struct OneRow<'p, 'a>(&'p Plan<'a>);

impl<'de> DeserializeSeed<'de> for OneRow<'_, '_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Row, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_, '_> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Row, M::Error> {
        let plan = self.0;
        let mut found: Vec<Option<Value>> = vec![None; plan.fields.len()];
        let (mut id, mut modified) = (None, None);
        while let Some(name) = members.next_key::<Name<'de>>()? {
            let name = name.0.as_ref();
            let place = plan.places.get(name).copied();
            let is_id = name == plan.id || (name == GUID_VARIANT && plan.id != "id");
            if place.is_none() && !is_id && name != MODIFIED {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            let raw: &'de RawValue = members.next_value()?;
            if is_id {
                id = Some(raw.get().trim_matches('"').to_owned());
            } else if name == MODIFIED {
                modified = times::moment(raw.get().trim_matches('"'));
            }
            if let Some(place) = place {
                found[place] = Some(values::read(plan.fields[place].1, raw));
            }
        }
        let id = id.ok_or_else(|| serde::de::Error::missing_field(plan.id))?;
        let fields: Fields = plan
            .fields
            .iter()
            .zip(found)
            .map(|(&(name, kind), value)| {
                (
                    name.to_owned(),
                    value.unwrap_or_else(|| values::absent(kind)),
                )
            })
            .collect();
        Ok(Row {
            id,
            modified,
            fields,
        })
    }
}

/// A member's name, borrowed unless it holds escapes.
struct Name<'de>(std::borrow::Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(text.into()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(text.to_owned().into()))
            }
        }
        from.deserialize_str(Text)
    }
}
