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

#[test]
fn every_case_of_a_match() {
    let elsewhere = Candidate {
        email: Some("eva@example.com".into()),
        ..person(9)
    };
    let half_stamped = Candidate {
        stamp: Some(ROW),
        ..person(7)
    };
    let table: &[(&str, &[Candidate], &[Candidate], Match)] = &[
        ("nobody", &[], &[], Match::None),
        ("our stamp", &[stamped(7, ROW, OURS)], &[], Match::Linked(7)),
        (
            "our stamp beats an e-mail",
            &[stamped(7, ROW, OURS)],
            &[person(8)],
            Match::Linked(7),
        ),
        (
            "our stamp beats a copy's",
            &[stamped(6, ROW, THEIRS), stamped(7, ROW, OURS)],
            &[],
            Match::Linked(7),
        ),
        (
            "our stamp twice",
            &[stamped(7, ROW, OURS), stamped(8, ROW, OURS)],
            &[],
            Match::Ambiguous(vec![7, 8]),
        ),
        (
            "the same person found twice",
            &[stamped(7, ROW, OURS), stamped(7, ROW, OURS)],
            &[],
            Match::Linked(7),
        ),
        (
            "a stamp of another organisation",
            &[stamped(7, ROW, THEIRS)],
            &[],
            Match::Foreign(7),
        ),
        (
            "a stamp without organisation",
            &[half_stamped],
            &[],
            Match::Ambiguous(vec![7]),
        ),
        ("one with the e-mail", &[], &[person(7)], Match::ByEmail(7)),
        (
            "one found twice",
            &[],
            &[person(7), person(7)],
            Match::ByEmail(7),
        ),
        (
            "two with the e-mail",
            &[],
            &[person(8), person(7)],
            Match::Ambiguous(vec![7, 8]),
        ),
        (
            "one linked to this row",
            &[],
            &[linked(7, ROW), person(8)],
            Match::Linked(7),
        ),
        (
            "one linked to another row",
            &[],
            &[linked(7, OTHER_ROW)],
            Match::Ambiguous(vec![7]),
        ),
        (
            "one stamped for another row",
            &[],
            &[stamped(7, OTHER_ROW, OURS)],
            Match::Ambiguous(vec![7]),
        ),
        (
            "one stamped elsewhere",
            &[],
            &[stamped(7, OTHER_ROW, THEIRS)],
            Match::Foreign(7),
        ),
        ("one with another e-mail", &[], &[elsewhere], Match::None),
    ];
    for (what, stamped, by_email, wanted) in table {
        assert_eq!(found(stamped, by_email), *wanted, "{what}");
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
    assert_eq!(found(&[torn], &[]), Match::Ambiguous(vec![7]));
}
