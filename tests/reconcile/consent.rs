//! Consent: nobody who asked not to be contacted is contacted again by a copy.

use syncdeck::model::{Direction, Policy, Value};
use syncdeck::reconcile::Merge;

use super::{Case, shorts};

fn consent(base: Option<bool>, dynamics: bool, marketo: bool) -> Case {
    let mut case = Case::lead();
    let flag = Value::Boolean;
    case.set("doNotCall", base.map(flag), flag(dynamics), flag(marketo));
    case
}

#[test]
fn true_wins_where_both_moved_whatever_the_policy_says() {
    for policy in Policy::ALL {
        let mut case = consent(None, true, false);
        case.policy = policy;
        case.map.fields[3].policy = Some(policy);
        let wanted = ["doNotCall: 'false' -> 'true' by Policy(\"true_wins\")"];
        assert_eq!(shorts(&case.merge().to_marketo), wanted);

        let mut case = consent(None, false, true);
        case.policy = policy;
        assert_eq!(shorts(&case.merge().to_dynamics), wanted);
    }
}

#[test]
fn a_wish_and_its_withdrawal_travel_as_any_change() {
    let merge = consent(Some(false), false, true).merge();
    assert_eq!(
        shorts(&merge.to_dynamics),
        ["doNotCall: 'false' -> 'true' by Change"]
    );
    let merge = consent(Some(true), false, true).merge();
    assert_eq!(
        shorts(&merge.to_marketo),
        ["doNotCall: 'true' -> 'false' by Change"]
    );
}

#[test]
fn a_one_way_copy_never_takes_a_wish_back() {
    for base in [Some(false), None] {
        let mut case = consent(base, false, true);
        case.direction = Direction::ToMarketo;
        assert_eq!(case.merge(), Merge::default(), "base {base:?}");
    }
}

#[test]
fn a_one_way_copy_passes_a_wish_on_and_its_withdrawal_too() {
    for (base, dynamics, marketo) in [(Some(false), true, false), (Some(true), false, true)] {
        let mut case = consent(base, dynamics, marketo);
        case.direction = Direction::ToMarketo;
        assert_eq!(case.merge().to_marketo.len(), 1, "{dynamics}");
    }
}

#[test]
fn never_set_in_marketo_is_no_wish() {
    let mut case = Case::lead();
    case.set("doNotCall", None, Value::Boolean(false), Value::Null);
    let merge = case.merge();
    assert_eq!(
        merge.agreed,
        [("doNotCall".to_owned(), Value::Boolean(false))]
    );
}
