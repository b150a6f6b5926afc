//! How a line of the asset file becomes a column: names, limits, choices, relationships.

use std::collections::HashMap;

use super::asset::{Raw, RawColumn, choice};
use super::schema::{Choice, Column, Derived, Kind, Table};

/// Longest text of a column that names no length.
const DEFAULT_LENGTH: f64 = 100.0;

/// The column a line describes, within the table it joins.
pub fn column(raw: &RawColumn, all: &Raw, tables: &HashMap<String, u16>, into: &Table) -> Column {
    let targets: Vec<u16> = raw
        .targets
        .iter()
        .filter_map(|name| tables.get(name).copied())
        .collect();
    let lookup = !targets.is_empty();
    let wire = if lookup {
        format!("_{}_value", raw.n)
    } else {
        raw.n.clone()
    };
    let schema_name = raw.s.clone().unwrap_or_else(|| capitalised(&raw.n));
    let rights = raw.v.as_deref().unwrap_or("cur");
    let own = all.tables.iter().find(|t| t.n == into.name);
    let overridden = own.and_then(|t| t.overrides.get(&raw.n)).map(|o| o.max);
    let max = overridden.or(raw.max);
    Column {
        navigations: navigations(raw, &schema_name),
        relationships: relationships(raw, into),
        fragment: format!("\"{wire}\":"),
        name: raw.n.clone(),
        schema_name,
        wire,
        label: raw.d.clone(),
        kind: raw.t,
        max_length: max.unwrap_or(DEFAULT_LENGTH) as usize,
        min: raw.min.unwrap_or(lowest(raw.t)),
        max: max.unwrap_or(highest(raw.t)),
        precision: raw.precision.unwrap_or(2),
        precision_source: raw.source.unwrap_or(0),
        choices: choices(raw, all),
        option_set: raw.set.as_ref().map(|name| format!("new_{name}")),
        default: raw.default,
        targets,
        create: rights.contains('c'),
        update: rights.contains('u'),
        required: raw.required.clone().unwrap_or_else(|| "None".into()),
        format: raw.format.clone(),
        custom: raw.custom,
        indexed: raw.indexed,
        on_delete: raw.on_delete,
        hidden: false,
        derived: raw.derived.as_deref().and_then(|rule| derived(rule, into)),
    }
}

fn choices(raw: &RawColumn, all: &Raw) -> Vec<Choice> {
    if raw.t == Kind::Boolean {
        let [no, yes] = raw.labels.clone().unwrap_or(["No".into(), "Yes".into()]);
        return [(0, no), (1, yes)]
            .into_iter()
            .map(|(value, label)| Choice {
                value,
                label,
                state: None,
            })
            .collect();
    }
    let shared = raw.set.as_ref().and_then(|name| all.options.get(name));
    let list = raw.options.as_ref().or(shared);
    list.map(|list| list.iter().map(choice).collect())
        .unwrap_or_default()
}

/// One target: the column's own name (schema-cased when custom). Several: one each, suffixed by
/// the table; an owner has a single one.
fn navigations(raw: &RawColumn, schema_name: &str) -> Vec<String> {
    let base = if raw.custom {
        schema_name.to_owned()
    } else {
        raw.n.clone()
    };
    if raw.targets.len() > 1 && raw.t != Kind::Owner {
        return raw
            .targets
            .iter()
            .map(|target| format!("{base}_{target}"))
            .collect();
    }
    vec![base]
}

fn relationships(raw: &RawColumn, into: &Table) -> Vec<String> {
    if !raw.relationships.is_empty() {
        return raw.relationships.clone();
    }
    let name = |target: &String| format!("{target}_{}_{}", into.name, raw.n);
    raw.targets.iter().map(name).collect()
}

/// Columns a rule names must stand before it in the file.
fn derived(rule: &str, table: &Table) -> Option<Derived> {
    match rule {
        "fullname" => Some(Derived::FullName),
        "composite" => Some(Derived::Composite),
        "owninguser" => Some(Derived::OwningUser),
        "owningteam" => Some(Derived::OwningTeam),
        "owningbusinessunit" => Some(Derived::OwningBusinessUnit),
        other => other
            .strip_prefix("base:")
            .and_then(|name| table.find(name))
            .map(Derived::Base),
    }
}

fn lowest(kind: Kind) -> f64 {
    match kind {
        Kind::Integer => f64::from(i32::MIN),
        Kind::BigInt => i64::MIN as f64,
        _ => -100_000_000_000.0,
    }
}

fn highest(kind: Kind) -> f64 {
    match kind {
        Kind::Integer => f64::from(i32::MAX),
        Kind::BigInt => i64::MAX as f64,
        _ => 100_000_000_000.0,
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
