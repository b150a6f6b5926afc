//! The person fields an instance starts with, read from `assets/sandbox/marketo_fields.txt`.

use super::schema::{Field, Origin, Schema};
use super::value::Kind;

const PEOPLE: &str = include_str!("../../../assets/sandbox/marketo_fields.txt");

/// The schema of people in a fresh instance.
pub(crate) fn people() -> Schema {
    Schema::of(PEOPLE.lines().filter_map(field).collect())
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
