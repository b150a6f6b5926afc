//! Opportunities travel one way, and belong to the company and the owner their rows name.

use serde_json::{Value as Json, json};
use syncdeck::model::{Entity, FailureClass};
use uuid::Uuid;

use super::super::harness::{Bench, assert_clean, written};
use super::{Fields, bind, record};

fn deal(bench: &Bench, row: Uuid) -> Option<Fields> {
    let key = row.to_string();
    record(bench, "opportunities", "externalOpportunityId", &key)
}

fn edit(bench: &Bench, row: Uuid, values: &[(&str, Json)]) {
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row("opportunity", row, values).unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_opportunity_follows_its_row_and_its_state_tells_marketos_flags() {
    let bench = Bench::whole(0, 1);
    let row = bench.row_of(
        "opportunity",
        &[
            ("name", json!("40 licences")),
            ("estimatedvalue", json!(12_000)),
            ("closeprobability", json!(60)),
        ],
    );
    assert_clean(&bench.cycle().await);
    let there = deal(&bench, row).unwrap();
    assert_eq!(there["name"], json!("40 licences"));
    assert_eq!(there["amount"], json!("12000.00"));
    assert_eq!(there["probability"], json!(60));
    assert_eq!(there["stage"], json!("Open"));
    assert!(there.contains_key("externalSalesPersonId"));
    assert_ne!(there.get("isClosed"), Some(&json!(true)));
    edit(
        &bench,
        row,
        &[("statecode", json!(1)), ("statuscode", json!(3))],
    );
    assert_clean(&bench.later().await);
    let there = deal(&bench, row).unwrap();
    assert_eq!(there["stage"], json!("Won"));
    assert_eq!(there["isClosed"], json!(true));
    assert_eq!(there["isWon"], json!(true));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn its_company_is_the_account_or_the_account_of_the_contact() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let values = [
        ("lastname", json!("Hopper")),
        (
            "parentcustomerid_account@odata.bind",
            bind("accounts", account),
        ),
    ];
    let member = bench.row_of("contact", &values);
    let loner = bench.row_of("contact", &[("lastname", json!("Lovelace"))]);
    let of = |customer: &'static str, to: Json| {
        bench.row_of("opportunity", &[("name", json!("Deal")), (customer, to)])
    };
    let direct = of("customerid_account@odata.bind", bind("accounts", account));
    let through = of("customerid_contact@odata.bind", bind("contacts", member));
    let alone = of("customerid_contact@odata.bind", bind("contacts", loner));
    assert_clean(&bench.cycle().await);
    let company = |row| deal(&bench, row).unwrap().get("externalCompanyId").cloned();
    assert_eq!(company(direct), Some(json!(account.to_string())));
    assert_eq!(company(through), Some(json!(account.to_string())));
    assert_eq!(company(alone), None);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_opportunity_goes_and_a_company_stays() {
    let bench = Bench::whole(0, 1);
    let row = bench.row_of("opportunity", &[("name", json!("Deal"))]);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    assert_clean(&bench.cycle().await);
    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("opportunity", row).unwrap();
    dynamics.delete_row("account", account).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(deal(&bench, row), None);
    assert!(super::company(&bench, account).is_some());
    assert!(bench.link(row).is_some_and(|link| link.marketo.is_none()));
    assert_eq!(written(&bench.later().await), 0);
}

/// Marketo demands a name; the others of the batch go on.
#[tokio::test(start_paused = true)]
async fn a_refused_opportunity_is_a_failure_of_its_own_and_heals() {
    let bench = Bench::whole(0, 1);
    let good = bench.row_of("opportunity", &[("name", json!("Deal"))]);
    let bad = bench.row_of("opportunity", &[("estimatedvalue", json!(5))]);
    bench.cycle().await;
    assert!(deal(&bench, good).is_some());
    assert_eq!(deal(&bench, bad), None);
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].entity, Entity::OPPORTUNITY);
    assert_eq!(failures[0].refusal.class, FailureClass::Data);
    assert_eq!(failures[0].refusal.code, "701");
    edit(&bench, bad, &[("name", json!("Named"))]);
    assert_clean(&bench.later().await);
    assert_eq!(deal(&bench, bad).unwrap()["name"], json!("Named"));
}
