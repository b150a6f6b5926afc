//! Creating, changing and deleting rows, with everything the platform does beside.

use uuid::Uuid;

use super::cell::{Cell, Owned};
use super::data::Data;
use super::payload::{self, Changes, Created};
use super::reply::Fault;
use super::request::Caller;
use super::schema::{Kind, Table};

/// Deepest nesting of rows created within a row.
const DEPTH_MAX: usize = 4;

/// Writes on behalf of a caller.
pub struct Writer<'a> {
    /// The data written to.
    pub data: &'a mut Data,
    /// Whose name stands on it.
    pub caller: &'a Caller,
    /// Seconds since 1970.
    pub now: i64,
    /// Look for duplicates before writing.
    pub duplicates: bool,
    /// Rows made earlier in the same change set.
    pub created: &'a Created,
}

impl Writer<'_> {
    /// Creates a row; its id.
    pub fn create(&mut self, table: u16, changes: Changes) -> Result<Uuid, Fault> {
        self.nested(table, changes, 0)
    }

    fn nested(&mut self, number: u16, mut changes: Changes, depth: usize) -> Result<Uuid, Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault::argument("The nested entities are too deep."));
        }
        let schema = self.data.schema.clone();
        let table = schema.table(number);
        for (column, target, body) in std::mem::take(&mut changes.parents) {
            let inner =
                payload::changes(self.data, schema.table(target), &body, true, self.created)?;
            let id = self.nested(target, inner, depth + 1)?;
            changes.set(column, Cell::Link(target, id));
        }
        let id = changes.id.unwrap_or_else(|| self.data.new_id());
        if self.data.rows(number).slot(&id).is_some() {
            return Err(exists());
        }
        let created = self.defaults(table, &mut changes)?;
        self.unique(table, &changes.values, None)?;
        if self.duplicates {
            super::duplicates::check(self.data, table, &changes.values, None)?;
        }
        let mut cells = std::mem::take(&mut changes.values);
        cells.retain(|(_, value)| !value.is_null());
        cells.sort_unstable_by_key(|(at, _)| *at);
        let slot = self.data.insert(number, id, &cells, self.now);
        if let Some(created) = created {
            self.data.backdate(number, slot, created);
        }
        for (other, column, body) in changes.children {
            let mut inner =
                payload::changes(self.data, schema.table(other), &body, true, self.created)?;
            inner.set(column, Cell::Link(number, id));
            self.nested(other, inner, depth + 1)?;
        }
        for (name, other, whom) in changes.links {
            super::links::associate(self, (number, id), &name, (other, whom))?;
        }
        Ok(id)
    }

    /// Changes a row that exists.
    pub fn update(&mut self, number: u16, slot: u32, mut changes: Changes) -> Result<(), Fault> {
        let schema = self.data.schema.clone();
        let table = schema.table(number);
        if !changes.parents.is_empty() || !changes.children.is_empty() {
            let text = "Deep update of navigation properties is not allowed.";
            return Err(Fault::new(400, "0x80060888", "", text.into()));
        }
        let Some(row) = self.data.rows(number).get(slot) else {
            return Ok(());
        };
        let id = row.id;
        let mut cells = row.cells.unpack();
        state(table, &mut changes, |at| row.cells.get(at).int())?;
        self.unique(table, &changes.values, Some((slot, &cells)))?;
        if self.duplicates {
            super::duplicates::check(self.data, table, &changes.values, Some(slot))?;
        }
        self.sign(table, &mut changes, &["modifiedby"], "modifiedonbehalfby");
        money(
            table,
            &mut changes,
            |at| cells.iter().any(|(c, _)| *c == at),
            self.data,
        );
        for (at, value) in changes.values {
            cells.retain(|(column, _)| *column != at);
            if !value.is_null() {
                cells.push((at, value));
            }
        }
        cells.sort_unstable_by_key(|(at, _)| *at);
        self.data.update(number, slot, &cells, self.now);
        for (name, other, whom) in changes.links {
            super::links::associate(self, (number, id), &name, (other, whom))?;
        }
        Ok(())
    }

    /// Deletes a row with what goes along with it, unless a row that stays forbids it.
    pub fn delete(&mut self, number: u16, slot: u32) -> Result<(), Fault> {
        let Some(row) = self.data.rows(number).get(slot) else {
            return Ok(());
        };
        let id = row.id;
        if matches!(
            self.data.schema.table(number).name.as_str(),
            "systemuser" | "organization" | "businessunit"
        ) {
            return Err(Fault::new(
                405,
                "0x80040800",
                "NotSupported",
                "The 'Delete' method does not support this entity.".into(),
            ));
        }
        super::remove::remove(self.data, (number, id), self.now)
    }

    /// Fills what a new row starts with; when it was created, if that is overridden.
    fn defaults(&mut self, table: &Table, changes: &mut Changes) -> Result<Option<i64>, Fault> {
        state(table, changes, |_| None)?;
        for (at, column) in (0..).zip(&table.columns) {
            if changes.get(Some(at)).is_some() {
                continue;
            }
            if let Some(default) = column.default {
                changes.set(at, Cell::Int(default));
            } else if column.kind == Kind::Boolean && !column.custom {
                changes.set(at, Cell::Bool(false));
            }
        }
        if let Some(at) = table.find("ownerid").filter(|_| table.owned)
            && changes.get(Some(at)).is_none_or(Cell::is_null)
            && let Some(users) = self.data.schema.by_name("systemuser")
        {
            changes.set(at, Cell::Link(users.number, self.caller.user));
        }
        money(table, changes, |_| false, self.data);
        self.sign(
            table,
            changes,
            &["createdby", "modifiedby"],
            "createdonbehalfby",
        );
        let overridden = table.find("overriddencreatedon");
        let given = match changes.get(overridden) {
            Some(Cell::Time(given)) => Some(*given),
            _ => None,
        };
        if let (Some(at), Some(_)) = (overridden, given) {
            changes.set(at, Cell::Time(self.now));
        }
        Ok(given)
    }

    fn sign(&self, table: &Table, changes: &mut Changes, by: &[&str], behalf: &str) {
        let Some(users) = self.data.schema.by_name("systemuser").map(|t| t.number) else {
            return;
        };
        for at in by.iter().filter_map(|name| table.find(name)) {
            changes.set(at, Cell::Link(users, self.caller.user));
        }
        if let Some(at) = table.find(behalf) {
            let value = self
                .caller
                .delegate
                .map_or(Cell::Null, |id| Cell::Link(users, id));
            changes.set(at, value);
        }
    }

    /// No other row may have the values of an alternate key.
    fn unique(
        &self,
        table: &Table,
        values: &[(u16, Owned)],
        own: Option<(u32, &[(u16, Owned)])>,
    ) -> Result<(), Fault> {
        for key in &table.keys {
            if !values.iter().any(|(at, _)| key.columns.contains(at)) {
                continue;
            }
            let value = |at: &u16| {
                let set = values.iter().find(|(column, _)| column == at);
                let old =
                    || own.and_then(|(_, cells)| cells.iter().find(|(column, _)| column == at));
                set.or_else(old)
                    .map(|(_, value)| value.clone())
                    .filter(|value| !value.is_null())
            };
            let Some(wanted) = key
                .columns
                .iter()
                .map(|at| Some((*at, value(at)?)))
                .collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            match payload::holder(self.data, table, &wanted) {
                Some(slot) if Some(slot) != own.map(|(slot, _)| slot) => {
                    return Err(key_taken(self.data, table, key, slot));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// 412: a row with this primary key is there.
pub fn exists() -> Fault {
    let text = "A record with matching key values already exists.";
    Fault::new(412, "0x80040237", "DuplicateRecord", text.into())
}

fn key_taken(data: &Data, table: &Table, key: &super::schema::Key, slot: u32) -> Fault {
    let id = data
        .rows(table.number)
        .get(slot)
        .map(|row| row.id)
        .unwrap_or_default();
    let text = format!(
        "Entity Key {} violated. A record with the same value for {} already exists. A duplicate record cannot be created. Select one or more unique values and try again. The record with id {id} holds them.",
        key.label,
        key.columns
            .iter()
            .map(|at| table.column(*at).label.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    );
    Fault::new(412, "0x80060892", "DuplicateRecordEntityKey", text)
}

/// Completes a state by its default status and a status by its state, and refuses a pair that
/// does not belong together.
fn state(
    table: &Table,
    changes: &mut Changes,
    old: impl Fn(u16) -> Option<i32>,
) -> Result<(), Fault> {
    let (Some(state), Some(status)) = (table.find("statecode"), table.find("statuscode")) else {
        return Ok(());
    };
    let choices = &table.column(status).choices;
    let of = |status: i32| {
        choices
            .iter()
            .find(|c| c.value == status)
            .and_then(|c| c.state)
    };
    let number = |changes: &Changes, at| changes.get(Some(at)).and_then(Cell::int);
    let (new_state, new_status) = (number(changes, state), number(changes, status));
    let first = |of: i32| {
        choices
            .iter()
            .find(|c| c.state == Some(of))
            .map(|c| c.value)
    };
    let before = old(state);
    match (new_state, new_status) {
        (None, None) if before.is_some() => return Ok(()),
        (None, None) => {
            changes.set(state, Cell::Int(0));
            changes.set(status, first(0).map_or(Cell::Null, Cell::Int));
        }
        (Some(new), None) => {
            let kept = old(status).filter(|status| of(*status) == Some(new));
            changes.set(status, kept.or(first(new)).map_or(Cell::Null, Cell::Int));
        }
        (None, Some(new)) if before.is_none() || before == of(new) => {
            changes.set(state, of(new).map_or(Cell::Null, Cell::Int));
        }
        (Some(new), Some(status)) if of(status) == Some(new) => {}
        (wanted, Some(status)) => {
            let state = wanted.or(before).unwrap_or_default();
            let text = format!(
                "{status} is not a valid status code for state code {state} on {}.",
                table.name
            );
            return Err(Fault::new(
                400,
                "0x80048408",
                "InvalidStateCodeStatusCode",
                text,
            ));
        }
    }
    Ok(())
}

/// Money brings its currency along.
fn money(table: &Table, changes: &mut Changes, has: impl Fn(u16) -> bool, data: &Data) {
    let Some(at) = table.find("transactioncurrencyid") else {
        return;
    };
    let paid = changes
        .values
        .iter()
        .any(|(column, value)| table.column(*column).kind == Kind::Money && !value.is_null());
    if !paid || has(at) || changes.get(Some(at)).is_some() {
        return;
    }
    if let Some(target) = table.column(at).targets.first() {
        let currency = data.rows(*target).from(0).next().map(|(_, row)| row.id);
        changes.set(
            at,
            currency.map_or(Cell::Null, |id| Cell::Link(*target, id)),
        );
        if let Some(rate) = table.find("exchangerate") {
            changes.set(
                rate,
                Cell::Number(rust_decimal::Decimal::new(10_000_000_000, 10)),
            );
        }
    }
}
