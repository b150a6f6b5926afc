//! Which operation a method and a path mean: writing.

use serde_json::Value;
use uuid::Uuid;

use super::cell::Cell;
use super::data::Data;
use super::dispatch;
use super::json;
use super::links;
use super::payload::{self, Changes, Created, Key};
use super::reply::{Answer, Fault, Reply};
use super::request::Call;
use super::resource::{Segment, segments};
use super::schema::Table;
use super::write::{Writer, exists};
use super::{actions, define, multiple, relate};

/// A call that changes something, with the rows its change set has made so far.
pub struct Modify<'a> {
    /// The data.
    pub data: &'a mut Data,
    /// The call.
    pub call: &'a Call,
    /// Rows made by earlier parts, by content id.
    pub created: &'a mut Created,
}

impl Modify<'_> {
    /// Carries the call out.
    pub fn answer(&mut self) -> Answer {
        let mut path = segments(&self.call.path)?;
        self.start_from_content_id(&mut path);
        let schema = self.data.schema.clone();
        let Some((first, rest)) = path.split_first() else {
            return Err(not_allowed(self.call));
        };
        if rest.is_empty()
            && self.call.method == http::Method::POST
            && let Some(answer) = actions::unbound(self, &first.name)
        {
            return answer;
        }
        if first.name == "EntityDefinitions" {
            return define::answer(self, first, rest);
        }
        if first.name == "RelationshipDefinitions" {
            return relate::answer(self, first);
        }
        let table = schema
            .by_set(&first.name)
            .ok_or_else(|| Fault::segment(&first.name))?;
        let method = self.call.method.as_str();
        match (method, first.inside.is_some(), rest) {
            ("POST", false, []) => self.create(table, Changes::default()),
            ("POST", false, [action]) => multiple::answer(self, table, &action.name),
            ("PATCH", true, []) => self.patch(table, first),
            ("DELETE", true, []) => self.delete(table, first),
            ("POST", true, [action]) if action.name.starts_with("Microsoft.Dynamics.CRM.") => {
                let id = dispatch::find(self.data, table, first)?.id;
                actions::bound(self, table, id, &action.name)
            }
            ("POST", true, [part]) => self.create_within(table, first, part),
            ("PUT" | "PATCH", true, [part]) => self.set(table, first, part),
            ("DELETE", true, [part]) => self.clear(table, first, part),
            ("POST" | "PUT", true, [part, tail]) if tail.name == "$ref" => {
                self.refer(table, first, part)
            }
            ("DELETE", true, [part, tail]) if tail.name == "$ref" => {
                self.unrefer(table, first, part)
            }
            _ => Err(not_allowed(self.call)),
        }
    }

    /// The writer of this call.
    pub fn writer(&mut self) -> Writer<'_> {
        let detect = self.call.header("mscrm.suppressduplicatedetection");
        Writer {
            duplicates: detect.is_some_and(|value| value.eq_ignore_ascii_case("false")),
            data: self.data,
            caller: &self.call.caller,
            now: self.call.now,
            created: self.created,
        }
    }

    /// Reads the body as changes to `table`.
    pub fn changes(&self, table: &Table, create: bool) -> Result<Changes, Fault> {
        let body = payload::object(&self.call.body)?;
        payload::changes(self.data, table, &body, create, self.created)
    }

    /// `$1/…` stands for the row part 1 created.
    fn start_from_content_id(&self, path: &mut [Segment]) {
        let Some(first) = path.first_mut() else {
            return;
        };
        let found = first
            .name
            .strip_prefix('$')
            .and_then(|name| self.created.get(name));
        if let Some((table, id)) = found {
            first.name.clone_from(&self.data.schema.table(*table).set);
            first.inside = Some(id.to_string());
        }
    }

    fn create(&mut self, table: &Table, preset: Changes) -> Answer {
        let mut changes = self.changes(table, true)?;
        for (at, value) in preset.values {
            changes.set(at, value);
        }
        if table.intersect.is_some() {
            return Err(not_allowed(self.call));
        }
        let id = self.writer().create(table.number, changes)?;
        self.written(table, id, true, None)
    }

    fn create_within(&mut self, table: &Table, first: &Segment, part: &Segment) -> Answer {
        let id = dispatch::find(self.data, table, first)?.id;
        let schema = self.data.schema.clone();
        let incoming = schema
            .collection(table.number, &part.name)
            .ok_or_else(|| Fault::segment(&part.name))?;
        let mut preset = Changes::default();
        preset.set(incoming.column, Cell::Link(table.number, id));
        self.create(schema.table(incoming.table), preset)
    }

    /// The answer to a write: 204 with the row's address, or the row when asked for.
    pub fn written(&mut self, table: &Table, id: Uuid, new: bool, shown: Option<&str>) -> Answer {
        let missing = || Fault::missing(&table.name, &id);
        let row = self.data.rows(table.number).find(&id).ok_or_else(missing)?;
        if self.call.prefer().representation {
            let mut reply = dispatch::single(self.data, self.call, table, row)?;
            reply.status = if new { 201 } else { 200 };
            return Ok(reply);
        }
        let key = shown.map_or_else(|| id.to_string(), str::to_owned);
        let address = format!("{}{}({key})", self.call.caller.root(), table.set);
        let reply = Reply::empty().with("OData-EntityId", address.clone());
        Ok(if new {
            reply.with("Location", address)
        } else {
            reply
        })
    }

    fn patch(&mut self, table: &Table, first: &Segment) -> Answer {
        let key = payload::key(table, first)?;
        let slot = payload::locate(self.data, table, &key);
        let shown = match key {
            Key::Alternate(_) => first.inside.clone(),
            Key::Id(_) => None,
        };
        let Some(slot) = slot else {
            return self.patch_missing(table, &key, shown.as_deref());
        };
        self.precondition(table, slot)?;
        let mut changes = self.changes(table, false)?;
        if let Key::Alternate(values) = &key {
            changes
                .values
                .retain(|(at, _)| !values.iter().any(|(column, _)| column == at));
        }
        let id = self
            .data
            .rows(table.number)
            .get(slot)
            .map(|row| row.id)
            .unwrap_or_default();
        self.writer().update(table.number, slot, changes)?;
        self.written(table, id, false, shown.as_deref())
    }

    fn patch_missing(&mut self, table: &Table, key: &Key, shown: Option<&str>) -> Answer {
        if self.if_match().is_some() {
            return Err(match key {
                Key::Id(id) => Fault::missing(&table.name, id),
                Key::Alternate(_) => payload::no_such_key(table),
            });
        }
        let mut changes = self.changes(table, true)?;
        match key {
            Key::Id(id) => changes.id = Some(*id),
            Key::Alternate(values) => {
                for (at, value) in values {
                    if changes.get(Some(*at)).is_none() {
                        changes.set(*at, value.clone());
                    }
                }
            }
        }
        let id = self.writer().create(table.number, changes)?;
        self.written(table, id, true, shown)
    }

    /// A literal `null` is what the vendor's own pages send against caches; it is no tag.
    fn if_match(&self) -> Option<&str> {
        self.call.header("if-match").filter(|tag| *tag != "null")
    }

    /// Obeys `If-Match` and `If-None-Match` for a row that exists.
    fn precondition(&self, table: &Table, slot: u32) -> Result<(), Fault> {
        let version = self
            .data
            .rows(table.number)
            .get(slot)
            .map(|row| row.version);
        if self.call.header("if-none-match") == Some("*") {
            return Err(exists());
        }
        match self.if_match() {
            None | Some("*") => Ok(()),
            Some(tag) if tag_version(tag) == version => Ok(()),
            Some(_) => Err(Fault::new(
                412,
                "0x80060882",
                "ConcurrencyVersionMismatch",
                "The version of the existing record doesn't match the RowVersion property provided."
                    .into(),
            )),
        }
    }

    fn delete(&mut self, table: &Table, first: &Segment) -> Answer {
        let id = dispatch::find(self.data, table, first)?.id;
        let Some(slot) = self.data.rows(table.number).slot(&id) else {
            return Err(Fault::missing(&table.name, &id));
        };
        self.precondition(table, slot)?;
        self.writer().delete(table.number, slot)?;
        Ok(Reply::empty())
    }

    fn slot(&self, table: &Table, first: &Segment) -> Result<(u32, Uuid), Fault> {
        let id = dispatch::find(self.data, table, first)?.id;
        let slot = self.data.rows(table.number).slot(&id);
        Ok((slot.ok_or_else(|| Fault::missing(&table.name, &id))?, id))
    }

    /// `PUT set(key)/column` with `{"value":…}`.
    fn set(&mut self, table: &Table, first: &Segment, part: &Segment) -> Answer {
        let (slot, _) = self.slot(table, first)?;
        self.precondition(table, slot)?;
        let at = table
            .find(&part.name)
            .ok_or_else(|| Fault::segment(&part.name))?;
        let body = payload::object(&self.call.body)?;
        let value = body.get("value").unwrap_or(&Value::Null);
        let mut changes = Changes::default();
        changes.set(at, json::read(table, table.column(at), value)?);
        self.writer().update(table.number, slot, changes)?;
        Ok(Reply::empty())
    }

    /// `DELETE set(key)/column`.
    fn clear(&mut self, table: &Table, first: &Segment, part: &Segment) -> Answer {
        let (slot, _) = self.slot(table, first)?;
        self.precondition(table, slot)?;
        let at = table
            .find(&part.name)
            .ok_or_else(|| Fault::segment(&part.name))?;
        let mut changes = Changes::default();
        changes.set(at, Cell::Null);
        self.writer().update(table.number, slot, changes)?;
        Ok(Reply::empty())
    }

    fn refer(&mut self, table: &Table, first: &Segment, part: &Segment) -> Answer {
        let (slot, id) = self.slot(table, first)?;
        let body = payload::object(&self.call.body)?;
        let reference = body
            .get("@odata.id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let (other, whom) = payload::refer(self.data, reference, self.created)?;
        if let Some((column, _)) = table.navigation(&part.name) {
            let mut changes = Changes::default();
            changes.set(column, Cell::Link(other, whom));
            self.writer().update(table.number, slot, changes)?;
        } else {
            let from = (table.number, id);
            links::associate(&mut self.writer(), from, &part.name, (other, whom))?;
        }
        Ok(Reply::empty())
    }

    fn unrefer(&mut self, table: &Table, first: &Segment, part: &Segment) -> Answer {
        let (slot, id) = self.slot(table, first)?;
        if let Some((column, _)) = table.navigation(&part.name) {
            let mut changes = Changes::default();
            changes.set(column, Cell::Null);
            self.writer().update(table.number, slot, changes)?;
            return Ok(Reply::empty());
        }
        let inside = part
            .inside
            .as_deref()
            .and_then(|text| Uuid::parse_str(text).ok());
        let whom = match (inside, self.call.option("$id")) {
            (Some(id), _) => id,
            (None, Some(reference)) => payload::refer(self.data, reference, self.created)?.1,
            (None, None) => return Err(Fault::segment(&part.name)),
        };
        links::disassociate(&mut self.writer(), (table.number, id), &part.name, whom)?;
        Ok(Reply::empty())
    }
}

/// The version in `W/"123"`.
fn tag_version(tag: &str) -> Option<u64> {
    tag.trim()
        .trim_start_matches("W/")
        .trim_matches('"')
        .parse()
        .ok()
}

/// 405: the resource does not take this method.
fn not_allowed(call: &Call) -> Fault {
    let text = format!(
        "The requested resource does not support http method '{}'.",
        call.method
    );
    Fault::new(405, "0x8006088a", "NotSupported", text)
}
