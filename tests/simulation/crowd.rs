//! Everybody who edits by hand, on both sides, and a record of what they did.

use std::collections::HashSet;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Value as Json, json};
use syncdeck::sandbox::World;
use uuid::Uuid;

use super::trade::Trade;
use crate::engine::harness::oracle::field_of;
use crate::engine::harness::wire::Sent;

/// Columns people change.
const COLUMNS: [&str; 7] = [
    "jobtitle",
    "telephone1",
    "mobilephone",
    "address1_city",
    "address1_line1",
    "description",
    "emailaddress1",
];
const FLAGS: [&str; 2] = ["donotphone", "donotbulkemail"];

/// Which record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    Row(&'static str, Uuid),
    Person(i64),
}

/// One value somebody set.
#[derive(Debug, Clone)]
pub struct Edit {
    pub who: Who,
    pub column: &'static str,
    /// Unique in this life, unless it is null or a flag.
    pub value: Json,
}

/// What this life's people are inclined to do; drawn by seed.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    pub deletes: bool,
    pub merges: bool,
    pub creates: bool,
    pub qualifies: bool,
    pub empties: bool,
    pub flags: bool,
    pub sources: bool,
    /// Rows are deactivated and merged, people and rows made again after they were deleted.
    pub moves: bool,
    /// Somebody customises a table, which ends every delta token.
    pub customises: bool,
}

