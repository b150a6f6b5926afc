//! Deletes, merges and matches that only a person can decide.

use std::time::Duration;

use serde_json::json;
use syncdeck::model::{
    ConflictId, ConflictKind, ConflictStatus, CycleOutcome, RecordKey, Side, Take,
};
use syncdeck::store::LinkState;
use uuid::Uuid;

use super::harness::rules::plan_of;
use super::harness::wire::Fate;
use super::harness::{Bench, assert_clean, person_columns, text, written};

async fn in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    (bench, row, person)
}

#[tokio::test(start_paused = true)]
async fn a_delete_in_dynamics_flags_the_person_and_leaves_a_tombstone() {
    let (bench, row, person) = in_step().await;
    bench.world.dynamics.delete_row("lead", row).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "syncdeckIsDeleted"), json!(true));
    assert_eq!(bench.link(row).unwrap().state, LinkState::Tombstone);
    bench.edit_person(person, "city", "London");
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_delete_in_marketo_unlinks_the_row_and_creates_nobody_anew() {
    let (bench, row, person) = in_step().await;
    bench.world.marketo.delete_person(person);
    bench.later().await;
    assert_eq!(bench.link(row).unwrap().state, LinkState::Tombstone);
    bench.edit(row, "jobtitle", "Countess");
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.people().is_empty());
    assert!(bench.world.dynamics.row("lead", row).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_delete_against_an_edit_is_asked() {
    for (take, flagged) in [(Side::Dynamics, true), (Side::Marketo, false)] {
        let (bench, row, person) = in_step().await;
        bench.edit_person(person, "city", "London");
        bench.world.dynamics.delete_row("lead", row).unwrap();
        assert_eq!(bench.later().await.outcome, CycleOutcome::Waiting);
        let conflict = bench.pending();
        assert_eq!(conflict.kind, ConflictKind::DeleteEdit);
        bench.resolve(conflict.id, Take::Side(take));
        assert_clean(&bench.later().await);
        assert_eq!(bench.status(conflict.id), ConflictStatus::Applied);
        assert_eq!(
            bench.field(person, "syncdeckIsDeleted") == json!(true),
            flagged
        );
        assert_eq!(bench.field(person, "city"), json!("London"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_merge_in_marketo_re_points_the_link_to_the_winner() {
    let (bench, row, person) = in_step().await;
    let winner = bench
        .world
        .marketo
        .create_person(&[("lastName", json!("Byron"))], "Web form");
    assert!(bench.world.marketo.merge_people(winner, &[person]));
    bench.later().await;
    let key = RecordKey::Marketo(winner);
    let link = bench
        .store
        .read_blocking(|r| r.links_by_key(&[key]))
        .unwrap()
        .remove(&key)
        .unwrap();
    assert_eq!(link.dynamics, Some(row));
    assert_eq!(bench.person_of(row), winner);
    bench.edit(row, "jobtitle", "Countess");
    bench.later().await;
    assert_eq!(bench.field(winner, "title"), json!("Countess"));
}

#[tokio::test(start_paused = true)]
async fn two_linked_people_merged_in_marketo_are_held_and_asked() {
    let bench = Bench::empty();
    let (one, two) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.cycle().await;
    bench.pass(10).await;
    let (winner, loser) = (bench.person_of(one), bench.person_of(two));
    bench.world.marketo.merge_people(winner, &[loser]);
    bench.later().await;
    let conflict = bench.pending();
    assert_eq!(
        (conflict.kind, conflict.dynamics_id),
        (ConflictKind::SplitMerge, Some(two))
    );
    assert!(bench.world.dynamics.row("lead", two).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_merge_is_asked_about_no_more_once_the_row_is_gone() {
    let bench = Bench::empty();
    let (one, two) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.cycle().await;
    bench.pass(10).await;
    let (winner, loser) = (bench.person_of(one), bench.person_of(two));
    bench.world.marketo.merge_people(winner, &[loser]);
    bench.later().await;
    let merge = bench.pending().id;
    bench.world.dynamics.delete_row("lead", two).unwrap();
    bench.later().await;
    assert_eq!(bench.status(merge), ConflictStatus::Superseded);
    assert_eq!(bench.open_conflicts(), []);
}

/// Marketo fills the winner's empty fields with the loser's, our mark among them.
#[tokio::test(start_paused = true)]
async fn whoever_takes_a_deleted_rows_person_in_is_not_marked_as_deleted() {
    let bench = Bench::empty();
    let (one, two) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.cycle().await;
    bench.pass(10).await;
    let (winner, loser) = (bench.person_of(one), bench.person_of(two));
    bench.world.dynamics.delete_row("lead", two).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(loser, "syncdeckIsDeleted"), json!(true));
    assert!(bench.world.marketo.merge_people(winner, &[loser]));
    assert_eq!(bench.field(winner, "syncdeckIsDeleted"), json!(true));
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(winner, "syncdeckIsDeleted"), json!(false));
    assert_eq!(written(&bench.later().await), 0);
}

/// The row is looked at after the merge, and before Marketo tells of it.
#[tokio::test(start_paused = true)]
async fn a_person_who_was_missed_before_his_merge_was_told_is_missed_no_more() {
    let bench = Bench::empty();
    let (one, two) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.cycle().await;
    bench.pass(10).await;
    let (winner, loser) = (bench.person_of(one), bench.person_of(two));
    bench.world.marketo.merge_people(winner, &[loser]);
    bench.edit(two, "jobtitle", "Countess");
    bench.cycle().await;
    assert_eq!(bench.failures().len(), 1);
    bench.later().await;
    assert_eq!(bench.pending().kind, ConflictKind::SplitMerge);
    assert_eq!(bench.failures(), []);
}

/// A title that both sides have changed.
async fn title_conflict(bench: &Bench, row: Uuid) -> ConflictId {
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(bench.person_of(row), "title", "Analyst");
    bench.later().await;
    let conflict = bench.pending();
    assert_eq!(conflict.kind, ConflictKind::Field);
    conflict.id
}

/// Decided or not, its answer could be written to nobody.
#[tokio::test(start_paused = true)]
async fn a_field_of_a_person_who_was_merged_away_is_asked_about_no_more() {
    let bench = Bench::empty();
    let (one, two) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.cycle().await;
    bench.pass(10).await;
    let title = title_conflict(&bench, two).await;
    let (winner, loser) = (bench.person_of(one), bench.person_of(two));
    bench.world.marketo.merge_people(winner, &[loser]);
    bench.later().await;
    assert_eq!(bench.status(title), ConflictStatus::Superseded);
    assert_eq!(bench.pending().kind, ConflictKind::SplitMerge);
}

#[tokio::test(start_paused = true)]
async fn a_field_of_a_record_whose_link_has_ended_is_asked_about_no_more() {
    for deleted in Side::BOTH {
        let (bench, row, person) = in_step().await;
        let title = title_conflict(&bench, row).await;
        match deleted {
            Side::Dynamics => bench.world.dynamics.delete_row("lead", row).unwrap(),
            Side::Marketo => drop(bench.world.marketo.delete_person(person)),
        }
        bench.later().await;
        let asked = bench.open_conflicts().into_iter();
        let asked = asked.filter(|one| one.kind == ConflictKind::DeleteEdit);
        let asked: Vec<ConflictId> = asked.map(|one| one.id).collect();
        assert_eq!(asked.len(), 1);
        bench.resolve(asked[0], Take::Side(deleted));
        assert_clean(&bench.later().await);
        assert_eq!(bench.link(row).unwrap().state, LinkState::Tombstone);
        assert_eq!(bench.status(title), ConflictStatus::Superseded);
        assert_eq!(bench.open_conflicts(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn an_ambiguous_address_is_held_until_somebody_says_who_it_is() {
    let bench = Bench::empty();
    let same = [("email", json!("ada@example.com"))];
    let (_, right) = (
        bench.world.marketo.seed_person(&same),
        bench.world.marketo.seed_person(&same),
    );
    let row = bench.somebody("Ada");
    assert_eq!(bench.cycle().await.outcome, CycleOutcome::Waiting);
    let conflict = bench.pending();
    assert_eq!(conflict.kind, ConflictKind::AmbiguousMatch);
    assert_eq!(bench.people().len(), 2);
    bench.resolve(conflict.id, Take::Value(text(&right.to_string())));
    assert_clean(&bench.later().await);
    assert_eq!(bench.person_of(row), right);
    bench.assert_in_step();
}

/// Two leads of one address: the one that came first has the person, the other is asked about.
async fn two_rows() -> (Bench, [Uuid; 2], i64) {
    let bench = Bench::empty();
    let rows = [(); 2].map(|()| bench.lead(&person_columns("Ada")));
    bench.cycle().await;
    bench.pass(10).await;
    bench.cycle().await;
    assert_eq!(bench.people().len(), 1);
    let asked = bench.pending();
    assert_eq!(asked.kind, ConflictKind::TwoRows);
    let this = asked.dynamics_id.unwrap();
    let other = if this == rows[0] { rows[1] } else { rows[0] };
    let candidates = (asked.dynamics.to_string(), asked.marketo.to_string());
    assert_eq!(candidates, (this.to_string(), other.to_string()));
    let person = bench.person_of(other);
    (bench, [this, other], person)
}

#[tokio::test(start_paused = true)]
async fn two_rows_of_one_address_never_make_two_people_unasked() {
    let (bench, [this, _], _) = two_rows().await;
    bench.edit(this, "jobtitle", "Countess");
    bench.later().await;
    assert_eq!(bench.people().len(), 1);
    assert_eq!(bench.pending().kind, ConflictKind::TwoRows);
}

/// The row that has the person is written just then: what it brings is seen, and asked about.
#[tokio::test(start_paused = true)]
async fn a_person_the_admin_gives_away_is_taken_over_as_it_is_by_then() {
    let bench = Bench::empty();
    let lead = bench.somebody("Ada");
    bench.cycle().await;
    let columns = person_columns("Ada");
    let mut columns: Vec<_> = columns
        .into_iter()
        .filter(|(name, _)| *name != "subject")
        .collect();
    columns.push(("jobtitle", json!("Lady")));
    let contact = bench.row_of("contact", &columns);
    bench.later().await;
    let asked = bench.pending();
    assert_eq!(asked.kind, ConflictKind::TwoRows);
    bench.edit(lead, "jobtitle", "Countess");
    bench.resolve(asked.id, Take::Side(Side::Dynamics));
    // The person is read a moment before the lead's write lands, and comes a moment after.
    bench.wire.before(|sent| {
        let people = sent.path.ends_with("/leads.json");
        match sent.writes.is_empty() {
            _ if sent.path.ends_with("/contacts") => Fate::Held(Duration::from_millis(500)),
            true if people => Fate::Slow(Duration::from_secs(1)),
            false if people => Fate::Held(Duration::from_millis(1700)),
            _ => Fate::Pass,
        }
    });
    bench.later().await;
    bench.wire.unhook();
    bench.later().await;
    bench.later().await;
    let person = bench.person_of(contact);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    let title = bench.pending();
    assert_eq!(
        (&title.dynamics, &title.marketo),
        (&text("Lady"), &text("Countess"))
    );
}

#[tokio::test(start_paused = true)]
async fn of_two_rows_of_one_person_the_admin_says_which_keeps_it() {
    for (word, moves) in [
        ("dynamics", true),
        ("marketo", false),
        ("this", true),
        ("other", false),
    ] {
        let (bench, [this, other], person) = two_rows().await;
        let take = match word {
            "dynamics" => Take::Side(Side::Dynamics),
            "marketo" => Take::Side(Side::Marketo),
            "this" => Take::Value(text(&this.to_string())),
            _ => Take::Value(text(&other.to_string())),
        };
        bench.resolve(bench.pending().id, take);
        assert_clean(&bench.later().await);
        let (keeps, loses) = if moves { (this, other) } else { (other, this) };
        assert_eq!(bench.person_of(keeps), person, "{word}");
        assert_eq!(
            bench.link(loses).unwrap().state,
            LinkState::Tombstone,
            "{word}"
        );
        assert!(bench.people_of(loses).is_empty(), "{word}");
        bench.edit(loses, "jobtitle", "of the other");
        bench.edit(keeps, "address1_city", "London");
        assert_clean(&bench.later().await);
        assert_eq!(bench.field(person, "city"), json!("London"), "{word}");
        assert_ne!(
            bench.field(person, "title"),
            json!("of the other"),
            "{word}"
        );
        assert_eq!(bench.people().len(), 1, "{word}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_whose_row_is_deleted_can_be_given_to_the_other_row() {
    let (bench, [this, other], person) = two_rows().await;
    bench.world.dynamics.delete_row("lead", other).unwrap();
    bench.later().await;
    assert_eq!(bench.link(other).unwrap().state, LinkState::Tombstone);
    bench.resolve(bench.pending().id, Take::Side(Side::Dynamics));
    assert_clean(&bench.later().await);
    assert_eq!(bench.person_of(this), person);
    assert_eq!(bench.people().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_word_that_names_neither_row_is_asked_again_and_new_makes_a_second_person() {
    let (bench, [this, other], person) = two_rows().await;
    let first = bench.pending();
    bench.resolve(first.id, Take::Value(text("somebody")));
    bench.later().await;
    assert_eq!(bench.status(first.id), ConflictStatus::Superseded);
    bench.resolve(bench.pending().id, Take::Value(text("new")));
    assert_clean(&bench.later().await);
    assert_eq!(bench.person_of(other), person);
    assert_ne!(bench.person_of(this), person);
    bench.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn of_two_people_merged_in_marketo_the_losers_row_can_be_given_the_winner() {
    let bench = Bench::empty();
    let (one, two) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.cycle().await;
    bench.pass(10).await;
    let (winner, loser) = (bench.person_of(one), bench.person_of(two));
    bench.world.marketo.merge_people(winner, &[loser]);
    bench.later().await;
    bench.resolve(bench.pending().id, Take::Value(text(&two.to_string())));
    bench.later().await;
    assert_eq!(bench.person_of(two), winner);
    assert_eq!(bench.link(one).unwrap().state, LinkState::Tombstone);
}

#[tokio::test(start_paused = true)]
async fn a_mass_delete_is_braked_before_the_first_of_it() {
    let bench = Bench::empty();
    let rows: Vec<Uuid> = (0..60)
        .map(|number| bench.somebody(&format!("N{number}")))
        .collect();
    bench.cycle().await;
    for row in &rows[..40] {
        bench.world.dynamics.delete_row("lead", *row).unwrap();
    }
    bench.wire.take();
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Halted, "{report:?}");
    assert!(bench.wire.take_writes().is_empty());
    assert_clean(&bench.approving(&plan_of(&report)).await);
    assert_eq!(bench.wire.take_writes().len(), 40);
}

/// A closed row is no deleted one: its person stays, is told the state, and goes on when it is opened again.
#[tokio::test(start_paused = true)]
async fn a_row_that_is_deactivated_and_reactivated_stays_one_person() {
    for (table, closed, word) in [
        ("lead", (2, 4), "Disqualified"),
        ("contact", (1, 2), "Inactive"),
    ] {
        let bench = Bench::empty();
        let columns = person_columns("Ada").into_iter();
        let columns: Vec<_> = columns.filter(|(name, _)| *name != "subject").collect();
        let row = bench.row_of(table, &columns);
        assert_clean(&bench.cycle().await);
        let person = bench.person_of(row);
        let edit = |state: (i64, i64)| {
            let values = [
                ("statecode", json!(state.0)),
                ("statuscode", json!(state.1)),
            ];
            bench.world.dynamics.edit_row(table, row, &values).unwrap();
        };
        edit(closed);
        assert_clean(&bench.later().await);
        assert_eq!(bench.field(person, "leadStatus"), json!(word));
        assert_eq!(bench.field(person, "syncdeckIsDeleted"), json!(false));
        let title = [("jobtitle", json!("Countess"))];
        bench.world.dynamics.edit_row(table, row, &title).unwrap();
        assert_clean(&bench.later().await);
        assert_eq!(bench.field(person, "title"), json!("Countess"));
        edit((0, 1));
        bench.edit_person(person, "city", "London");
        assert_clean(&bench.later().await);
        assert_ne!(bench.field(person, "leadStatus"), json!(word));
        let there = bench.world.dynamics.row(table, row).unwrap();
        assert_eq!(there["address1_city"], json!("London"));
        assert_eq!(bench.people().len(), 1);
        assert_eq!(written(&bench.later().await), 0);
    }
}
