//! What qualifying a lead makes of one person, with and without the filter column.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::engine::harness::{Bench, assert_clean, person_columns};

/// A lead in step (or kept out), then qualified over the Web API, and its contact marked before the next cycle.
async fn qualified(lead: Json, contact: Json) -> (Bench, Uuid, Uuid) {
    let bench = Bench::empty();
    let mut columns = person_columns("Ada");
    columns.push(("new_synctomkto", lead));
    let lead = bench.lead(&columns);
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let row = bench.qualify(lead).await;
    bench.edit(row, "new_synctomkto", contact);
    assert_clean(&bench.later().await);
    (bench, lead, row)
}

/// 6. Lead in, contact in: the one person becomes the contact.
#[tokio::test(start_paused = true)]
async fn lead_in_and_contact_in_stays_one_person_who_is_the_contact() {
    let (bench, lead, contact) = qualified(json!(true), json!(true)).await;
    assert_eq!(bench.people().len(), 1);
    let person = bench.person_of(contact);
    assert!(bench.people_of(lead).is_empty());
    assert_eq!(
        bench.field(person, "syncdeckDynamicsType"),
        json!("contact")
    );
    assert_eq!(bench.field(person, "leadStatus"), json!("Active"));
    bench.assert_in_step();
    bench.edit(contact, "jobtitle", "Countess");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
}

/// 6. Lead out, contact out: nothing is synced.
#[tokio::test(start_paused = true)]
async fn lead_out_and_contact_out_syncs_nothing() {
    let (bench, lead, contact) = qualified(json!(false), json!(false)).await;
    assert!(bench.people().is_empty());
    assert!(bench.link(lead).is_none() && bench.link(contact).is_none());
}

/// 6. Lead out, contact in: a new person is created, of the contact.
#[tokio::test(start_paused = true)]
async fn lead_out_and_contact_in_creates_a_new_person() {
    let (bench, lead, contact) = qualified(json!(false), json!(true)).await;
    assert_eq!(bench.people().len(), 1);
    let person = bench.person_of(contact);
    assert_eq!(
        bench.field(person, "syncdeckDynamicsType"),
        json!("contact")
    );
    assert!(bench.people_of(lead).is_empty());
    bench.assert_in_step();
}

/// 6. Lead in, contact out: the lead's person is updated, the contact is not synced.
#[tokio::test(start_paused = true)]
async fn lead_in_and_contact_out_updates_the_lead_and_leaves_the_contact() {
    let (bench, lead, contact) = qualified(json!(true), json!(false)).await;
    assert_eq!(bench.people().len(), 1);
    let person = bench.person_of(lead);
    assert_eq!(bench.field(person, "leadStatus"), json!("Qualified"));
    assert!(bench.link(contact).is_none());
    bench.edit(contact, "jobtitle", "Countess");
    assert_clean(&bench.later().await);
    assert_ne!(bench.field(person, "title"), json!("Countess"));
    // Once the contact is let in, it is the same person.
    bench.edit(contact, "new_synctomkto", true);
    assert_clean(&bench.later().await);
    assert_eq!(bench.person_of(contact), person);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.people().len(), 1);
}
