//! The organisation's tables and columns, read from `assets/sandbox/dynamics.json`.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::asset;
pub use super::kinds::{Derived, Kind, OnDelete};
use super::rows::Mix;

/// One choice of an option column; `state` only for status reasons.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "plain")]
pub struct Choice {
    pub value: i32,
    pub label: String,
    pub state: Option<i32>,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Logical name, lower case.
    pub name: String,
    /// Schema name, mixed case.
    pub schema_name: String,
    /// The name in JSON: `_x_value` for lookups.
    pub wire: String,
    /// `"wire":`, ready to be written.
    pub fragment: String,
    /// Display label.
    pub label: String,
    /// What it holds.
    pub kind: Kind,
    /// Longest text, in UTF-16 units.
    pub max_length: usize,
    /// Smallest number allowed.
    pub min: f64,
    /// Largest number allowed.
    pub max: f64,
    /// Digits after the point, and where money takes them from.
    pub precision: u32,
    /// 0 column, 1 organisation, 2 currency.
    pub precision_source: u8,
    /// Choices of option columns; the two labels of a Boolean.
    pub choices: Vec<Choice>,
    /// The name of a shared option set, when it is one.
    pub option_set: Option<String>,
    /// The choice a new row starts with.
    pub default: Option<i32>,
    /// Tables a lookup may point at.
    pub targets: Vec<u16>,
    /// Navigation property for each target (one for all of an owner).
    pub navigations: Vec<String>,
    /// Relationship (and collection navigation) name for each target.
    pub relationships: Vec<String>,
    /// Valid for create.
    pub create: bool,
    /// Valid for update.
    pub update: bool,
    /// `None`, `Recommended`, `ApplicationRequired`, `SystemRequired`.
    pub required: String,
    /// Email, Phone, Url, DateOnly …
    pub format: Option<String>,
    /// Added by a publisher.
    pub custom: bool,
    /// Kept in a hash index.
    pub indexed: bool,
    /// Deleted; kept for its place.
    pub hidden: bool,
    /// Computed on reading.
    pub derived: Option<Derived>,
    /// What becomes of this row when the one pointed at is deleted.
    pub on_delete: OnDelete,
}

impl Column {
    /// Whether the column points at rows.
    pub fn is_lookup(&self) -> bool {
        matches!(self.kind, Kind::Lookup | Kind::Customer | Kind::Owner)
    }
}

/// An alternate key.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "plain")]
pub struct Key {
    pub name: String,
    pub label: String,
    pub columns: Vec<u16>,
}

/// The two ends of a many-to-many table.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "relationship name, then both sides")]
pub struct Intersect {
    pub relationship: String,
    pub first: u16,
    pub first_column: u16,
    pub second: u16,
    pub second_column: u16,
}

/// One table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its place in [`Schema::tables`].
    pub number: u16,
    /// Logical name.
    pub name: String,
    /// Schema name.
    pub schema_name: String,
    /// Entity set name, used in URLs.
    pub set: String,
    /// Object type code.
    pub code: u32,
    /// Display label, one and many.
    pub label: String,
    /// Display label for many.
    pub plural: String,
    /// The primary name column.
    pub name_column: Option<u16>,
    /// The primary key column.
    pub id_column: u16,
    /// All columns; their places are what rows store.
    pub columns: Vec<Column>,
    /// Alternate keys.
    pub keys: Vec<Key>,
    /// Change tracking is on.
    pub tracked: bool,
    /// Added by a publisher.
    pub custom: bool,
    /// Has an owner column.
    pub owned: bool,
    /// Deleted; kept for its number.
    pub hidden: bool,
    /// Set on many-to-many tables.
    pub intersect: Option<Intersect>,
    /// Logical and wire names to columns.
    pub names: HashMap<String, u16, BuildHasherDefault<Mix>>,
    /// Navigation property to (column, target).
    pub navigations: HashMap<String, (u16, u16), BuildHasherDefault<Mix>>,
}

impl Table {
    /// The column by logical or wire name.
    pub fn find(&self, name: &str) -> Option<u16> {
        self.names.get(name).copied()
    }

    /// The column at a place.
    pub fn column(&self, at: u16) -> &Column {
        &self.columns[usize::from(at)]
    }

    /// The lookup column and target table behind a navigation property.
    pub fn navigation(&self, name: &str) -> Option<(u16, u16)> {
        self.navigations.get(name).copied()
    }

    /// Makes a column unreachable by name; places of others stay.
    pub fn hide(&mut self, at: u16) {
        self.names.retain(|_, place| *place != at);
        self.navigations.retain(|_, (place, _)| *place != at);
        self.keys.retain(|key| !key.columns.contains(&at));
        let column = &mut self.columns[usize::from(at)];
        column.hidden = true;
        column.relationships.clear();
    }

