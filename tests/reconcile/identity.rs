//! Who is who in Marketo.

use syncdeck::reconcile::{Candidate, Match, match_person};
use uuid::Uuid;

const ROW: Uuid = Uuid::from_u128(1);
const OTHER_ROW: Uuid = Uuid::from_u128(2);
const OURS: Uuid = Uuid::from_u128(10);
const THEIRS: Uuid = Uuid::from_u128(11);

fn person(id: i64) -> Candidate {
    Candidate {
        id,
        stamp: None,
        organization: None,
        email: Some("Ada@example.com".into()),
        linked_to: None,
    }
}

fn stamped(id: i64, row: Uuid, organization: Uuid) -> Candidate {
    Candidate {
        stamp: Some(row),
        organization: Some(organization),
        ..person(id)
    }
}

fn linked(id: i64, row: Uuid) -> Candidate {
    Candidate {
        linked_to: Some(row),
        ..person(id)
    }
}

fn found(stamped: &[Candidate], by_email: &[Candidate]) -> Match {
    match_person(ROW, Some("ada@example.com"), OURS, stamped, by_email)
}

type Row<'a> = (&'a str, &'a [Candidate], Match);

#[test]
fn a_stamp_of_ours_beats_everything() {
    let half = Candidate {
        stamp: Some(ROW),
        ..person(7)
    };
    let (ours, theirs) = (stamped(7, ROW, OURS), stamped(6, ROW, THEIRS));
    let twin = stamped(8, ROW, OURS);
    let table: &[Row] = &[
        ("ours", std::slice::from_ref(&ours), Match::Linked(7)),
        (
            "a copy's beside ours",
            &[theirs.clone(), ours.clone()],
            Match::Linked(7),
        ),
        (
            "the same person twice",
            &[ours.clone(), ours.clone()],
            Match::Linked(7),
        ),
        (
            "ours on two",
            &[twin, ours.clone()],
            Match::Ambiguous(vec![7, 8]),
        ),
        ("another organisation's", &[theirs], Match::Foreign(6)),
        ("without organisation", &[half], Match::Ambiguous(vec![7])),
        (
            "another row's",
            &[stamped(7, OTHER_ROW, OURS)],
            Match::ByEmail(9),
        ),
    ];
    for (what, stamped, wanted) in table {
        assert_eq!(found(stamped, &[person(9)]), *wanted, "{what}");
    }
}

#[test]
fn an_email_address_matches_only_one_nobody_else_claims() {
    let elsewhere = Candidate {
        email: Some("eva@example.com".into()),
        ..person(9)
    };
    let table: &[Row] = &[
        ("nobody", &[], Match::None),
        ("one", &[person(7)], Match::ByEmail(7)),
        (
            "one found twice",
            &[person(7), person(7)],
            Match::ByEmail(7),
        ),
        ("two", &[person(8), person(7)], Match::Ambiguous(vec![7, 8])),
        (
            "one linked to this row",
            &[linked(7, ROW), person(8)],
            Match::Linked(7),
        ),
        (
            "one linked to another",
            &[linked(7, OTHER_ROW)],
            Match::TwoRows {
                person: 7,
                row: OTHER_ROW,
            },
        ),
        (
            "stamped for another",
            &[stamped(7, OTHER_ROW, OURS)],
            Match::TwoRows {
                person: 7,
                row: OTHER_ROW,
            },
        ),
        (
            "stamped elsewhere",
            &[stamped(7, OTHER_ROW, THEIRS)],
            Match::Foreign(7),
        ),
        ("another address", &[elsewhere], Match::None),
    ];
    for (what, by_email, wanted) in table {
        assert_eq!(found(&[], by_email), *wanted, "{what}");
    }
}

#[test]
fn a_row_without_an_email_address_matches_nobody_by_it() {
    for email in [None, Some(""), Some("  ")] {
        assert_eq!(
            match_person(ROW, email, OURS, &[], &[person(7)]),
            Match::None
        );
    }
}

#[test]
fn our_stamp_on_a_person_linked_to_another_row_is_held() {
    let torn = Candidate {
        linked_to: Some(OTHER_ROW),
        ..stamped(7, ROW, OURS)
    };
    let held = Match::TwoRows {
        person: 7,
        row: OTHER_ROW,
    };
    assert_eq!(found(&[torn], &[]), held);
}
