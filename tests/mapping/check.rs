//! A map held against what both sides really have.

use syncdeck::mapping::{CheckedMap, EntityMap, FieldMap, MappingError, Severity};
use syncdeck::model::{Direction, Entity, FieldInfo, FieldKind, LengthUnit, Side};

use super::{at_most, checked, column, field};

fn one(map: FieldMap, dynamics: FieldInfo, marketo: FieldInfo) -> CheckedMap {
    checked(map, dynamics, marketo)
}

fn said(map: &CheckedMap) -> Vec<(Severity, &str)> {
    let problems = map.problems.iter();
    problems
        .map(|one| (one.severity, one.text.as_str()))
        .collect()
}

fn plain() -> FieldMap {
    FieldMap::new("column", "field")
}

#[test]
fn a_field_an_instance_lacks_is_left_out_and_the_others_go_on() {
    let map = EntityMap {
        entity: Entity::CONTACT,
        table: "contact".into(),
        object: "person".into(),
        fields: vec![plain(), FieldMap::new("firstname", "firstName")],
    };
    let first = [
        FieldInfo::new("firstname", FieldKind::Text),
        column(FieldKind::Text),
    ];
    let checked = map.check(&first, &[FieldInfo::new("firstName", FieldKind::Text)]);
    assert_eq!(
        said(&checked),
        [(Severity::Warning, "Marketo has no field 'field': left out")]
    );
    assert_eq!(checked.columns(Side::Dynamics), ["firstname"]);
    assert_eq!(checked.columns(Side::Marketo), ["firstName"]);
    assert!(checked.field("firstName").is_some() && checked.field("field").is_none());
}

#[test]
fn types_with_nothing_in_common_are_an_error() {
    let checked = one(plain(), column(FieldKind::Boolean), field(FieldKind::Date));
    let text = "left out: column is yes or no in Dynamics and field is a calendar day in Marketo";
    assert_eq!(said(&checked), [(Severity::Error, text)]);
    assert!(checked.fields.is_empty());
}

#[test]
fn a_read_only_side_narrows_the_direction() {
    let mut read_only = column(FieldKind::Text);
    read_only.updatable = false;
    let checked = one(plain(), read_only.clone(), field(FieldKind::Text));
    assert_eq!(checked.fields[0].direction, Direction::ToMarketo);
    assert_eq!(
        said(&checked),
        [(
            Severity::Warning,
            "column is read-only: only Marketo is written"
        )]
    );

    let mut map = plain();
    map.direction = Direction::ToDynamics;
    let checked = one(map, read_only, field(FieldKind::Text));
    assert_eq!(
        said(&checked),
        [(Severity::Error, "left out: column is read-only")]
    );
}

#[test]
fn a_life_state_is_never_written_to_dynamics() {
    for kind in [FieldKind::State, FieldKind::Status, FieldKind::Lookup] {
        let checked = one(plain(), column(kind), field(FieldKind::Text));
        assert_eq!(
            checked.fields[0].direction,
            Direction::ToMarketo,
            "{kind:?}"
        );
    }
}

#[test]
fn a_shorter_side_is_told_before_it_hurts() {
    let short = at_most(column(FieldKind::Text), 50, LengthUnit::Utf16);
    let long = at_most(field(FieldKind::Text), 255, LengthUnit::Chars);
    let checked = one(plain(), short, long);
    let text = "column takes 50 characters: longer values are shortened";
    assert_eq!(said(&checked), [(Severity::Warning, text)]);
}

#[test]
fn two_pairs_never_write_the_same_field() {
    let mut second = FieldMap::new("column", "other");
    second.name = "second".into();
    let map = EntityMap {
        entity: Entity::LEAD,
        table: "lead".into(),
        object: "person".into(),
        fields: vec![plain(), second],
    };
    let marketo = [
        field(FieldKind::Text),
        FieldInfo::new("other", FieldKind::Text),
    ];
    let checked = map.check(&[column(FieldKind::Text)], &marketo);
    assert_eq!(checked.fields[0].direction, Direction::Both);
    assert_eq!(checked.fields[1].direction, Direction::ToMarketo);
}

#[test]
fn a_field_that_is_off_is_kept_but_not_read() {
    let mut map = plain();
    map.direction = Direction::Off;
    let checked = one(map, column(FieldKind::Text), field(FieldKind::Text));
    assert_eq!(checked.fields.len(), 1);
    assert!(checked.columns(Side::Marketo).is_empty());
}

#[test]
fn the_fingerprint_follows_what_would_be_compared_or_written() {
    let first = one(plain(), column(FieldKind::Text), field(FieldKind::Text));
    let again = one(plain(), column(FieldKind::Text), field(FieldKind::Text));
    assert_eq!(first.fingerprint(), again.fingerprint());
    let shorter = at_most(field(FieldKind::Text), 9, LengthUnit::Chars);
    let other = one(plain(), column(FieldKind::Text), shorter);
    assert_ne!(first.fingerprint(), other.fingerprint());
    let mut map = plain();
    map.consent = true;
    let other = one(map, column(FieldKind::Text), field(FieldKind::Text));
    assert_ne!(first.fingerprint(), other.fingerprint());
}

#[test]
fn a_map_that_cannot_be_read_says_why() {
    let head = "entity = \"lead\"\ntable = \"lead\"\nobject = \"person\"\n";
    let pair = |extra: &str| format!("[[fields]]\ndynamics = \"a\"\nmarketo = \"b\"\n{extra}\n");
    let twice = format!("{head}{}{}", pair(""), pair(""));
    assert_eq!(
        EntityMap::from_toml(&twice),
        Err(MappingError::DuplicateName("b".into()))
    );
    let unknown = format!("{head}{}", pair("diretcion = \"both\""));
    let error = EntityMap::from_toml(&unknown).unwrap_err().to_string();
    assert!(error.contains("diretcion"), "{error}");
    let empty = format!("{head}[[fields]]\ndynamics = \"\"\nmarketo = \"b\"\n");
    let key = "dynamics";
    assert_eq!(
        EntityMap::from_toml(&empty),
        Err(MappingError::EmptyName { position: 1, key })
    );
}
