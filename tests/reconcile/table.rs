//! The specification of a merge in one table: what the base and both sides hold, and what each policy does about it.

use syncdeck::model::{Cause, Direction, Entity, Policy};
use syncdeck::reconcile::{Merge, SKEW_GUARD};

use super::{Case, shorts, text};

/// One word for what a merge does about its only field.
fn outcome(merge: &Merge) -> String {
    let mut words = Vec::new();
    for (side, writes) in [("D", &merge.to_dynamics), ("M", &merge.to_marketo)] {
        for write in writes {
            let why = match &write.cause {
                Cause::Change => "change",
                Cause::Policy(word) => word,
                other => panic!("unexpected cause {other:?}"),
            };
            words.push(format!("{side}:={} {why}", write.after));
        }
    }
    words.extend(
        merge
            .agreed
            .iter()
            .map(|(_, value)| format!("agreed {value}")),
    );
    words.extend(merge.opened.iter().map(|_| "conflict".to_owned()));
    if words.is_empty() {
        words.push("-".to_owned());
    }
    words.join(" + ")
}

// "?" is an unknown base, "" an empty value. M:=d reads: d is written to Marketo.
// `native` stands twice: for a lead and for a contact. `newest` finds the Dynamics record changed an hour later.
const TABLE: &str = "
base | D | M | ask          | dynamics        | marketo        | newest        | native lead   | native contact
a    | a | a | -            | -               | -              | -             | -             | -
a    | d | a | M:=d change  | M:=d change     | M:=d change    | M:=d change   | M:=d change   | M:=d change
a    | a | m | D:=m change  | D:=m change     | D:=m change    | D:=m change   | D:=m change   | D:=m change
a    |   | a | M:= change   | M:= change      | M:= change     | M:= change    | M:= change    | M:= change
a    | a |   | D:= change   | D:= change      | D:= change     | D:= change    | D:= change    | D:= change
a    | b | b | agreed b     | agreed b        | agreed b       | agreed b      | agreed b      | agreed b
a    |   |   | agreed       | agreed          | agreed         | agreed        | agreed        | agreed
a    | d | m | conflict     | M:=d dynamics   | D:=m marketo   | M:=d newest   | D:=m native   | M:=d native
a    |   | m | conflict     | M:= dynamics    | D:=m marketo   | M:= newest    | D:=m native   | M:= native
a    | d |   | conflict     | M:=d dynamics   | D:= marketo    | M:=d newest   | D:= native    | M:=d native
     | d | m | conflict     | M:=d dynamics   | D:=m marketo   | M:=d newest   | D:=m native   | M:=d native
     | d |   | M:=d change  | M:=d change     | M:=d change    | M:=d change   | M:=d change   | M:=d change
?    | b | b | agreed b     | agreed b        | agreed b       | agreed b      | agreed b      | agreed b
?    |   |   | agreed       | agreed          | agreed         | agreed        | agreed        | agreed
?    | d | m | conflict     | M:=d dynamics   | D:=m marketo   | M:=d newest   | D:=m native   | M:=d native
?    | d |   | conflict     | M:=d dynamics   | D:= marketo    | M:=d newest   | D:= native    | M:=d native
?    |   | m | conflict     | M:= dynamics    | D:=m marketo   | M:= newest    | D:=m native   | M:= native
";

#[test]
fn every_case_under_every_policy() {
    let policies = [
        (Policy::Ask, Entity::LEAD),
        (Policy::Dynamics, Entity::LEAD),
        (Policy::Marketo, Entity::LEAD),
        (Policy::Newest, Entity::LEAD),
        (Policy::Native, Entity::LEAD),
        (Policy::Native, Entity::CONTACT),
    ];
    for row in TABLE.trim().lines().skip(1) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [base, dynamics, marketo, wanted @ ..] = cells.as_slice() else {
            panic!("{row}");
        };
        assert_eq!(wanted.len(), policies.len(), "{row}");
        for ((policy, entity), wanted) in policies.iter().zip(wanted) {
            let base = (*base != "?").then_some(*base);
            let mut case = Case::new(entity.clone())
                .with("firstName", base, dynamics, marketo)
                .apart(3_600);
            case.policy = *policy;
            // An empty value leaves a blank in the outcome, which the table's cells do not show twice.
            let found = outcome(&case.merge()).replace("  ", " ");
            assert_eq!(found.trim(), *wanted, "{policy} in row {row}");
        }
    }
}

#[test]
fn disjoint_edits_of_one_record_both_survive() {
    let case = Case::lead()
        .with("firstName", Some("Ada"), "Ada Maria", "Ada")
        .with("phone", Some("1"), "1", "2");
    let merge = case.merge();
    assert_eq!(
        shorts(&merge.to_marketo),
        ["firstName: 'Ada' -> 'Ada Mari' by Change"]
    );
    assert_eq!(shorts(&merge.to_dynamics), ["phone: '1' -> '2' by Change"]);
    assert!(merge.opened.is_empty());
}