pub struct Crowd {
    pub world: Arc<World>,
    pub random: Rng,
    pub edits: Vec<Edit>,
    pub rows: Vec<(&'static str, Uuid)>,
    pub habits: Habits,
    /// People that were made here, not by the engine.
    pub made: HashSet<i64>,
    /// People and rows that took part in a merge.
    pub merged: HashSet<Uuid>,
    /// Texts the engine has sent anywhere: whoever replaces one there could see it.
    pub sent: HashSet<String>,
    /// What was done, for the trace.
    pub news: Vec<String>,
    /// Accounts and opportunities, in lives that have them.
    pub trade: Option<Trade>,
    /// People have surnames, as they need to become rows.
    pub has_surnames: bool,
    /// Rows nobody typed: made by the engine, or by a lead's qualification.
    pub found: Vec<(&'static str, Uuid)>,
    gone: Vec<(String, String)>,
    values: u64,
}

impl Crowd {
    pub fn new(world: Arc<World>, mut random: Rng) -> Self {
        let mut one_in = |count: u8| random.u8(..count) == 0;
        let habits = Habits {
            deletes: one_in(3),
            merges: one_in(3),
            creates: one_in(2),
            qualifies: one_in(4),
            empties: one_in(2),
            flags: one_in(2),
            sources: one_in(3),
            moves: one_in(3),
            customises: one_in(6),
        };
        Self {
            world,
            random,
            edits: Vec::new(),
            rows: Vec::new(),
            habits,
            made: HashSet::new(),
            merged: HashSet::new(),
            sent: HashSet::new(),
            news: Vec::new(),
            trade: None,
            has_surnames: false,
            found: Vec::new(),
            gone: Vec::new(),
            values: 0,
        }
    }

    /// Looks over the engine's shoulder.
    pub fn sees(&mut self, sent: &Sent) {
        let values = sent.writes.iter().flat_map(|write| write.fields.values());
        self.sent
            .extend(values.filter_map(Json::as_str).map(str::to_owned));
    }

    /// A value nobody has used yet.
    pub fn value(&mut self, column: &str) -> Json {
        self.values += 1;
        let number = self.values;
        if self.habits.empties && self.random.u8(..20) == 0 && !column.starts_with("email") {
            return Json::Null;
        }
        match column {
            // Now and then in a form that neither side compares by.
            "emailaddress1" | "email" if number.is_multiple_of(2) => {
                json!(format!("V{number}@Example.com"))
            }
            "emailaddress1" | "email" => json!(format!("v{number}@example.com")),
            "telephone1" | "mobilephone" | "phone" | "mobilePhone" => {
                json!(format!("+1 555 {}", 1_000_000 + number))
            }
            _ => json!(format!("v{number}")),
        }
    }

    fn somebody(&mut self) -> (String, String) {
        self.values += 1;
        let number = self.values;
        (format!("Name{number}"), format!("p{number}@example.com"))
    }

    /// A few people on both sides, part of them the same.
    pub fn settle_in(&mut self) {
        for number in 0..self.random.usize(3..9) {
            let (name, email) = self.somebody();
            let table = if self.random.bool() {
                "lead"
            } else {
                "contact"
            };
            if self.random.u8(..2) == 0 {
                let title = self.value("jobtitle");
                let mut fields = vec![
                    ("firstName", json!(name)),
                    ("email", json!(email)),
                    ("title", title.clone()),
                ];
                fields.extend(self.has_surnames.then(|| ("lastName", json!("Sim"))));
                let id = self.world.marketo.seed_person(&fields);
                self.made.insert(id);
                self.note(Who::Person(id), "jobtitle", title);
            }
            if number < 2 || self.random.u8(..4) > 0 {
                self.create_row(table, &name, &email);
            }
        }
    }

    fn note(&mut self, who: Who, column: &'static str, value: Json) {
        self.news.push(format!("{who:?} {column} = {value}"));
        self.edits.push(Edit { who, column, value });
    }

    fn create_row(&mut self, table: &'static str, name: &str, email: &str) {
        let title = self.value("jobtitle");
        let values = [
            ("firstname", json!(name)),
            ("lastname", json!("Sim")),
            ("emailaddress1", json!(email)),
            ("jobtitle", title.clone()),
        ];
        if let Ok(id) = self.world.dynamics.create_row(table, &values) {
            self.rows.push((table, id));
            self.note(Who::Row(table, id), "jobtitle", title);
        }
    }

    fn any_row(&mut self) -> Option<(&'static str, Uuid)> {
        let all = self.rows.len() + self.found.len();
        if all == 0 {
            return None;
        }
        let at = self.random.usize(..all);
        let row = self.rows.get(at);
        Some(*row.unwrap_or_else(|| &self.found[at - self.rows.len()]))
    }

    pub fn any_person(&mut self) -> Option<i64> {
        self.world.marketo.random_person(&mut self.random)
    }

    fn column(&mut self) -> &'static str {
        COLUMNS[self.random.usize(..COLUMNS.len())]
    }

    fn edit_row(&mut self, table: &'static str, id: Uuid, column: &'static str) {
        let value = self.value(column);
        if self
            .world
            .dynamics
            .edit_row(table, id, &[(column, value.clone())])
            .is_ok()
        {
            self.note(Who::Row(table, id), column, value);
        }
    }

    fn edit_person(&mut self, id: i64, column: &'static str) {
        let value = self.value(column);
        if self
            .world
            .marketo
            .edit_person(id, &[(field_of(column), value.clone())], "Sales Insight")
        {
            self.note(Who::Person(id), column, value);
        }
    }

    /// The row a person is stamped with.
    fn row_of(&self, id: i64) -> Option<(&'static str, Uuid)> {
        let person = self.world.marketo.person(id)?;
        let row: Uuid = person.get("syncdeckDynamicsId")?.as_str()?.parse().ok()?;
        let known = self.rows.iter().chain(&self.found).copied();
        known.into_iter().find(|(_, known)| *known == row)
    }

    /// Sees to it that rows nobody typed are edited, too.
    pub fn look_round(&mut self, rows: &[(&'static str, Uuid)]) {
        let known = |row: &Uuid| self.rows.iter().any(|(_, known)| known == row);
        let found = rows.iter().filter(|(_, row)| !known(row));
        self.found = found.copied().collect();
    }

    /// Somebody does something.
    pub fn act(&mut self) {
        if let Some(trade) = &mut self.trade {
            let contacts = self.rows.iter().filter(|(table, _)| *table == "contact");
            let contacts: Vec<Uuid> = contacts.map(|(_, row)| *row).collect();
            self.news.extend(trade.act(&contacts));
        }
        let column = self.column();
        match self.random.u8(..100) {
            0..33 => self.edit_some_row(column),
            33..64 => {
                if let Some(id) = self.any_person() {
                    self.edit_person(id, column);
                }
            }
            64..78 => self.collide(column),
            78..82 if self.habits.flags => self.flag(),
            82..85 if self.habits.sources => self.source(),
            85..88 if self.habits.creates => self.newcomer(),
            88..91 if self.habits.creates => {
                let (name, email) = self.somebody();
                self.make_person(&name, &email);
            }
            91..93 if self.habits.deletes => self.delete_row(),
            93..94 if self.habits.deletes => {
                if let Some(id) = self.any_person() {
                    self.news.push(format!("delete person {id}"));
                    self.world.marketo.delete_person(id);
                }
            }
            94..95 if self.habits.merges => {
                if let (Some(winner), Some(loser)) = (self.any_person(), self.any_person()) {
                    self.merge_people(winner, loser);
                }
            }
            95..96 if self.habits.qualifies => {
                if let Some(("lead", id)) = self.any_row() {
                    self.news.push(format!("qualify {id}"));
                    let _ = self.world.dynamics.qualify_lead(id);
                }
            }
            96..98 if self.habits.moves => self.move_about(),
            98..99 if self.habits.customises => {
                let table = ["lead", "contact"][self.random.usize(..2)];
                self.news.push(format!("customise {table}"));
                self.world.dynamics.touch_schema(table);
            }
            _ => self.edit_some_row(column),
        }
    }

    fn edit_some_row(&mut self, column: &'static str) {
        if let Some((table, id)) = self.any_row() {
            self.edit_row(table, id, column);
        }
    }

    fn make_person(&mut self, name: &str, email: &str) {
        let mut fields = vec![("firstName", json!(name)), ("email", json!(email))];
        fields.extend(self.has_surnames.then(|| ("lastName", json!("Sim"))));
        let id = self.world.marketo.create_person(&fields, "Web form");
        self.news.push(format!("person {id} {email}"));
        self.made.insert(id);
    }

    fn merge_people(&mut self, winner: i64, loser: i64) {
        let rows = [winner, loser].map(|id| self.row_of(id));
        if self.world.marketo.merge_people(winner, &[loser]) {
            self.news.push(format!("merge {loser} into {winner}"));
            self.merged
                .extend(rows.into_iter().flatten().map(|(_, row)| row));
            self.made.insert(winner);
        }
    }

    fn delete_row(&mut self) {
        let Some((table, id)) = self.any_row() else {
            return;
        };
        if let Some(row) = self.world.dynamics.row(table, id) {
            let text = |name: &str| row.get(name).and_then(Json::as_str).map(str::to_owned);
            self.gone
                .extend(text("firstname").zip(text("emailaddress1")));
        }
        self.news.push(format!("delete {table} {id}"));
        let _ = self.world.dynamics.delete_row(table, id);
    }

    /// Deactivates or reactivates a row, merges two, or makes somebody again who was deleted.
    fn move_about(&mut self) {
        match self.random.u8(..3) {
            0 => {
                if let Some((table, id)) = self.any_row() {
                    let state = json!(self.random.u8(..2));
                    self.news.push(format!("state of {table} {id}: {state}"));
                    let world = &self.world.dynamics;
                    let _ = world.edit_row(table, id, &[("statecode", state)]);
                }
            }
            1 => {
                if let (Some((table, kept)), Some((other, gone))) = (self.any_row(), self.any_row())
                    && table == other
                    && kept != gone
                {
                    self.news.push(format!("merge {table} {gone} into {kept}"));
                    self.merged.extend([kept, gone]);
                    let _ = self.world.dynamics.merge_rows(table, kept, gone);
                }
            }
            _ => {
                let Some((name, email)) = self.gone.pop() else {
                    return;
                };
                self.sent.insert(email.clone());
                if self.random.bool() {
                    self.create_row("contact", &name, &email);
                } else {
                    self.make_person(&name, &email);
                }
            }
        }
    }

    /// Somebody chooses another source; only leads have one.
    fn source(&mut self) {
        const LABELS: [&str; 4] = [
            "Advertisement",
            "Employee Referral",
            "External Referral",
            "Partner",
        ];
        let choice = self.random.usize(..LABELS.len());
        if self.random.bool() {
            if let Some(("lead", id)) = self.any_row() {
                let value = json!(choice + 1);
                let values = [("leadsourcecode", value.clone())];
                if self.world.dynamics.edit_row("lead", id, &values).is_ok() {
                    self.note(Who::Row("lead", id), "leadsourcecode", value);
                }
            }
        } else if let Some(id) = self.any_person() {
            let fields = [("leadSource", json!(LABELS[choice]))];
            if self.world.marketo.edit_person(id, &fields, "Web form") {
                self.note(Who::Person(id), "leadsourcecode", json!(choice + 1));
            }
        }
    }

    fn collide(&mut self, column: &'static str) {
        let Some(id) = self.any_person() else { return };
        let other = if self.random.u8(..3) == 0 {
            self.column()
        } else {
            column
        };
        if let Some((table, row)) = self.row_of(id) {
            self.edit_row(table, row, other);
        }
        self.edit_person(id, column);
    }

    fn flag(&mut self) {
        let column = FLAGS[self.random.usize(..FLAGS.len())];
        let value = json!(self.random.bool());
        if self.random.bool() {
            if let Some((table, id)) = self.any_row() {
                let values = [(column, value.clone())];
                if self.world.dynamics.edit_row(table, id, &values).is_ok() {
                    self.note(Who::Row(table, id), column, value);
                }
            }
        } else if let Some(id) = self.any_person() {
            let fields = [(field_of(column), value.clone())];
            if self.world.marketo.edit_person(id, &fields, "Web form") {
                self.note(Who::Person(id), column, value);
            }
        }
    }

    /// A new row, now and then of somebody Marketo knows.
    fn newcomer(&mut self) {
        let (name, mut email) = self.somebody();
        if self.random.bool()
            && let Some(id) = self.any_person()
            && let Some(known) = self
                .world
                .marketo
                .person(id)
                .and_then(|it| it.get("email").cloned())
        {
            known.as_str().unwrap_or_default().clone_into(&mut email);
        }
        let table = if self.random.bool() {
            "lead"
        } else {
            "contact"
        };
        // Typed off the other side: whoever changes it later could see it there.
        self.sent.insert(email.clone());
        self.create_row(table, &name, &email);
    }
}
