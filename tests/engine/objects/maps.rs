//! Field maps and drifting columns of objects: changed while running, found before the first write, one field alone.

use serde_json::{Value as Json, json};
use syncdeck::engine::{mapping_facts, quarantined};
use syncdeck::model::{Entity, FailureClass, RuleChange};
use syncdeck::sandbox::marketo::FieldChange;
use uuid::Uuid;

use super::super::harness::{Bench, assert_clean, written};
use super::{Fields, company};

/// A map of accounts with the name and what is added to it.
fn map(bench: &Bench, pairs: &str) {
    let head = "entity = \"account\"\ntable = \"account\"\nobject = \"company\"\n\
                [[fields]]\ndynamics = \"name\"\nmarketo = \"company\"\n";
    bench.map(&Entity::ACCOUNT, &format!("{head}{pairs}"));
}

fn pair(dynamics: &str, marketo: &str, rest: &str) -> String {
    format!("[[fields]]\ndynamics = \"{dynamics}\"\nmarketo = \"{marketo}\"\n{rest}\n")
}

fn account(bench: &Bench, values: &[(&str, Json)]) -> Uuid {
    let name = ("name", json!("Contoso"));
    bench.row_of("account", &[&[name], values].concat())
}

fn edit(bench: &Bench, row: Uuid, column: &str, value: Json) {
    let dynamics = &bench.world.dynamics;
    dynamics
        .edit_row("account", row, &[(column, value)])
        .unwrap();
}

fn held(bench: &Bench, row: Uuid, field: &str) -> Json {
    let there: Fields = company(bench, row).unwrap();
    there.get(field).cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn an_added_pair_reaches_every_company_and_a_removed_one_is_left_alone() {
    let bench = Bench::whole(0, 1);
    map(&bench, "");
    let rows = [
        account(&bench, &[("accountnumber", json!("A-1"))]),
        account(&bench, &[("accountnumber", json!("A-2"))]),
    ];
    assert_clean(&bench.cycle().await);
    assert_eq!(held(&bench, rows[0], "accountNumber"), Json::Null);
    map(&bench, &pair("accountnumber", "accountNumber", ""));
    assert_clean(&bench.later().await);
    assert_eq!(held(&bench, rows[0], "accountNumber"), json!("A-1"));
    assert_eq!(held(&bench, rows[1], "accountNumber"), json!("A-2"));
    assert_eq!(written(&bench.later().await), 0);
    map(&bench, "");
    edit(&bench, rows[0], "accountnumber", json!("A-3"));
    assert_eq!(written(&bench.later().await), 0);
    assert_eq!(held(&bench, rows[0], "accountNumber"), json!("A-1"));
    let versions = bench
        .store
        .read_blocking(|r| r.mappings(&Entity::ACCOUNT, 10))
        .unwrap();
    assert_eq!(versions.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn transforms_empties_and_lengths_are_obeyed() {
    let bench = Bench::whole(0, 1);
    let pairs = [
        pair(
            "accountnumber",
            "accountNumber",
            "transform = [{ table = { DE = \"Germany\" } }]",
        ),
        pair("websiteurl", "website", "nulls = \"keep\""),
        pair("description", "sicCode", "length = \"truncate\""),
    ];
    map(&bench, &pairs.concat());
    let long = "x".repeat(300);
    let values = [
        ("accountnumber", json!("DE")),
        ("websiteurl", json!("https://contoso.example")),
        ("description", json!(long)),
    ];
    let row = account(&bench, &values);
    assert_clean(&bench.cycle().await);
    assert_eq!(held(&bench, row, "accountNumber"), json!("Germany"));
    let cut = held(&bench, row, "sicCode");
    let cut = cut.as_str().unwrap();
    assert!(cut.len() < 300 && long.starts_with(cut), "{cut}");
    edit(&bench, row, "websiteurl", Json::Null);
    assert_eq!(written(&bench.later().await), 0);
    let site = held(&bench, row, "website");
    assert_eq!(site, json!("https://contoso.example"));
    // The same text, refused as a whole: the other fields are written.
    map(
        &bench,
        &pair("description", "sicCode", "length = \"refuse\""),
    );
    edit(&bench, row, "name", json!("Contoso AS"));
    bench.later().await;
    assert_eq!(held(&bench, row, "company"), json!("Contoso AS"));
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].refusal.class, FailureClass::Mapping);
    assert_eq!(failures[0].field.as_deref(), Some("sicCode"));
}

#[tokio::test(start_paused = true)]
async fn what_a_map_gets_wrong_is_known_before_the_first_write() {
    let bench = Bench::whole(0, 1);
    let pairs = [
        pair("description", "sicCode", ""),
        pair("revenue", "accountNumber", ""),
        pair("telephone1", "createdAt", ""),
        pair("nobody", "website", ""),
    ];
    map(&bench, &pairs.concat());
    let row = account(&bench, &[("telephone1", json!("1"))]);
    bench.cycle().await;
    assert_eq!(held(&bench, row, "company"), json!("Contoso"));
    let facts = bench
        .store
        .read_blocking(|r| mapping_facts(r, &Entity::ACCOUNT))
        .unwrap();
    let problems = |field: &str| {
        let fact = facts.iter().find(|fact| fact.field == field);
        let fact = fact.unwrap_or_else(|| panic!("{field} is not in {facts:#?}"));
        format!("{:?}", fact.problems)
    };
    assert!(problems("sicCode").contains("character"), "{facts:#?}");
    assert!(problems("createdAt").contains("read-only"), "{facts:#?}");
    assert!(problems("website").contains("nobody"), "{facts:#?}");
}

fn told(bench: &Bench) -> Vec<String> {
    let drifted = bench
        .store
        .read_blocking(|r| quarantined(r, &Entity::ACCOUNT))
        .unwrap();
    drifted.into_iter().map(|one| one.reason).collect()
}

#[tokio::test(start_paused = true)]
async fn a_deleted_column_of_an_account_stops_its_own_pair_and_heals() {
    let label = json!({"LocalizedLabels": [{"Label": "Stamp", "LanguageCode": 1033}]});
    let column = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
        "SchemaName": "new_Stamp", "MaxLength": 40, "DisplayName": label,
        "RequiredLevel": {"Value": "None"},
    });
    let bench = Bench::whole(0, 1);
    bench
        .customise_table("account", "POST", "", column.clone())
        .await;
    map(&bench, &pair("new_stamp", "accountNumber", ""));
    let row = account(&bench, &[("new_stamp", json!("S-1"))]);
    assert_clean(&bench.cycle().await);
    assert_eq!(held(&bench, row, "accountNumber"), json!("S-1"));
    bench
        .customise_table("account", "DELETE", "(LogicalName='new_stamp')", Json::Null)
        .await;
    edit(&bench, row, "name", json!("Contoso AS"));
    assert_clean(&bench.later().await);
    assert_eq!(held(&bench, row, "company"), json!("Contoso AS"));
    assert_eq!(held(&bench, row, "accountNumber"), json!("S-1"));
    assert!(told(&bench)[0].contains("new_stamp is gone"));
    bench.customise_table("account", "POST", "", column).await;
    edit(&bench, row, "new_stamp", json!("S-2"));
    assert_clean(&bench.later().await);
    assert_eq!(held(&bench, row, "accountNumber"), json!("S-2"));
    assert!(told(&bench).is_empty());
}

