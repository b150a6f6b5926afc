//! Records that are there already: adopted by their key, held where several carry it, mended by a typed value.

use serde_json::{Value as Json, json};
use syncdeck::engine::{Edit, edit_failure};
use syncdeck::model::{ConflictKind, ConflictStatus, Entity, Side, Take};
use syncdeck::store::LinkState;

use super::super::harness::{Bench, assert_clean, written};
use super::{company, record};

/// Forgets everything of a bench: the state was lost, both sides stay as they are.
pub fn forget(bench: &mut Bench) {
    bench.store = syncdeck::store::Store::open_in_memory().unwrap();
    for entity in syncdeck::engine::ENTITIES {
        let settings = syncdeck::model::EntitySettings::initial(entity);
        bench
            .store
            .transaction_blocking(|tx| tx.set_entity_settings(&settings))
            .unwrap();
    }
    bench.restart();
}

#[tokio::test(start_paused = true)]
async fn a_company_that_is_there_already_is_adopted_and_only_what_differs_is_written() {
    let mut bench = Bench::whole(0, 1);
    let values = [("name", json!("Contoso")), ("telephone1", json!("1"))];
    let row = bench.row_of("account", &values);
    assert_clean(&bench.cycle().await);
    forget(&mut bench);
    let dynamics = &bench.world.dynamics;
    dynamics
        .edit_row("account", row, &[("name", json!("Contoso AS"))])
        .unwrap();
    bench.wire.take();
    assert_clean(&bench.cycle().await);
    let writes = bench.wire.take_writes();
    let sent = writes
        .iter()
        .filter(|write| write.what.starts_with("companies"));
    let sent: Vec<Vec<&str>> = sent
        .map(|write| write.fields.keys().map(String::as_str).collect())
        .collect();
    assert_eq!(sent, [["company", "externalCompanyId"]]);
    assert_eq!(bench.link(row).unwrap().state, LinkState::Live);
    assert_eq!(
        company(&bench, row).unwrap()["company"],
        json!("Contoso AS")
    );
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn two_companies_under_one_key_hold_the_account_until_one_is_gone() {
    let bench = Bench::whole(0, 1);
    let other = bench.row_of("account", &[("name", json!("Twin"))]);
    assert_clean(&bench.cycle().await);
    let row = bench.row_of("account", &[("name", json!("Contoso"))]);
    assert_clean(&bench.later().await);
    let (key, marketo) = (row.to_string(), &bench.world.marketo);
    let twin = [("externalCompanyId", json!(key))];
    let moved = marketo.edit_records(
        "companies",
        ("externalCompanyId", &other.to_string()),
        &twin,
    );
    assert_eq!(moved, 1);
    let rename = |name: &str| {
        let dynamics = &bench.world.dynamics;
        dynamics
            .edit_row("account", row, &[("name", json!(name))])
            .unwrap();
    };
    rename("Contoso AS");
    bench.later().await;
    let held = bench.pending();
    assert_eq!(held.kind, ConflictKind::AmbiguousMatch);
    assert!(held.note.contains("2 records"), "{}", held.note);
    let written_to = |bench: &Bench| {
        let mut names = bench.world.marketo.records("companies").into_iter();
        names.any(|one| one["company"] == json!("Contoso AS"))
    };
    assert!(!written_to(&bench), "nobody knows which one");
    // Decided too early, it is asked anew.
    bench.resolve(held.id, Take::Side(Side::Marketo));
    bench.later().await;
    assert_eq!(bench.status(held.id), ConflictStatus::Superseded);
    let again = bench.pending();
    let apart = [("externalCompanyId", json!("elsewhere"))];
    marketo.edit_records("companies", ("company", "Twin"), &apart);
    bench.resolve(again.id, Take::Side(Side::Marketo));
    assert_clean(&bench.later().await);
    assert_eq!(bench.status(again.id), ConflictStatus::Converged);
    assert!(written_to(&bench));
}

/// Marketo demands a name. What the admin types goes there alone, and stays until the row changes.
#[tokio::test(start_paused = true)]
async fn a_typed_value_mends_a_refused_opportunity_until_the_row_changes() {
    let bench = Bench::whole(0, 1);
    let row = bench.row_of("opportunity", &[("estimatedvalue", json!(5))]);
    bench.cycle().await;
    let failure = bench.failures().remove(0);
    assert_eq!(failure.entity, Entity::OPPORTUNITY);
    let edit = Edit {
        failure: failure.id,
        field: "name".to_owned(),
        value: "Unnamed deal".to_owned(),
        by: "ada".to_owned(),
    };
    let now = bench.clock.now();
    let done = bench
        .store
        .transaction_blocking(|tx| edit_failure(tx, &edit, now))
        .unwrap();
    assert!(done.is_ok(), "{done:?}");
    assert_clean(&bench.later().await);
    let key = row.to_string();
    let name = || -> Json {
        let deal = record(&bench, "opportunities", "externalOpportunityId", &key);
        deal.unwrap()["name"].clone()
    };
    assert_eq!(name(), json!("Unnamed deal"));
    assert_eq!(
        bench
            .world
            .dynamics
            .row("opportunity", row)
            .unwrap()
            .get("name"),
        Some(&Json::Null)
    );
    assert_eq!(written(&bench.later().await), 0);
    let dynamics = &bench.world.dynamics;
    dynamics
        .edit_row("opportunity", row, &[("name", json!("Named"))])
        .unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(name(), json!("Named"));
    assert_eq!(written(&bench.later().await), 0);
}
