//! Fields: a column that vanishes, backfills, sets of options.

use serde_json::{Value as Json, json};
use syncdeck::engine::{BackfillSpec, BackfillState, backfill, quarantined};
use syncdeck::model::{CycleOutcome, Entity};

use crate::engine::harness::{Bench, assert_clean, written};

const STAMP: &str = "[[fields]]\ndynamics = \"new_stamp\"\nmarketo = \"department\"\n";

fn column(length: usize) -> Json {
    let label = json!({"LocalizedLabels": [{"Label": "Stamp", "LanguageCode": 1033}]});
    json!({
        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
        "SchemaName": "new_Stamp", "MaxLength": length, "DisplayName": label,
        "RequiredLevel": {"Value": "None"},
    })
}

/// 13. A deleted column stops its own pair and nothing else, says so, and heals when it is back.
#[tokio::test(start_paused = true)]
async fn a_deleted_column_does_not_stop_the_other_fields() {
    let bench = Bench::empty();
    bench.customise("POST", "", column(40)).await;
    bench.map_leads(STAMP);
    let row = bench.somebody("Ada");
    bench.edit(row, "new_stamp", "S-1");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    assert_eq!(bench.field(person, "department"), json!("S-1"));

    bench
        .customise("DELETE", "(LogicalName='new_stamp')", Json::Null)
        .await;
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "city", "London");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
    assert_eq!(bench.field(person, "department"), json!("S-1"));
    let told = bench
        .store
        .read_blocking(|r| quarantined(r, &Entity::LEAD))
        .unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].reason.contains("new_stamp is gone"), "{told:?}");

    bench.customise("POST", "", column(40)).await;
    bench.edit(row, "new_stamp", "S-2");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "department"), json!("S-2"));
    let told = bench
        .store
        .read_blocking(|r| quarantined(r, &Entity::LEAD))
        .unwrap();
    assert!(told.is_empty(), "{told:?}");
}

/// 14. A backfill carries empties too.
#[tokio::test(start_paused = true)]
async fn a_backfill_carries_values_and_nulls() {
    let bench = Bench::empty();
    bench.customise("POST", "", column(40)).await;
    let (ada, grace) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.edit(ada, "new_stamp", "S-1");
    bench.cycle().await;
    bench.pass(10).await;
    let people = [bench.person_of(ada), bench.person_of(grace)];
    for person in people {
        bench.edit_person(person, "department", "old");
    }
    bench.cycle().await;
    bench.map_leads(STAMP);
    bench.backfill_leads(BackfillSpec {
        fields: vec!["department".to_owned()],
        ..BackfillSpec::default()
    });
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(people[0], "department"), json!("S-1"));
    assert_eq!(bench.field(people[1], "department"), Json::Null);
    let done = bench
        .store
        .read_blocking(|r| backfill(r, &Entity::LEAD))
        .unwrap()
        .unwrap();
    assert_eq!((done.state, done.marked), (BackfillState::Done, 2));
    assert_eq!(written(&bench.later().await), 0);
}

/// 15. A backfill of a range of days touches nobody else.
#[tokio::test(start_paused = true)]
async fn a_backfill_keeps_to_its_range_of_days() {
    for created in [true, false] {
        let bench = Bench::empty();
        bench.customise("POST", "", column(40)).await;
        let old = bench.somebody("Ada");
        bench.edit(old, "new_stamp", "old row");
        bench.cycle().await;
        bench.pass(86_400).await;
        let from = bench.clock.now();
        bench.pass(60).await;
        let new = bench.somebody("Grace");
        bench.edit(new, "new_stamp", "new row");
        bench.cycle().await;
        bench.pass(10).await;
        let people = [bench.person_of(old), bench.person_of(new)];
        for person in people {
            bench.edit_person(person, "department", "by hand");
        }
        bench.cycle().await;
        bench.map_leads(STAMP);
        bench.backfill_leads(BackfillSpec {
            fields: vec!["department".to_owned()],
            created_from: created.then_some(from),
            updated_from: (!created).then_some(from),
            ..BackfillSpec::default()
        });
        bench.later().await;
        assert_eq!(bench.field(people[1], "department"), json!("new row"));
        assert_eq!(bench.field(people[0], "department"), json!("by hand"));
        // What the range left out is compared like any added pair: the two differ, so the admin is asked.
        assert_eq!(bench.later().await.outcome, CycleOutcome::Waiting);
        let conflict = bench.pending();
        assert_eq!(
            (conflict.dynamics_id, conflict.field.as_str()),
            (Some(old), "department")
        );
    }
}

/// 19. The order of a set of options means nothing.
#[tokio::test(start_paused = true)]
async fn the_order_of_a_set_of_options_means_nothing() {
    let bench = Bench::empty();
    bench.map_leads("[[fields]]\ndynamics = \"new_interests\"\nmarketo = \"department\"\n");
    let row = bench.somebody("Ada");
    bench.edit(row, "new_interests", "1,2");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    assert_eq!(bench.field(person, "department"), json!("Products;Events"));
    bench.edit_person(person, "department", "Events;Products");
    assert_eq!(written(&bench.later().await), 0);
    bench.edit_person(person, "department", "Events;Training;Products");
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "new_interests"), json!("1,2,4"));
    assert_eq!(written(&bench.later().await), 0);
}
