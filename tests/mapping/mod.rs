//! Field maps and canonical values.

mod canonical;
mod check;
mod convert;
mod laws;
mod standard;
mod typed;

use syncdeck::mapping::{CheckedField, CheckedMap, EntityMap, Equivalence, FieldMap};
use syncdeck::model::{Entity, FieldInfo, FieldKind, LengthUnit, OptionItem, Value};

/// A map of one pair, checked against exactly its two fields.
pub fn checked(map: FieldMap, dynamics: FieldInfo, marketo: FieldInfo) -> CheckedMap {
    let map = EntityMap {
        entity: Entity::LEAD,
        table: "lead".into(),
        object: "person".into(),
        fields: vec![map],
    };
    map.check(&[dynamics], &[marketo])
}

/// The pair of a Dynamics and a Marketo field; fails when they have nothing in common.
pub fn pair(dynamics: FieldInfo, marketo: FieldInfo) -> CheckedField {
    pair_as(Equivalence::Auto, dynamics, marketo)
}

/// The same, with an equivalence the admin declared.
pub fn pair_as(equivalence: Equivalence, dynamics: FieldInfo, marketo: FieldInfo) -> CheckedField {
    let mut map = FieldMap::new(&dynamics.name, &marketo.name);
    map.equivalence = equivalence;
    let checked = checked(map, dynamics, marketo);
    let problems = format!("{:?}", checked.problems);
    checked.fields.into_iter().next().expect(&problems)
}

/// A Dynamics column.
pub fn column(kind: FieldKind) -> FieldInfo {
    let mut info = FieldInfo::new("column", kind);
    info.length_unit = LengthUnit::Utf16;
    info
}

/// A Marketo field.
pub fn field(kind: FieldKind) -> FieldInfo {
    FieldInfo::new("field", kind)
}

/// A field that takes at most `max` of `unit`.
pub fn at_most(mut info: FieldInfo, max: u32, unit: LengthUnit) -> FieldInfo {
    info.max_length = Some(max);
    info.length_unit = unit;
    info
}

/// A field with these options.
pub fn with_options(mut info: FieldInfo, options: &[(i64, &str)]) -> FieldInfo {
    info.options = options
        .iter()
        .map(|(code, label)| OptionItem {
            code: *code,
            label: (*label).to_owned(),
            state: None,
        })
        .collect();
    info
}

/// A text value.
pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