    /// Places of the columns there are.
    pub fn places(&self) -> impl Iterator<Item = u16> {
        let there = (0..).zip(&self.columns).filter(|(_, c)| !c.hidden);
        there.map(|(at, _)| at)
    }

    /// Adds a column at the end and files its names.
    pub fn push(&mut self, column: Column) {
        let at = self.columns.len() as u16;
        self.names.insert(column.name.clone(), at);
        self.names.insert(column.wire.clone(), at);
        for index in 0..column.targets.len() {
            let name = column.navigations.get(index);
            if let Some(name) = name.or(column.navigations.first()) {
                self.navigations
                    .insert(name.clone(), (at, column.targets[index]));
            }
        }
        self.columns.push(column);
    }
}

/// A relationship seen from the row pointed at: which table and column points here.
#[derive(Clone, Debug)]
#[allow(
    missing_docs,
    reason = "name, the table holding the lookup, its column"
)]
pub struct Incoming {
    pub name: String,
    pub table: u16,
    pub column: u16,
}

/// All tables.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The tables; a `Link`'s number is a place in here.
    pub tables: Vec<Table>,
    by_set: HashMap<String, u16>,
    by_name: HashMap<String, u16, BuildHasherDefault<Mix>>,
    /// Per table, who points at it.
    pub incoming: Vec<Vec<Incoming>>,
    /// Shared option sets.
    pub option_sets: Vec<(String, Vec<Choice>)>,
}

impl Schema {
    /// The organisation of the asset file.
    pub fn load() -> Result<Self, serde_json::Error> {
        let raw: asset::Raw = serde_json::from_str(asset::TEXT)?;
        let by_name: HashMap<String, u16> = (0..)
            .zip(&raw.tables)
            .map(|(n, t)| (t.n.clone(), n))
            .collect();
        let by_set = (0..)
            .zip(&raw.tables)
            .map(|(n, t)| (t.set.clone(), n))
            .collect();
        let tables: Vec<Table> = (0..)
            .zip(&raw.tables)
            .map(|(n, t)| asset::table(n, t, &raw, &by_name))
            .collect();
        let mut option_sets: Vec<(String, Vec<Choice>)> = raw
            .options
            .iter()
            .map(|(name, choices)| {
                (
                    format!("new_{name}"),
                    choices.iter().map(asset::choice).collect(),
                )
            })
            .collect();
        option_sets.sort_by(|a, b| a.0.cmp(&b.0));
        let mut schema = Self {
            tables,
            by_set,
            by_name: by_name.into_iter().collect(),
            incoming: Vec::new(),
            option_sets,
        };
        schema.relate();
        Ok(schema)
    }

    /// The table by entity set name.
    pub fn by_set(&self, set: &str) -> Option<&Table> {
        self.by_set.get(set).map(|n| self.table(*n))
    }

    /// The table by logical name.
    pub fn by_name(&self, name: &str) -> Option<&Table> {
        self.by_name.get(name).map(|n| self.table(*n))
    }

    /// The table by number.
    pub fn table(&self, number: u16) -> &Table {
        &self.tables[usize::from(number)]
    }

    /// Who points at `table` under the collection navigation `name`.
    pub fn collection(&self, table: u16, name: &str) -> Option<&Incoming> {
        self.incoming[usize::from(table)]
            .iter()
            .find(|i| i.name == name)
    }

    /// Adds a table; its number.
    pub fn push(&mut self, table: Table) -> u16 {
        let number = table.number;
        self.by_set.insert(table.set.clone(), number);
        self.by_name.insert(table.name.clone(), number);
        self.tables.push(table);
        self.relate();
        number
    }

    /// Makes a table unreachable by any name; numbers of others stay.
    pub fn hide(&mut self, number: u16) {
        self.by_set.retain(|_, n| *n != number);
        self.by_name.retain(|_, n| *n != number);
        let table = &mut self.tables[usize::from(number)];
        table.hidden = true;
        table.intersect = None;
        for column in &mut table.columns {
            column.relationships.clear();
        }
        self.relate();
    }

    /// Recomputes which lookups point at which table.
    pub fn relate(&mut self) {
        let mut incoming = vec![Vec::new(); self.tables.len()];
        for table in &self.tables {
            for (at, column) in (0..).zip(&table.columns) {
                for (target, name) in column.targets.iter().zip(&column.relationships) {
                    incoming[usize::from(*target)].push(Incoming {
                        name: name.clone(),
                        table: table.number,
                        column: at,
                    });
                }
            }
        }
        self.incoming = incoming;
    }
}
