//! Schema drift of people's fields: one that vanishes, changes its type, shortens or closes stops its own pair alone, says
//! so, and heals when it is as it was.

use serde_json::{Value as Json, json};
use syncdeck::engine::quarantined;
use syncdeck::model::Entity;
use syncdeck::sandbox::marketo::FieldChange;
use uuid::Uuid;

use super::harness::{Bench, assert_clean, written};

const PAIR: &str = "[[fields]]\ndynamics = \"new_stamp\"\nmarketo = \"department\"\n";
const COLUMN: &str = "(LogicalName='new_stamp')";

fn column(kind: &str, length: usize) -> Json {
    let label = json!({"LocalizedLabels": [{"Label": "Stamp", "LanguageCode": 1033}]});
    let mut column = json!({
        "@odata.type": format!("Microsoft.Dynamics.CRM.{kind}AttributeMetadata"),
        "SchemaName": "new_Stamp", "DisplayName": label, "RequiredLevel": {"Value": "None"},
    });
    if kind == "String" {
        column["MaxLength"] = json!(length);
    }
    column
}

fn told(bench: &Bench) -> Vec<String> {
    let read = bench
        .store
        .read_blocking(|reader| quarantined(reader, &Entity::LEAD));
    read.unwrap().into_iter().map(|one| one.reason).collect()
}

async fn in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    bench.customise("POST", "", column("String", 40)).await;
    bench.map_leads(PAIR);
    let row = bench.somebody("Ada");
    bench.edit(row, "new_stamp", "S-1");
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let person = bench.person_of(row);
    assert_eq!(bench.field(person, "department"), json!("S-1"));
    (bench, row, person)
}

/// The pair rests and its mates go on, both ways.
async fn assert_alone(bench: &Bench, (row, person): (Uuid, i64), reason: &str) {
    bench.edit(row, "jobtitle", "Countess");
    bench.edit_person(person, "city", "London");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"), "{reason}");
    assert_eq!(bench.column(row, "address1_city"), json!("London"));
    let told = told(bench);
    assert_eq!(told.len(), 1, "{reason}: {told:?}");
    assert!(told[0].contains(reason), "{told:?}");
    assert_eq!(written(&bench.later().await), 0, "{reason}");
}

async fn assert_healed(bench: &Bench, (row, person): (Uuid, i64)) {
    bench.edit(row, "new_stamp", "S-2222");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "department"), json!("S-2222"));
    assert!(told(bench).is_empty(), "{:?}", told(bench));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_column_that_becomes_another_type_rests_and_heals() {
    let (bench, row, person) = in_step().await;
    bench.customise("DELETE", COLUMN, Json::Null).await;
    bench.customise("POST", "", column("Integer", 0)).await;
    bench.edit(row, "new_stamp", 7);
    assert_alone(&bench, (row, person), "another type").await;
    assert_eq!(bench.field(person, "department"), json!("S-1"));
    bench.customise("DELETE", COLUMN, Json::Null).await;
    bench.customise("POST", "", column("String", 40)).await;
    assert_healed(&bench, (row, person)).await;
}

#[tokio::test(start_paused = true)]
async fn a_column_that_shortens_rests_and_heals() {
    let (bench, row, person) = in_step().await;
    bench.customise("PUT", COLUMN, column("String", 3)).await;
    bench.edit_person(person, "department", "too long for it");
    assert_alone(&bench, (row, person), "takes 3 characters now, 40 before").await;
    assert_eq!(bench.column(row, "new_stamp"), json!("S-1"));
    bench.customise("PUT", COLUMN, column("String", 40)).await;
    bench.edit_person(person, "department", "S-3");
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(row, "new_stamp"), json!("S-3"));
    assert_healed(&bench, (row, person)).await;
}

#[tokio::test(start_paused = true)]
async fn a_field_of_marketo_that_goes_shortens_or_closes_rests_and_heals() {
    for (change, back, reason) in [
        (FieldChange::Remove, FieldChange::Restore, "is gone"),
        (
            FieldChange::Length(3),
            FieldChange::Length(255),
            "3 characters",
        ),
        (
            FieldChange::Writable(false),
            FieldChange::Writable(true),
            "read-only",
        ),
    ] {
        let (bench, row, person) = in_step().await;
        let marketo = &bench.world.marketo;
        assert!(marketo.change_field("leads", "department", change));
        bench.edit(row, "new_stamp", "S-1111");
        assert_alone(&bench, (row, person), reason).await;
        assert!(marketo.change_field("leads", "department", back));
        assert_clean(&bench.later().await);
        assert_eq!(bench.field(person, "department"), json!("S-1111"));
        assert_healed(&bench, (row, person)).await;
    }
}
