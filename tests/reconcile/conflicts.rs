//! The life of an open conflict: frozen, decided, shown anew, closed by agreement.

use syncdeck::model::{
    Cause, ConflictId, ConflictKind, ConflictStatus, Direction, Policy, Side, Take, Value,
};
use syncdeck::reconcile::{Clash, Merge};

use super::{Case, shorts, text};

const FIRST: ConflictId = ConflictId(1);

fn clashing() -> Case {
    Case::lead().with("phone", Some("1"), "2", "3")
}

fn clash(dynamics: &str, marketo: &str) -> Clash {
    Clash {
        field: "phone".into(),
        base: Some(text("1")),
        dynamics: text(dynamics),
        marketo: text(marketo),
    }
}

#[test]
fn a_pending_conflict_freezes_its_field_on_both_sides_and_nothing_else() {
    let mut case =
        clashing()
            .conflict("phone", "2", "3", None)
            .with("firstName", Some("Ada"), "Eva", "Ada");
    // Not even a policy that would decide by now moves it: the admin has seen it.
    case.policy = Policy::Marketo;
    let merge = case.merge();
    assert_eq!(
        shorts(&merge.to_marketo),
        ["firstName: 'Ada' -> 'Eva' by Change"]
    );
    let only = Merge {
        to_marketo: merge.to_marketo.clone(),
        ..Merge::default()
    };
    assert_eq!(merge, only);
}

#[test]
fn taking_a_side_writes_the_other_one() {
    let case = clashing().conflict("phone", "2", "3", Some(Take::Side(Side::Dynamics)));
    let merge = case.merge();
    assert_eq!(
        shorts(&merge.to_marketo),
        ["phone: '3' -> '2' by Resolution(1)"]
    );
    assert_eq!(merge.to_marketo[0].conflict, Some(FIRST));
    let case = clashing().conflict("phone", "2", "3", Some(Take::Side(Side::Marketo)));
    assert_eq!(
        shorts(&case.merge().to_dynamics),
        ["phone: '2' -> '3' by Resolution(1)"]
    );
}

#[test]
fn a_typed_value_is_written_to_each_side_that_differs() {
    let case = clashing().conflict("phone", "2", "3", Some(Take::Value(text("4"))));
    let merge = case.merge();
    assert_eq!(
        shorts(&merge.to_dynamics),
        ["phone: '2' -> '4' by Resolution(1)"]
    );
    assert_eq!(
        shorts(&merge.to_marketo),
        ["phone: '3' -> '4' by Resolution(1)"]
    );
    assert_eq!(
        merge.to_dynamics[0].canonical,
        merge.to_marketo[0].canonical
    );
    let case = clashing().conflict("phone", "2", "3", Some(Take::Value(text("3"))));
    let merge = case.merge();
    assert_eq!(
        shorts(&merge.to_dynamics),
        ["phone: '2' -> '3' by Resolution(1)"]
    );
    assert!(merge.to_marketo.is_empty());
}

#[test]
fn a_typed_value_one_side_refuses_is_written_to_neither() {
    let case = Case::lead()
        .with("email", Some("x@e.com"), "a@e.com", "b@e.com")
        .conflict(
            "email",
            "a@e.com",
            "b@e.com",
            Some(Take::Value(text("jörg@e.com"))),
        );
    let merge = case.merge();
    assert!(merge.to_dynamics.is_empty() && merge.to_marketo.is_empty());
    assert_eq!(merge.refused[0].0, Side::Marketo);
}

#[test]
fn a_decision_is_void_once_a_side_moves_again() {
    let case = Case::lead().with("phone", Some("1"), "2", "33").conflict(
        "phone",
        "2",
        "3",
        Some(Take::Side(Side::Marketo)),
    );
    let merge = case.merge();
    assert_eq!(merge.superseded, [(FIRST, clash("2", "33"))]);
    assert!(merge.to_dynamics.is_empty() && merge.opened.is_empty());
}

#[test]
fn a_move_that_means_the_same_keeps_the_decision() {
    let case = Case::lead()
        .with("email", Some("x@e.com"), "A@e.com", "b@e.com")
        .conflict(
            "email",
            "a@E.com",
            "b@e.com",
            Some(Take::Side(Side::Marketo)),
        );
    assert_eq!(case.merge().to_dynamics.len(), 1);
}

#[test]
fn a_superseded_conflict_may_decide_itself() {
    let mut case = Case::lead()
        .with("phone", Some("1"), "2", "33")
        .conflict("phone", "2", "3", None);
    case.policy = Policy::Marketo;
    let merge = case.merge();
    assert_eq!(merge.superseded, [(FIRST, clash("2", "33"))]);
    let write = &merge.to_dynamics[0];
    assert_eq!(
        (&write.cause, write.conflict),
        (&Cause::Policy("marketo".into()), None)
    );

    let back = Case::lead()
        .with("phone", Some("1"), "2", "1")
        .conflict("phone", "2", "3", None);
    let merge = back.merge();
    assert_eq!(merge.superseded.len(), 1);
    assert_eq!(shorts(&merge.to_marketo), ["phone: '1' -> '2' by Change"]);
}

#[test]
fn sides_that_come_to_agree_close_the_conflict() {
    for take in [None, Some(Take::Side(Side::Dynamics))] {
        let case = Case::lead()
            .with("phone", Some("1"), "5", "5")
            .conflict("phone", "2", "3", take);
        let merge = case.merge();
        assert_eq!(merge.converged, [FIRST]);
        assert_eq!(merge.agreed, [("phone".to_owned(), text("5"))]);
    }
}

#[test]
fn a_decision_the_direction_forbids_stays_untouched() {
    let takes = [Take::Side(Side::Marketo), Take::Value(text("4"))];
    for take in takes {
        let mut case = clashing().conflict("phone", "2", "3", Some(take));
        case.direction = Direction::ToMarketo;
        assert_eq!(case.merge(), Merge::default());
    }
}

#[test]
fn conflicts_that_are_closed_or_about_other_fields_freeze_nothing() {
    let mut case = Case::lead()
        .with("phone", Some("1"), "2", "1")
        .conflict("phone", "2", "3", None)
        .conflict("firstName", "2", "1", None)
        .conflict("", "2", "1", None);
    case.open[0].status = ConflictStatus::Applied;
    let merge = case.merge();
    assert_eq!(merge.to_marketo.len(), 1);
    assert_eq!(merge.superseded, []);
}

#[test]
fn an_overwritten_value_waits_although_both_sides_agree() {
    let overwritten = |take| {
        let mut case = Case::lead()
            .with("phone", Some("2"), "2", "2")
            .conflict("phone", "2", "3", take);
        case.open[0].kind = ConflictKind::Overwritten;
        case
    };
    assert_eq!(overwritten(None).merge(), Merge::default());
    // The lost value is brought back on both sides.
    let merge = overwritten(Some(Take::Side(Side::Marketo))).merge();
    assert_eq!(
        shorts(&merge.to_dynamics),
        ["phone: '2' -> '3' by Resolution(1)"]
    );
    assert_eq!(
        shorts(&merge.to_marketo),
        ["phone: '2' -> '3' by Resolution(1)"]
    );
    // Keeping what is there needs no write.
    let merge = overwritten(Some(Take::Side(Side::Dynamics))).merge();
    assert_eq!(
        (merge.converged.as_slice(), merge.to_marketo.len()),
        (&[FIRST][..], 0)
    );
    // Both went on to something else.
    let mut case = overwritten(None);
    case.set("phone", Some(Value::Null), text("7"), text("7"));
    assert_eq!(case.merge().converged, [FIRST]);
}
