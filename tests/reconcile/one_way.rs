//! Fields and entities that travel one way only.

use syncdeck::model::{Direction, Policy};

use super::{Case, shorts, text};

#[test]
fn a_one_way_change_is_written() {
    let mut case = Case::lead().with("phone", Some("1"), "2", "1");
    case.direction = Direction::ToMarketo;
    let merge = case.merge();
    assert_eq!(shorts(&merge.to_marketo), ["phone: '1' -> '2' by Change"]);
}

#[test]
fn drift_on_the_receiving_side_is_overwritten_and_kept_as_the_value_replaced() {
    for policy in Policy::ALL {
        for (base, dynamics) in [(Some("1"), "1"), (Some("1"), "2"), (None, "2")] {
            let mut case = Case::lead().with("phone", base, dynamics, "9");
            case.direction = Direction::ToMarketo;
            case.policy = policy;
            let merge = case.merge();
            let wanted = format!("phone: '9' -> '{dynamics}' by Policy(\"one_way\")");
            assert_eq!(shorts(&merge.to_marketo), [wanted]);
            assert!(merge.to_dynamics.is_empty() && merge.opened.is_empty());
        }
    }
}

#[test]
fn a_field_narrows_its_entity_and_never_widens_it() {
    let mut case = Case::lead().with("phone", Some("1"), "1", "2");
    case.map.fields[2].direction = Direction::ToDynamics;
    assert_eq!(case.merge().to_dynamics.len(), 1);
    case.direction = Direction::ToMarketo;
    assert_eq!(case.merge(), syncdeck::reconcile::Merge::default());
}

#[test]
fn equal_sides_agree_whatever_the_direction() {
    let mut case = Case::lead().with("phone", Some("1"), "2", "2");
    case.direction = Direction::ToDynamics;
    assert_eq!(case.merge().agreed, [("phone".to_owned(), text("2"))]);
}
