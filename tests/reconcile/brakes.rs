//! When a plan is too much to be sent unasked.

use syncdeck::model::Entity;
use syncdeck::reconcile::{Brake, BrakeLimits, Measure, brake};

fn measure(links: u64) -> Measure {
    Measure {
        entity: Entity::LEAD,
        links,
        deletes: 0,
        creates: 0,
        changes: 0,
        first_copy: false,
        side_count_before: None,
        side_count_now: None,
    }
}

fn tripped(measure: &Measure) -> Option<&'static str> {
    match brake(measure, &BrakeLimits::default())? {
        Brake::Emptied { .. } => Some("emptied"),
        Brake::TooMany { what, .. } => Some(what),
    }
}

#[test]
fn counts_are_allowed_up_to_a_floor_or_a_share_of_the_links() {
    for (links, deletes, creates, changes) in [
        (0, 25, 500, 1_000),
        (2_500, 25, 500, 1_000),
        (100_000, 1_000, 5_000, 30_000),
    ] {
        let allowed = Measure {
            deletes,
            creates,
            changes,
            ..measure(links)
        };
        assert_eq!(tripped(&allowed), None, "{links}");
        let more = Measure {
            deletes: deletes + 1,
            ..allowed.clone()
        };
        assert_eq!(tripped(&more), Some("deletes"), "{links}");
        let more = Measure {
            creates: creates + 1,
            ..allowed.clone()
        };
        assert_eq!(tripped(&more), Some("creates"), "{links}");
        let more = Measure {
            changes: changes + 1,
            ..allowed
        };
        assert_eq!(tripped(&more), Some("changes"), "{links}");
    }
}

#[test]
fn the_first_copy_may_create_and_change_any_number_but_not_delete() {
    let first = Measure {
        first_copy: true,
        creates: 1_000_000,
        changes: 1_000_000,
        ..measure(0)
    };
    assert_eq!(tripped(&first), None);
    let deleting = Measure {
        deletes: 26,
        ..first
    };
    assert_eq!(tripped(&deleting), Some("deletes"));
}

#[test]
fn a_side_that_suddenly_looks_empty_halts() {
    let counted = |before, now| Measure {
        side_count_before: Some(before),
        side_count_now: Some(now),
        ..measure(100)
    };
    let table = [
        (0, 0, None),
        (3, 1, None),
        (3, 0, Some("emptied")),
        (100, 50, None),
        (100, 49, Some("emptied")),
        (100, 200, None),
    ];
    for (before, now, wanted) in table {
        assert_eq!(tripped(&counted(before, now)), wanted, "{before} -> {now}");
    }
}

#[test]
fn a_brake_says_why_and_what_releases_it() {
    let plan = Measure {
        deletes: 60,
        ..measure(3_000)
    };
    let said = brake(&plan, &BrakeLimits::default()).unwrap().to_string();
    assert_eq!(
        said,
        "lead: 60 deletes planned, of 3000 links; up to 30 go through unasked. Look at the plan, then approve it to \
         go on, or undo what caused it."
    );
}
