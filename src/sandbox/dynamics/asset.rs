//! How `assets/sandbox/dynamics.json` is written, and how a line of it becomes a column.

use std::collections::HashMap;

use serde::Deserialize;

use super::column::column;
use super::schema::{Choice, Column, Intersect, Key, Kind, OnDelete, Schema, Table};

/// The asset's text.
pub const TEXT: &str = include_str!("../../../assets/sandbox/dynamics.json");

#[derive(Deserialize)]
pub struct Raw {
    pub options: HashMap<String, Vec<RawChoice>>,
    pub groups: HashMap<String, Vec<RawColumn>>,
    pub tables: Vec<RawTable>,
}

/// `[value, label]` or `[value, label, state]`.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub enum RawChoice {
    Plain(i32, String),
    Status(i32, String, i32),
}

#[derive(Deserialize)]
pub struct RawKey {
    pub n: String,
    pub d: String,
    pub columns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTable {
    pub n: String,
    pub s: String,
    pub set: String,
    pub code: u32,
    pub d: String,
    pub dp: String,
    pub name: Option<String>,
    /// The primary key column, where it is not the table's name and `id`.
    #[serde(default)]
    pub key: Option<String>,
    #[serde(default)]
    pub tracked: bool,
    #[serde(default)]
    pub custom: bool,
    #[serde(default)]
    pub keys: Vec<RawKey>,
    #[serde(default)]
    pub intersect: Option<[String; 5]>,
    #[serde(default, rename = "override")]
    pub overrides: HashMap<String, RawOverride>,
    pub groups: Vec<String>,
    pub columns: Vec<RawColumn>,
}

/// What one table changes of a shared column.
#[derive(Deserialize)]
pub struct RawOverride {
    pub max: f64,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct RawColumn {
    pub n: String,
    pub s: Option<String>,
    pub d: String,
    pub t: Kind,
    pub v: Option<String>,
    pub max: Option<f64>,
    pub min: Option<f64>,
    pub precision: Option<u32>,
    pub source: Option<u8>,
    pub options: Option<Vec<RawChoice>>,
    pub set: Option<String>,
    pub labels: Option<[String; 2]>,
    pub default: Option<i32>,
    #[serde(default)]
    pub targets: Vec<String>,
    #[serde(default)]
    pub relationships: Vec<String>,
    pub required: Option<String>,
    pub format: Option<String>,
    #[serde(default)]
    pub custom: bool,
    #[serde(default)]
    pub indexed: bool,
    pub derived: Option<String>,
    #[serde(default, rename = "delete")]
    pub on_delete: OnDelete,
}

impl RawColumn {
    /// The primary key column every table has.
    pub fn primary(table: &RawTable) -> Self {
        Self {
            v: Some("cr".into()),
            required: Some("SystemRequired".into()),
            custom: table.custom,
            ..Self::custom(
                table
                    .key
                    .clone()
                    .unwrap_or_else(|| format!("{}id", table.n)),
                table.d.clone(),
                Kind::Uniqueidentifier,
            )
        }
    }

    /// A plain custom column.
    pub fn custom(name: String, label: String, kind: Kind) -> Self {
        Self {
            n: name,
            s: None,
            d: label,
            t: kind,
            v: None,
            max: None,
            min: None,
            precision: None,
            source: None,
            options: None,
            set: None,
            labels: None,
            default: None,
            targets: Vec::new(),
            relationships: Vec::new(),
            required: None,
            format: None,
            custom: true,
            indexed: false,
            on_delete: OnDelete::default(),
            derived: None,
        }
    }
}

pub fn choice(raw: &RawChoice) -> Choice {
    match raw {
        RawChoice::Plain(value, label) => Choice {
            value: *value,
            label: label.clone(),
            state: None,
        },
        RawChoice::Status(value, label, state) => Choice {
            value: *value,
            label: label.clone(),
            state: Some(*state),
        },
    }
}

/// The table a block describes.
pub fn table(number: u16, raw: &RawTable, all: &Raw, tables: &HashMap<String, u16>) -> Table {
    let mut table = Table {
        number,
        name: raw.n.clone(),
        schema_name: raw.s.clone(),
        set: raw.set.clone(),
        code: raw.code,
        label: raw.d.clone(),
        plural: raw.dp.clone(),
        name_column: None,
        id_column: 0,
        columns: Vec::new(),
        keys: Vec::new(),
        tracked: raw.tracked,
        custom: raw.custom,
        owned: raw.groups.iter().any(|group| group == "owned"),
        hidden: false,
        intersect: None,
        names: HashMap::default(),
        navigations: HashMap::default(),
    };
    let id = RawColumn::primary(raw);
    table.push(column(&id, all, tables, &table));
    let shared = raw
        .groups
        .iter()
        .filter_map(|group| all.groups.get(group))
        .flatten();
    for line in raw.columns.iter().chain(shared) {
        table.push(column(line, all, tables, &table));
    }
    table.name_column = raw.name.as_deref().and_then(|name| table.find(name));
    for key in &raw.keys {
        let columns = key
            .columns
            .iter()
            .filter_map(|name| table.find(name))
            .collect();
        table.keys.push(Key {
            name: key.n.clone(),
            label: key.d.clone(),
            columns,
        });
    }
    if let Some([relationship, first, first_column, second, second_column]) = &raw.intersect {
        let number = |name: &String| tables.get(name).copied().unwrap_or_default();
        let place = |name: &String| table.find(name).unwrap_or_default();
        table.intersect = Some(Intersect {
            relationship: relationship.clone(),
            first: number(first),
            first_column: place(first_column),
            second: number(second),
            second_column: place(second_column),
        });
    }
    table
}

/// A column made by definition, not by the file.
pub fn custom_column(raw: &RawColumn) -> Column {
    let nothing = Raw {
        options: HashMap::new(),
        groups: HashMap::new(),
        tables: Vec::new(),
    };
    column(raw, &nothing, &HashMap::new(), &Table::default())
}

/// The shared columns of a table whose rows have owners, of one without, and of a table that only
/// links rows of two others.
pub const OWNED: &[&str] = &["common", "owned", "active"];
/// See [`OWNED`].
pub const UNOWNED: &[&str] = &["common", "active"];
/// See [`OWNED`].
pub const LINKING: &[&str] = &[];

/// A table made by definition: its logical, schema and set names, labels for one and many, and
/// its type code, shared columns and whether changes are tracked.
pub fn custom_table(
    schema: &Schema,
    (name, schema_name, set): (&str, &str, &str),
    (label, plural): (&str, &str),
    (code, groups, tracked): (u32, &[&str], bool),
) -> Result<Table, serde_json::Error> {
    let all: Raw = serde_json::from_str(TEXT)?;
    let raw = RawTable {
        key: None,
        n: name.into(),
        s: schema_name.into(),
        set: set.into(),
        code,
        d: label.into(),
        dp: plural.into(),
        name: None,
        tracked,
        custom: true,
        keys: Vec::new(),
        intersect: None,
        overrides: HashMap::new(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        columns: Vec::new(),
    };
    let numbers = schema
        .tables
        .iter()
        .map(|table| (table.name.clone(), table.number))
        .collect();
    Ok(table(schema.tables.len() as u16, &raw, &all, &numbers))
}