/// What is known of an object is kept for an hour; a refusal is reason enough to ask again.
#[tokio::test(start_paused = true)]
async fn a_field_of_companies_that_goes_shortens_or_closes_stops_its_own_pair_and_heals() {
    for (change, back, reason) in [
        (FieldChange::Remove, FieldChange::Restore, "is gone"),
        (
            FieldChange::Writable(false),
            FieldChange::Writable(true),
            "read-only",
        ),
        (
            FieldChange::Length(3),
            FieldChange::Length(255),
            "3 characters",
        ),
    ] {
        let bench = Bench::whole(0, 1);
        let brakes = bench.settings(&Entity::ACCOUNT).rules.brakes;
        bench.rule(&Entity::ACCOUNT, RuleChange::Brakes(brakes));
        map(&bench, &pair("accountnumber", "accountNumber", ""));
        let row = account(&bench, &[("accountnumber", json!("A-1"))]);
        assert_clean(&bench.cycle().await);
        let marketo = &bench.world.marketo;
        assert!(marketo.change_field("companies", "accountNumber", change));
        let values = [("name", json!("Two")), ("accountnumber", json!("A-2222"))];
        let dynamics = &bench.world.dynamics;
        dynamics.edit_row("account", row, &values).unwrap();
        bench.later().await;
        bench.pass(60).await;
        bench.later().await;
        assert_eq!(held(&bench, row, "company"), json!("Two"), "{change:?}");
        assert!(told(&bench)[0].contains(reason), "{:?}", told(&bench));
        assert!(marketo.change_field("companies", "accountNumber", back));
        bench.pass(3_700).await;
        assert_clean(&bench.later().await);
        assert_eq!(held(&bench, row, "accountNumber"), json!("A-2222"));
        assert!(told(&bench).is_empty());
        assert_eq!(written(&bench.later().await), 0);
    }
}
