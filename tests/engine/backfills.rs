//! Backfills: of a list of rows, of a filter, up to a day, cancelled half-way; each touches whom it names and nobody else.

use serde_json::{Value as Json, json};
use syncdeck::engine::{Backfill, BackfillSpec, BackfillState, backfill, cancel_backfill};
use syncdeck::model::{Entity, Side};
use uuid::Uuid;

use super::harness::wire::Fate;
use super::harness::{Bench, assert_clean};

/// A pair that is added after the first copy.
const PAIR: &str = "[[fields]]\ndynamics = \"sic\"\nmarketo = \"department\"\n";

/// Two people in step who have both a value in a column that is mapped only now, and another one in Marketo.
async fn with_an_added_pair() -> (Bench, [Uuid; 2], [i64; 2]) {
    let bench = Bench::empty();
    let rows = [bench.somebody("Ada"), bench.somebody("Grace")];
    for row in rows {
        bench.edit(row, "sic", "by sales");
    }
    bench.cycle().await;
    bench.pass(10).await;
    let people = rows.map(|row| bench.person_of(row));
    for person in people {
        bench.edit_person(person, "department", "by hand");
    }
    bench.later().await;
    bench.map_leads(PAIR);
    (bench, rows, people)
}

fn start(bench: &Bench, spec: BackfillSpec) {
    bench.backfill_leads(BackfillSpec {
        fields: vec!["department".to_owned()],
        ..spec
    });
}

fn stands(bench: &Bench) -> Backfill {
    let read = bench.store.read_blocking(|r| backfill(r, &Entity::LEAD));
    read.unwrap().unwrap()
}

fn departments(bench: &Bench, people: [i64; 2]) -> [Json; 2] {
    people.map(|person| bench.field(person, "department"))
}

#[tokio::test(start_paused = true)]
async fn a_list_of_rows_is_carried_and_nobody_else() {
    let (bench, [ada, _], people) = with_an_added_pair().await;
    start(
        &bench,
        BackfillSpec {
            ids: vec![ada],
            ..BackfillSpec::default()
        },
    );
    bench.later().await;
    assert_eq!(
        departments(&bench, people),
        [json!("by sales"), json!("by hand")]
    );
    let done = stands(&bench);
    assert_eq!(
        (done.state, done.looked, done.marked),
        (BackfillState::Done, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_filter_chooses_the_rows_and_a_wrong_one_says_why() {
    let (bench, _, people) = with_an_added_pair().await;
    let by = |filter: &str| BackfillSpec {
        filter: Some(filter.to_owned()),
        ..BackfillSpec::default()
    };
    start(&bench, by("shoe_size == 44"));
    bench.later().await;
    let failed = stands(&bench);
    assert_eq!(failed.state, BackfillState::Failed);
    assert!(failed.note.contains("'shoe_size'"), "{}", failed.note);

    let (bench, _, people_again) = with_an_added_pair().await;
    assert_eq!(people, people_again, "a world of its own, the same people");
    start(&bench, by("firstname == 'Grace'"));
    bench.later().await;
    assert_eq!(
        departments(&bench, people),
        [json!("by hand"), json!("by sales")]
    );
    let done = stands(&bench);
    assert_eq!(
        (done.state, done.looked, done.marked),
        (BackfillState::Done, 2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_backfill_reads_no_further_and_is_not_taken_up_again() {
    let (bench, _, people) = with_an_added_pair().await;
    start(&bench, BackfillSpec::default());
    let cancel = || {
        let done = bench
            .store
            .transaction_blocking(|tx| cancel_backfill(tx, &Entity::LEAD));
        done.unwrap()
    };
    assert!(cancel());
    assert!(!cancel(), "it is cancelled already");
    bench.later().await;
    bench.later().await;
    assert_eq!(
        departments(&bench, people),
        [json!("by hand"), json!("by hand")],
        "as any added pair: where the sides differ, the admin is asked"
    );
    let cancelled = stands(&bench);
    assert_eq!(
        (cancelled.state, cancelled.looked),
        (BackfillState::Cancelled, 0)
    );
}

/// Cut off between two pages and taken up by another process: it goes on behind the page that was kept.
#[tokio::test(start_paused = true)]
async fn a_backfill_that_was_cut_off_goes_on_where_it_was() {
    let bench = Bench::empty();
    let rows: Vec<Uuid> = (0..600).map(|n| bench.somebody(&format!("N{n}"))).collect();
    for row in &rows {
        bench.edit(*row, "sic", "by sales");
    }
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let people: Vec<i64> = bench.people().into_iter().map(|(id, _)| id).collect();
    bench.later().await;
    bench.map_leads(PAIR);
    start(&bench, BackfillSpec::default());
    // Once a page was kept, Dynamics cannot be reached any more.
    let store = bench.store.clone();
    bench.wire.before(move |sent| {
        let known = store.read_blocking(|r| backfill(r, &Entity::LEAD)).unwrap();
        let begun = known.is_some_and(|known| known.looked > 0);
        if begun && sent.side == Side::Dynamics {
            Fate::Refused
        } else {
            Fate::Pass
        }
    });
    bench.later().await;
    bench.wire.unhook();
    bench.restart();
    let cut = stands(&bench);
    assert_eq!(cut.state, BackfillState::Running, "{cut:?}");
    assert!(cut.looked > 0 && cut.looked < 600, "{cut:?}");
    for _ in 0..3 {
        bench.later().await;
    }
    let done = stands(&bench);
    assert_eq!(done.state, BackfillState::Done);
    assert!(
        done.looked >= 600 && done.looked < 600 + cut.looked,
        "{done:?}"
    );
    let carried = people
        .iter()
        .filter(|person| bench.field(**person, "department") == json!("by sales"));
    assert_eq!(carried.count(), 600);
}
