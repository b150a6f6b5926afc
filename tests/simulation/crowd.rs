//! Everybody who edits by hand, on both sides, and a record of what they did.

use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Value as Json, json};
use syncdeck::sandbox::World;
use uuid::Uuid;

use crate::engine::harness::FIRST_PERSON;
use crate::engine::harness::oracle::field_of;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What this life's people are inclined to do, out of a hundred; drawn by seed.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    pub deletes: bool,
    pub merges: bool,
    pub creates: bool,
    pub qualifies: bool,
    pub empties: bool,
    pub flags: bool,
}

pub struct Crowd {
    pub world: Arc<World>,
    pub random: Rng,
    pub edits: Vec<Edit>,
    pub rows: Vec<(&'static str, Uuid)>,
    pub habits: Habits,
    values: u64,
}

impl Crowd {
    pub fn new(world: Arc<World>, mut random: Rng) -> Self {
        let habits = Habits {
            deletes: random.u8(..3) == 0,
            merges: random.u8(..3) == 0,
            creates: random.bool(),
            qualifies: random.u8(..4) == 0,
            empties: random.bool(),
            flags: random.bool(),
        };
        Self {
            world,
            random,
            edits: Vec::new(),
            rows: Vec::new(),
            habits,
            values: 0,
        }
    }

    /// A value nobody has used yet.
    pub fn value(&mut self, column: &str) -> Json {
        self.values += 1;
        let number = self.values;
        if self.habits.empties && self.random.u8(..20) == 0 && column != "emailaddress1" {
            return Json::Null;
        }
        match column {
            "emailaddress1" => json!(format!("v{number}@example.com")),
            "telephone1" | "mobilephone" => json!(format!("+1 555 {}", 1_000_000 + number)),
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
                let id = self.world.marketo.seed_person(&[
                    ("firstName", json!(name)),
                    ("email", json!(email)),
                    ("title", title.clone()),
                ]);
                self.note(Who::Person(id), "jobtitle", title);
            }
            if number < 2 || self.random.u8(..4) > 0 {
                self.create_row(table, &name, &email);
            }
        }
    }

    fn note(&mut self, who: Who, column: &'static str, value: Json) {
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
        if self.rows.is_empty() {
            return None;
        }
        Some(self.rows[self.random.usize(..self.rows.len())])
    }

    fn any_person(&mut self) -> Option<i64> {
        let count = self.world.marketo.people_count();
        let people: Vec<i64> = (FIRST_PERSON..FIRST_PERSON + 200)
            .filter(|id| self.world.marketo.person(*id).is_some())
            .take(count)
            .collect();
        (!people.is_empty()).then(|| people[self.random.usize(..people.len())])
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
        self.rows.iter().copied().find(|(_, known)| *known == row)
    }

    /// Somebody does something.
    pub fn act(&mut self) {
        let column = self.column();
        match self.random.u8(..100) {
            0..34 => {
                if let Some((table, id)) = self.any_row() {
                    self.edit_row(table, id, column);
                }
            }
            34..66 => {
                if let Some(id) = self.any_person() {
                    self.edit_person(id, column);
                }
            }
            66..80 => self.collide(column),
            80..84 if self.habits.flags => self.flag(),
            84..88 if self.habits.creates => self.newcomer(),
            88..91 if self.habits.creates => {
                let (name, email) = self.somebody();
                self.world.marketo.create_person(
                    &[("firstName", json!(name)), ("email", json!(email))],
                    "Web form",
                );
            }
            91..93 if self.habits.deletes => {
                if let Some((table, id)) = self.any_row() {
                    let _ = self.world.dynamics.delete_row(table, id);
                }
            }
            93..95 if self.habits.deletes => {
                if let Some(id) = self.any_person() {
                    self.world.marketo.delete_person(id);
                }
            }
            95..97 if self.habits.merges => {
                if let (Some(winner), Some(loser)) = (self.any_person(), self.any_person()) {
                    self.world.marketo.merge_people(winner, &[loser]);
                }
            }
            97..98 if self.habits.qualifies => {
                if let Some(("lead", id)) = self.any_row() {
                    let _ = self.world.dynamics.qualify_lead(id);
                }
            }
            _ => {
                if let Some((table, id)) = self.any_row() {
                    self.edit_row(table, id, column);
                }
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
                let _ = self.world.dynamics.edit_row(table, id, &[(column, value)]);
            }
        } else if let Some(id) = self.any_person() {
            self.world
                .marketo
                .edit_person(id, &[(field_of(column), value)], "Web form");
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
        self.create_row(table, &name, &email);
    }
}
