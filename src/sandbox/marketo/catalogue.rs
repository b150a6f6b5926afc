//! The fields an instance starts with, read from `assets/sandbox/marketo_fields.txt` (people) and
//! `marketo_objects.txt` (companies, sales persons, opportunities, roles, named accounts).

use super::objects::{Object, What};
use super::schema::{Field, Origin, Schema};
use super::value::Kind;

const PEOPLE: &str = include_str!("../../../assets/sandbox/marketo_fields.txt");

const OBJECTS: &str = include_str!("../../../assets/sandbox/marketo_objects.txt");

/// The schema of people in a fresh instance.
pub(crate) fn people() -> Schema {
    Schema::of(PEOPLE.lines().filter_map(field).collect())
}

/// The other objects, each with its path.
pub(crate) fn objects() -> Vec<(String, Object)> {
    OBJECTS.split("\n[").skip(1).filter_map(section).collect()
}

/// Reads `companies] company | Company` and the fields below it.
fn section(text: &str) -> Option<(String, Object)> {
    let (head, body) = text.split_once('\n')?;
    let (path, names) = head.split_once(']')?;
    let (name, label) = names.split_once('|')?;
    let what = match path {
        "companies" => What::Company,
        "salespersons" => What::SalesPerson,
        "opportunities" => What::Opportunity,
        "opportunities/roles" => What::Role,
        _ => What::NamedAccount,
    };
    let lines = || body.lines().filter_map(|line| Some((line, field(line)?)));
    let schema = Schema::of(lines().map(|(_, field)| field).collect());
    let flagged = |flag: &str| {
        let with = lines().filter(|(line, _)| line.split(' ').any(|word| word == flag));
        with.map(|(_, field)| field.name).collect::<Vec<_>>()
    };
    let keys = flagged("KEY");
    let mut object = Object::new(what, name.trim(), label.trim(), schema, &keys);
    if keys.len() > 1 {
        object.searchable.push(keys);
    }
    object
        .searchable
        .extend(flagged("FIND").into_iter().map(|name| vec![name]));
    Some((path.to_owned(), object))
}

/// Reads `4 company | Company Name | string(255) CO`; comments and anything else are no field.
fn field(line: &str) -> Option<Field> {
    let mut parts = line.split('|').map(str::trim);
    let (id, name) = parts.next()?.split_once(' ')?;
    let id = id.parse().ok()?;
    let label = parts.next()?;
    let mut words = parts.next()?.split(' ');
    let shape = words.next()?;
    let (kind, length) = match shape.split_once('(') {
        Some((kind, length)) => (kind, length.trim_end_matches(')').parse().ok()),
        None => (shape, None),
    };
    let mut field = Field::standard(id, name, label, Kind::parse(kind)?);
    field.length = length;
    for flag in words {
        match flag {
            "RO" => field.read_only = true,
            "CO" => field.origin = Origin::Company,
            "CUSTOM" => field.custom = true,
            _ => {}
        }
    }
    field.origin = match name {
        "id" => Origin::Id,
        "createdAt" => Origin::Created,
        "updatedAt" => Origin::Updated,
        "mktoName" => Origin::FullName,
        "leadPartitionId" => Origin::Partition,
        _ => field.origin,
    };
    Some(field)
}
