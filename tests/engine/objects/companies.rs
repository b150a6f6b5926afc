//! Whose company an opportunity is: it follows its customer, and the account of a contact that is the customer.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use syncdeck::engine;
use syncdeck::model::{Direction, Entity, Policy, RecordKey};
use syncdeck::store::Tx;
use uuid::Uuid;

use super::super::harness::wire::Fate;
use super::super::harness::{Bench, assert_clean, written};
use super::{bind, record};

fn account(bench: &Bench, name: &str) -> Uuid {
    bench.row_of("account", &[("name", json!(name))])
}

fn in_account(account: Uuid) -> (&'static str, Json) {
    (
        "parentcustomerid_account@odata.bind",
        bind("accounts", account),
    )
}

fn of_contact(contact: Uuid) -> (&'static str, Json) {
    ("customerid_contact@odata.bind", bind("contacts", contact))
}

fn of_account(account: Uuid) -> (&'static str, Json) {
    ("customerid_account@odata.bind", bind("accounts", account))
}

fn edit(bench: &Bench, table: &str, row: Uuid, value: (&str, Json)) {
    bench.world.dynamics.edit_row(table, row, &[value]).unwrap();
}

fn company(bench: &Bench, deal: Uuid) -> Option<String> {
    let key = deal.to_string();
    let deal = record(bench, "opportunities", "externalOpportunityId", &key).unwrap();
    let company = deal.get("externalCompanyId")?;
    company.as_str().map(str::to_owned)
}

/// A contact without an account, one of Contoso, and a deal of the first.
struct Cast {
    bench: Bench,
    contoso: Uuid,
    loner: Uuid,
    member: Uuid,
    deal: Uuid,
}

async fn cast() -> Cast {
    let bench = Bench::whole(0, 1);
    let contoso = account(&bench, "Contoso");
    let loner = bench.row_of("contact", &[("lastname", json!("Lovelace"))]);
    let values = [("lastname", json!("Hopper")), in_account(contoso)];
    let member = bench.row_of("contact", &values);
    let values = [("name", json!("Deal")), of_contact(loner)];
    let deal = bench.row_of("opportunity", &values);
    assert_clean(&bench.cycle().await);
    assert_eq!(company(&bench, deal), None);
    Cast {
        bench,
        contoso,
        loner,
        member,
        deal,
    }
}

#[tokio::test(start_paused = true)]
async fn another_customer_brings_its_company_and_takes_the_one_before_away() {
    let Cast {
        bench,
        contoso,
        loner,
        member,
        deal,
    } = cast().await;
    let its = Some(contoso.to_string());
    let customer = async |customer: (&str, Json)| {
        edit(&bench, "opportunity", deal, customer);
        assert_clean(&bench.later().await);
        company(&bench, deal)
    };
    assert_eq!(customer(of_contact(member)).await, its);
    assert_eq!(customer(of_contact(loner)).await, None);
    assert_eq!(customer(of_account(contoso)).await, its);
    assert_eq!(customer(of_contact(loner)).await, None);
    let adatum = account(&bench, "Adatum");
    assert_eq!(customer(of_account(adatum)).await, Some(adatum.to_string()));
    assert_eq!(customer(of_contact(member)).await, its);
    bench.wire.take();
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.wire.take_writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_moves_to_another_account_takes_its_opportunities_along() {
    let Cast {
        bench,
        contoso,
        loner,
        deal,
        ..
    } = cast().await;
    edit(&bench, "contact", loner, in_account(contoso));
    assert_clean(&bench.later().await);
    assert_eq!(company(&bench, deal), Some(contoso.to_string()));
    let adatum = account(&bench, "Adatum");
    edit(&bench, "contact", loner, in_account(adatum));
    assert_clean(&bench.later().await);
    assert_eq!(company(&bench, deal), Some(adatum.to_string()));
    bench.edit(loner, "jobtitle", "Countess");
    bench.later().await;
    assert_eq!(written(&bench.later().await), 0);
}

/// What the contact's own decision has agreed is no news any more when the feed tells it.
#[tokio::test(start_paused = true)]
async fn it_follows_a_customer_who_was_looked_at_before_the_feed_told() {
    let Cast {
        bench,
        contoso,
        loner,
        deal,
        ..
    } = cast().await;
    let (key, now) = (RecordKey::Dynamics(loner), bench.clock.now());
    let asked = |tx: &Tx<'_>| engine::look_at(tx, key, None, now);
    bench.store.transaction_blocking(asked).unwrap();
    let (world, mut reads) = (Arc::clone(&bench.world), 0);
    bench.wire.before(move |sent| {
        reads += u32::from(sent.path.ends_with("/contacts"));
        if reads == 2 {
            let to = [in_account(contoso)];
            world.dynamics.edit_row("contact", loner, &to).unwrap();
            reads += 1;
        }
        Fate::Pass
    });
    assert_clean(&bench.later().await);
    bench.wire.unhook();
    assert_clean(&bench.later().await);
    assert_eq!(company(&bench, deal), Some(contoso.to_string()));
}

/// Nobody else reads contacts then: the opportunities follow them by a feed of their own.
#[tokio::test(start_paused = true)]
async fn it_follows_its_customer_where_contacts_are_off() {
    let Cast {
        bench,
        contoso,
        loner,
        deal,
        ..
    } = cast().await;
    bench.set(Entity::CONTACT, Direction::Off, Policy::Ask);
    assert_clean(&bench.later().await);
    edit(&bench, "contact", loner, in_account(contoso));
    assert_clean(&bench.later().await);
    assert_eq!(company(&bench, deal), Some(contoso.to_string()));
    assert_eq!(written(&bench.later().await), 0);
}
