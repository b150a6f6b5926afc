//! A contact that is an opportunity's customer has a role in it.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use syncdeck::engine;
use syncdeck::model::Entity;
use syncdeck::store::Tx;
use uuid::Uuid;

use super::super::harness::wire::Fate;
use super::super::harness::{Bench, assert_clean, written};
use super::bind;
use super::cast::{cast, contact, plays, roles};

const CUSTOMER: &str = "Potential Customer";

fn of_contact(contact: Uuid) -> (&'static str, Json) {
    ("customerid_contact@odata.bind", bind("contacts", contact))
}

fn of_account(account: Uuid) -> (&'static str, Json) {
    ("customerid_account@odata.bind", bind("accounts", account))
}

fn deal_of(bench: &Bench, customer: (&'static str, Json)) -> Uuid {
    bench.row_of("opportunity", &[("name", json!("Deal")), customer])
}

fn edit(bench: &Bench, deal: Uuid, customer: (&str, Json)) {
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row("opportunity", deal, &[customer]).unwrap();
}

/// The parts of a key cannot be changed in Marketo: the old customer's role goes, the new one's comes.
#[tokio::test(start_paused = true)]
async fn another_customer_takes_the_role_over() {
    let bench = Bench::whole(0, 1);
    let (grace, ada) = (contact(&bench, "Hopper"), contact(&bench, "Ada"));
    let deal = deal_of(&bench, of_contact(grace));
    assert_clean(&bench.cycle().await);
    let (first, second) = (bench.person_of(grace), bench.person_of(ada));
    assert_eq!(cast(&bench, deal), [plays(first, CUSTOMER)]);
    edit(&bench, deal, of_contact(ada));
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), [plays(second, CUSTOMER)]);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    edit(&bench, deal, of_account(account));
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), []);
    edit(&bench, deal, of_contact(grace));
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), [plays(first, CUSTOMER)]);
    bench.wire.take();
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.wire.take_writes().is_empty());
}

/// Somebody else becomes the customer while the old role goes: nothing is made of that, nor is it the admin's doing.
#[tokio::test(start_paused = true)]
async fn a_customer_who_comes_later_has_the_role_whatever_became_of_the_one_before() {
    let bench = Bench::whole(0, 1);
    let (grace, ada) = (contact(&bench, "Hopper"), contact(&bench, "Ada"));
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let deal = deal_of(&bench, of_contact(grace));
    assert_clean(&bench.cycle().await);
    edit(&bench, deal, of_contact(ada));
    let world = Arc::clone(&bench.world);
    bench.wire.before(move |sent| {
        if sent.path.ends_with("roles/delete.json") {
            let to = [of_account(account)];
            world.dynamics.edit_row("opportunity", deal, &to).unwrap();
        }
        Fate::Pass
    });
    assert_clean(&bench.later().await);
    bench.wire.unhook();
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), []);
    edit(&bench, deal, of_contact(grace));
    assert_clean(&bench.later().await);
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, deal), [plays(person, CUSTOMER)]);
}

/// A cycle in which Marketo refuses to delete any role.
async fn no_role_goes(bench: &Bench) {
    let world = Arc::clone(&bench.world);
    bench.wire.before(move |sent| {
        let hit = sent.path.ends_with("roles/delete.json");
        let dial = if hit { "marketo:partial=x1" } else { "" };
        world.faults.set(dial).unwrap();
        Fate::Pass
    });
    bench.later().await;
    bench.wire.unhook();
    bench.world.faults.set("").unwrap();
    assert_eq!(bench.failures().len(), 1);
}

/// The admin has everything tried again that failed.
fn retry(bench: &Bench) {
    let now = bench.clock.now();
    let again = |tx: &Tx<'_>| engine::retry(tx, None, now);
    bench.store.transaction_blocking(again).unwrap();
}

