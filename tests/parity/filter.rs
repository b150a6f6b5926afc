//! The filter column of the native connector, and what qualifying and merging make of it.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::engine::harness::{Bench, assert_clean, person_columns, written};

fn marked(bench: &Bench, table: &str, name: &str, mark: Json) -> Uuid {
    let mut columns = person_columns(name);
    columns.push(("new_synctomkto", mark));
    if table == "contact" {
        columns.remove(0);
    }
    bench.row_of(table, &columns)
}

/// 4. Absent, empty and Yes are in scope, only an explicit No is not.
#[tokio::test(start_paused = true)]
async fn only_an_explicit_no_keeps_a_row_out() {
    let bench = Bench::empty();
    let absent = bench.somebody("Absent");
    let empty = marked(&bench, "lead", "Empty", Json::Null);
    let yes = marked(&bench, "lead", "Yes", json!(true));
    let no = marked(&bench, "lead", "No", json!(false));
    assert_clean(&bench.cycle().await);
    for row in [absent, empty, yes] {
        bench.person_of(row);
    }
    assert!(bench.people_of(no).is_empty());
}

/// 5. No to Yes creates or updates at once; Yes to No freezes, whatever happens on either side.
#[tokio::test(start_paused = true)]
async fn no_to_yes_creates_or_updates_at_once_and_yes_to_no_freezes() {
    let bench = Bench::empty();
    let row = marked(&bench, "lead", "Ada", json!(false));
    bench.cycle().await;
    assert!(bench.people().is_empty());
    bench.edit(row, "new_synctomkto", true);
    assert_clean(&bench.later().await);
    let person = bench.person_of(row);

    bench.edit(row, "new_synctomkto", false);
    bench.later().await;
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "city", "London");
    assert_eq!(written(&bench.later().await), 0);
    assert_ne!(bench.field(person, "title"), json!("Countess"));
    assert_ne!(bench.field(person, "syncdeckIsDeleted"), json!(true));

    bench.edit(row, "new_synctomkto", true);
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
    bench.assert_in_step();
}

/// 7. After a merge in Dynamics the winner's own mark decides.
#[tokio::test(start_paused = true)]
async fn after_a_merge_the_winners_mark_decides() {
    for (loser, winner) in [(true, true), (false, false), (false, true), (true, false)] {
        let bench = Bench::empty();
        let lost = marked(&bench, "lead", "Lost", json!(loser));
        let kept = marked(&bench, "lead", "Kept", json!(winner));
        bench.cycle().await;
        bench.pass(10).await;
        bench.world.dynamics.merge_rows("lead", kept, lost).unwrap();
        bench.edit(kept, "jobtitle", "Countess");
        bench.later().await;
        let people = bench.people_of(kept);
        assert_eq!(people.len(), usize::from(winner), "{loser} {winner}");
        for person in people {
            assert_eq!(bench.field(person, "title"), json!("Countess"));
        }
    }
}

/// 7. A merge whose loser had become a contact: the contact keeps its person, and the winner's mark decides on its own.
#[tokio::test(start_paused = true)]
async fn a_merge_of_a_converted_lead_leaves_its_contact_alone() {
    for winner in [true, false] {
        let bench = Bench::empty();
        let lost = marked(&bench, "lead", "Lost", json!(true));
        let kept = marked(&bench, "lead", "Kept", json!(winner));
        bench.cycle().await;
        bench.pass(10).await;
        let person = bench.person_of(lost);
        let contact = bench.qualify(lost).await;
        assert_clean(&bench.later().await);
        // Dynamics merges open leads only.
        let open = [("statecode", json!(0)), ("statuscode", json!(1))];
        bench.world.dynamics.edit_row("lead", lost, &open).unwrap();
        bench.world.dynamics.merge_rows("lead", kept, lost).unwrap();
        bench.edit(kept, "jobtitle", "Countess");
        bench.edit(contact, "jobtitle", "Lady");
        assert_clean(&bench.later().await);
        assert_clean(&bench.later().await);
        assert_eq!(bench.person_of(contact), person, "{winner}");
        assert_eq!(bench.field(person, "title"), json!("Lady"), "{winner}");
        assert_eq!(bench.people().len(), 1 + usize::from(winner), "{winner}");
        for person in bench.people_of(kept) {
            assert_eq!(bench.field(person, "title"), json!("Countess"));
        }
        assert!(bench.people_of(lost).is_empty(), "{winner}");
        bench.assert_in_step();
    }
}