#[test]
fn only_the_field_that_moved_is_written() {
    let case = Case::lead()
        .with("firstName", Some("Ada"), "Eva", "Ada")
        .with(
            "email",
            Some("ada@example.com"),
            "Ada@Example.com",
            "ada@example.com",
        );
    let merge = case.merge();
    assert_eq!(merge.to_marketo.len(), 1);
    let write = &merge.to_marketo[0];
    assert_eq!(
        (write.name.as_str(), &write.canonical),
        ("firstName", &text("Eva"))
    );
}

#[test]
fn a_field_policy_beats_the_entity_policy() {
    let mut case = Case::lead().with("phone", Some("1"), "2", "3");
    case.policy = Policy::Dynamics;
    case.map.fields[2].policy = Some(Policy::Marketo);
    let merge = case.merge();
    assert_eq!(
        shorts(&merge.to_dynamics),
        ["phone: '2' -> '3' by Policy(\"marketo\")"]
    );
}

#[test]
fn newest_asks_when_the_two_moments_are_too_close_to_tell() {
    let guard = SKEW_GUARD.num_seconds();
    let table = [
        (guard + 1, "M:=d newest"),
        (guard, "conflict"),
        (0, "conflict"),
        (-guard, "conflict"),
        (-guard - 1, "D:=m newest"),
    ];
    for (seconds, wanted) in table {
        let mut case = Case::lead()
            .with("firstName", Some("a"), "d", "m")
            .apart(seconds);
        case.policy = Policy::Newest;
        assert_eq!(outcome(&case.merge()), wanted, "{seconds} s");
    }
    let mut case = Case::lead()
        .with("firstName", Some("a"), "d", "m")
        .apart(9_999);
    case.policy = Policy::Newest;
    case.marketo.modified = None;
    assert_eq!(outcome(&case.merge()), "conflict");
}

#[test]
fn a_first_link_by_a_match_rule_fills_the_empty_side() {
    let mut case = Case::lead()
        .with("firstName", None, "Ada", "")
        .with("phone", None, "", "12")
        .with("email", None, "ada@example.com", "eva@example.com");
    case.fill_empty = true;
    let merge = case.merge();
    assert_eq!(
        shorts(&merge.to_marketo),
        ["firstName: '' -> 'Ada' by Policy(\"fill_empty\")"]
    );
    assert_eq!(
        shorts(&merge.to_dynamics),
        ["phone: '' -> '12' by Policy(\"fill_empty\")"]
    );
    assert_eq!(merge.opened.len(), 1);
    assert_eq!(merge.opened[0].field, "email");
}

#[test]
fn a_clash_shows_the_raw_values() {
    let case = Case::lead().with(
        "email",
        Some("x@example.com"),
        "ADA@example.com",
        "Eva@example.com",
    );
    let clash = &case.merge().opened[0];
    assert_eq!(clash.base, Some(text("x@example.com")));
    assert_eq!(clash.dynamics, text("ADA@example.com"));
    assert_eq!(clash.marketo, text("Eva@example.com"));
}

#[test]
fn a_value_the_other_side_refuses_does_not_hold_up_the_others() {
    let case = Case::lead()
        .with(
            "email",
            Some("x@example.com"),
            "jörg@example.com",
            "x@example.com",
        )
        .with("phone", Some("1"), "2", "1");
    let merge = case.merge();
    assert_eq!(shorts(&merge.to_marketo), ["phone: '1' -> '2' by Change"]);
    let (_, field, refusal) = &merge.refused[0];
    assert_eq!(
        (field.as_str(), refusal.code.as_str()),
        ("email", "email_not_ascii")
    );
}

#[test]
fn a_field_that_was_not_read_is_never_taken_for_empty() {
    let mut case = Case::lead().with("phone", Some("1"), "1", "1");
    case.marketo.fields.remove("phone");
    assert_eq!(case.merge(), Merge::default());
}

#[test]
fn nothing_happens_to_an_entity_that_is_off() {
    let mut case = Case::lead().with("phone", Some("1"), "2", "3");
    case.direction = Direction::Off;
    assert_eq!(case.merge(), Merge::default());
}

#[test]
fn a_base_kept_under_an_older_map_is_read_under_todays() {
    // The column once took more than eight characters.
    let case = Case::lead().with("firstName", Some("Maximilian"), "Maximili", "Maximilian");
    let merge = case.merge();
    assert_eq!(merge.agreed, [("firstName".to_owned(), text("Maximili"))]);
    assert!(merge.opened.is_empty() && merge.to_marketo.is_empty());
}