/// The old customer's role cannot be deleted just then; the admin has it tried again.
#[tokio::test(start_paused = true)]
async fn a_customer_whose_turn_comes_late_has_the_role_after_a_retry() {
    let bench = Bench::whole(0, 1);
    let (grace, ada) = (contact(&bench, "Hopper"), contact(&bench, "Ada"));
    let deal = deal_of(&bench, of_contact(grace));
    assert_clean(&bench.cycle().await);
    edit(&bench, deal, of_contact(ada));
    no_role_goes(&bench).await;
    retry(&bench);
    bench.later().await;
    bench.later().await;
    let person = bench.person_of(ada);
    assert_eq!(cast(&bench, deal), [plays(person, CUSTOMER)]);
    assert_eq!(bench.failures().len(), 0);
}

/// Nobody was the customer when the role could not be deleted; somebody is when that is tried again.
#[tokio::test(start_paused = true)]
async fn a_customer_who_comes_while_the_old_role_cannot_go_has_the_role() {
    let bench = Bench::whole(0, 1);
    let (grace, ada) = (contact(&bench, "Hopper"), contact(&bench, "Ada"));
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let deal = deal_of(&bench, of_contact(grace));
    assert_clean(&bench.cycle().await);
    edit(&bench, deal, of_account(account));
    no_role_goes(&bench).await;
    bench.hold(Some(Entity::CUSTOMER_ROLE), None, None);
    edit(&bench, deal, of_contact(ada));
    bench.later().await;
    bench.release();
    retry(&bench);
    for _ in 0..3 {
        bench.later().await;
    }
    let person = bench.person_of(ada);
    assert_eq!(cast(&bench, deal), [plays(person, CUSTOMER)]);
    assert_eq!(bench.failures().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_is_not_linked_yet_is_waited_for() {
    let bench = Bench::whole(0, 1);
    let grace = contact(&bench, "Hopper");
    let deal = deal_of(&bench, of_contact(grace));
    bench.hold(Some(Entity::CONTACT), None, None);
    bench.cycle().await;
    assert_eq!(cast(&bench, deal), []);
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].entity, Entity::CUSTOMER_ROLE);
    assert_eq!(failures[0].dynamics_id, Some(deal));
    bench.release();
    assert_clean(&bench.later().await);
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, deal), [plays(person, CUSTOMER)]);
    assert_eq!(bench.failures().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_opportunity_takes_its_customers_role_along() {
    let bench = Bench::whole(0, 1);
    let grace = contact(&bench, "Hopper");
    let deal = deal_of(&bench, of_contact(grace));
    assert_clean(&bench.cycle().await);
    assert_eq!(roles(&bench).len(), 1);
    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("opportunity", deal).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(roles(&bench).len(), 0);
    assert_eq!(bench.world.marketo.records("opportunities").len(), 0);
    assert_eq!(written(&bench.later().await), 0);
}

/// The chain of the opportunities' changes ends; everything is read again, and nothing is written.
#[tokio::test(start_paused = true)]
async fn a_full_read_finds_customers_as_they_are() {
    let bench = Bench::whole(0, 1);
    let (grace, ada) = (contact(&bench, "Hopper"), contact(&bench, "Ada"));
    let (stays, goes) = (
        deal_of(&bench, of_contact(grace)),
        deal_of(&bench, of_contact(ada)),
    );
    assert_clean(&bench.cycle().await);
    assert_eq!(roles(&bench).len(), 2);
    let forget = |tx: &syncdeck::store::Tx<'_>| tx.clear_cursor("dynamics/customerrole");
    bench.store.transaction_blocking(forget).unwrap();
    bench.wire.take();
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.wire.take_writes().is_empty());
    bench.store.transaction_blocking(forget).unwrap();
    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("opportunity", goes).unwrap();
    assert_clean(&bench.later().await);
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, stays), [plays(person, CUSTOMER)]);
    assert_eq!(roles(&bench).len(), 1);
}
