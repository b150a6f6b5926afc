//! The values a new record starts with.

use syncdeck::model::{Cause, Direction, Side, Value};
use syncdeck::reconcile::create_fields;

use super::{Case, text};

#[test]
fn a_new_record_gets_every_value_that_is_not_empty() {
    let case = Case::lead()
        .with("firstName", None, "Ada", "")
        .with("phone", None, "", "");
    let (writes, refused) = create_fields(
        &case.checked(),
        Direction::Both,
        Side::Dynamics,
        &case.dynamics,
    );
    let found: Vec<_> = writes
        .iter()
        .map(|one| (one.name.as_str(), &one.after))
        .collect();
    assert_eq!(
        found,
        [
            ("firstName", &text("Ada")),
            ("doNotCall", &Value::Boolean(false))
        ]
    );
    assert!(
        writes
            .iter()
            .all(|one| one.cause == Cause::Create && one.before.is_null())
    );
    assert!(refused.is_empty());
}

#[test]
fn a_value_the_other_side_refuses_is_named_and_the_rest_goes() {
    let case = Case::lead()
        .with("email", None, "jörg@example.com", "")
        .with("phone", None, "1", "");
    let (writes, refused) = create_fields(
        &case.checked(),
        Direction::Both,
        Side::Dynamics,
        &case.dynamics,
    );
    assert!(writes.iter().any(|one| one.field == "phone"));
    assert_eq!(refused[0].0, "email");
}

#[test]
fn a_new_record_gets_only_what_the_direction_allows() {
    let mut case = Case::lead().with("phone", None, "1", "1");
    case.map.fields[2].direction = Direction::ToDynamics;
    let fields =
        |direction, from, record: &_| create_fields(&case.checked(), direction, from, record).0;
    let to_marketo = fields(Direction::Both, Side::Dynamics, &case.dynamics);
    assert!(to_marketo.iter().all(|one| one.field != "phone"));
    let to_dynamics = fields(Direction::Both, Side::Marketo, &case.marketo);
    assert!(to_dynamics.iter().any(|one| one.name == "telephone1"));
    assert!(fields(Direction::ToMarketo, Side::Marketo, &case.marketo).is_empty());
}
