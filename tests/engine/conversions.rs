//! A lead that becomes a contact stays one person in Marketo, whatever comes first and whatever is cut off.

use serde_json::json;
use syncdeck::connectors::dynamics::Qualify;
use syncdeck::model::{
    Cause, ConflictKind, DeletePolicy, Direction, Entity, Policy, RuleChange, Side,
};
use syncdeck::store::LinkState;
use uuid::Uuid;

use super::harness::wire::{Fate, is_record};
use super::harness::{Bench, assert_clean, person_columns, written};
use super::records::{ask, stranger};

async fn lead_in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let lead = bench.somebody("Ada");
    assert_clean(&bench.cycle().await);
    bench.pass(10).await;
    let person = bench.person_of(lead);
    (bench, lead, person)
}

/// The contact stands for the person, the lead for nobody, and nothing waits.
fn assert_taken_over(bench: &Bench, lead: Uuid, contact: Uuid, person: i64) {
    assert_eq!(bench.people().len(), 1);
    assert_eq!(bench.person_of(contact), person);
    assert_eq!(
        bench.field(person, "syncdeckDynamicsType"),
        json!("contact")
    );
    assert_eq!(bench.link(lead).unwrap().state, LinkState::Tombstone);
    assert_eq!(bench.link(contact).unwrap().marketo, Some(person));
    assert!(
        bench.open_conflicts().is_empty(),
        "{:?}",
        bench.open_conflicts()
    );
    bench.assert_in_step();
}

/// A contact made by hand, as a conversion of one's own would.
fn by_hand(bench: &Bench, lead: Uuid, name: &str) -> Uuid {
    let mut columns = person_columns(name);
    columns.remove(0);
    let bind = json!(format!("/leads({lead})"));
    columns.push(("originatingleadid@odata.bind", bind));
    bench.row_of("contact", &columns)
}

#[tokio::test(start_paused = true)]
async fn a_qualified_lead_hands_its_person_to_the_contact() {
    let (bench, lead, person) = lead_in_step().await;
    let contact = bench.qualify(lead).await;
    assert_clean(&bench.later().await);
    assert_taken_over(&bench, lead, contact, person);
    assert_eq!(written(&bench.later().await), 0, "and then it is quiet");
    let told = |row| {
        let rows = bench.journal(row).into_iter();
        let rows = rows.filter(|one| one.entry.cause == Cause::Conversion);
        rows.map(|one| (one.entry.before.to_string(), one.entry.after.to_string()))
            .collect::<Vec<_>>()
    };
    let ids = vec![(lead.to_string(), contact.to_string())];
    assert_eq!((told(lead), told(contact)), (ids.clone(), ids));
}

#[tokio::test(start_paused = true)]
async fn after_it_edits_flow_by_the_rules_of_contacts() {
    let (bench, lead, person) = lead_in_step().await;
    for entity in [Entity::LEAD, Entity::CONTACT] {
        bench.set(entity, Direction::Both, Policy::Native);
    }
    let contact = bench.qualify(lead).await;
    assert_clean(&bench.later().await);
    bench.edit(contact, "jobtitle", "of Dynamics");
    bench.edit_person(person, "title", "of Marketo");
    bench.edit_person(person, "city", "London");
    bench.edit(lead, "jobtitle", "of nobody");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("of Dynamics"));
    assert_eq!(bench.column(contact, "address1_city"), json!("London"));
    assert_eq!(bench.column(lead, "jobtitle"), json!("of nobody"));
}

#[tokio::test(start_paused = true)]
async fn what_the_lead_was_told_since_is_told_to_the_contact_and_not_taken_back() {
    let (bench, lead, person) = lead_in_step().await;
    bench.edit_person(person, "title", "Countess");
    assert_clean(&bench.later().await);
    bench.set(Entity::CONTACT, Direction::Off, Policy::Ask);
    let contact = bench.qualify(lead).await;
    for title in ["Analyst", "Enchantress"] {
        bench.edit_person(person, "title", title);
        assert_clean(&bench.later().await);
    }
    assert_eq!(bench.column(lead, "jobtitle"), json!("Enchantress"));
    assert_eq!(bench.column(contact, "jobtitle"), json!("Countess"));
    bench.set(Entity::CONTACT, Direction::Both, Policy::Ask);
    assert_clean(&bench.later().await);
    assert_taken_over(&bench, lead, contact, person);
    assert_eq!(bench.field(person, "title"), json!("Enchantress"));
    assert_eq!(bench.column(contact, "jobtitle"), json!("Enchantress"));
}

/// What the contact was made with had been written to the lead by us, and replaced there by somebody else.
#[tokio::test(start_paused = true)]
async fn a_lead_edited_after_it_was_qualified_does_not_make_its_contacts_value_news() {
    let (bench, lead, person) = lead_in_step().await;
    bench.edit_person(person, "title", "Countess");
    assert_clean(&bench.later().await);
    bench.set(Entity::LEAD, Direction::Both, Policy::Marketo);
    bench.set(Entity::CONTACT, Direction::Off, Policy::Ask);
    let contact = bench.qualify(lead).await;
    bench.edit(lead, "jobtitle", "of nobody");
    bench.edit_person(person, "title", "Enchantress");
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(lead, "jobtitle"), json!("Enchantress"));
    bench.set(Entity::CONTACT, Direction::Both, Policy::Ask);
    assert_clean(&bench.later().await);
    assert_taken_over(&bench, lead, contact, person);
    assert_eq!(bench.field(person, "title"), json!("Enchantress"));
    assert_eq!(bench.column(contact, "jobtitle"), json!("Enchantress"));
}

/// What the contact was made with had been written to the lead when we made it.
#[tokio::test(start_paused = true)]
async fn what_a_lead_was_made_with_is_no_news_from_its_contact() {
    let bench = Bench::empty();
    let fields = [
        ("lastName", json!("Byron")),
        ("email", json!("ada@example.com")),
        ("title", json!("Countess")),
    ];
    let person = stranger(&bench, &fields);
    bench.later().await;
    ask(&bench, person, Entity::LEAD, None);
    assert_clean(&bench.later().await);
    let lead = bench.rows("lead").await[0];
    bench.set(Entity::CONTACT, Direction::Off, Policy::Ask);
    let contact = bench.qualify(lead).await;
    bench.edit(lead, "jobtitle", "of nobody");
    assert_clean(&bench.later().await);
    bench.edit_person(person, "title", "Enchantress");
    assert_clean(&bench.later().await);
    assert_eq!(bench.column(lead, "jobtitle"), json!("Enchantress"));
    bench.set(Entity::CONTACT, Direction::Both, Policy::Ask);
    assert_clean(&bench.later().await);
    assert_taken_over(&bench, lead, contact, person);
    assert_eq!(bench.field(person, "title"), json!("Enchantress"));
    assert_eq!(bench.column(contact, "jobtitle"), json!("Enchantress"));
}

/// The cycle never ended: the contact waited for a write that nobody was to look at any more.
#[tokio::test(start_paused = true)]
async fn a_write_to_a_lead_that_is_switched_off_does_not_hold_its_contact() {
    let (bench, lead, person) = lead_in_step().await;
    bench.edit_person(person, "title", "Countess");
    bench.wire.before(|sent| {
        let lost = sent.side == Side::Dynamics && sent.writes.iter().any(is_record);
        if lost { Fate::Lost } else { Fate::Pass }
    });
    bench.later().await;
    bench.wire.before(|_| Fate::Pass);
    bench.set(Entity::LEAD, Direction::Off, Policy::Ask);
    let contact = bench.qualify(lead).await;
    bench.later().await;
    bench.pass(600).await;
    bench.later().await;
    assert_eq!(bench.people().len(), 1);
    assert_eq!(bench.person_of(contact), person);
    assert_eq!(bench.link(contact).unwrap().marketo, Some(person));
}

#[tokio::test(start_paused = true)]
async fn values_the_conversion_left_behind_come_from_the_person_and_are_not_blanked() {
    let (bench, lead, person) = lead_in_step().await;
    bench.edit(lead, "jobtitle", "Countess");
    bench.edit(lead, "donotfax", true);
    bench.edit_person(person, "city", "London");
    assert_clean(&bench.later().await);
    let contact = by_hand(&bench, lead, "Ada");
    bench.edit_person(person, "phone", "12345");
    assert_clean(&bench.later().await);
    assert_taken_over(&bench, lead, contact, person);
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.column(contact, "jobtitle"), json!("Countess"));
    assert_eq!(bench.column(contact, "address1_city"), json!("London"));
    assert_eq!(bench.column(contact, "telephone1"), json!("12345"));
    assert_eq!(bench.field(person, "doNotFax"), json!(true));
    assert_eq!(bench.column(contact, "donotfax"), json!(true));
}

#[tokio::test(start_paused = true)]
async fn a_conversion_by_hand_counts_by_its_reference_whatever_the_address() {
    let (bench, lead, person) = lead_in_step().await;
    let contact = by_hand(&bench, lead, "Augusta");
    assert_clean(&bench.later().await);
    assert_taken_over(&bench, lead, contact, person);
    assert_eq!(bench.field(person, "email"), json!("augusta@example.com"));
}

#[tokio::test(start_paused = true)]
async fn a_first_copy_that_finds_both_makes_one_person_of_them() {
    for address in ["Ada", "Augusta"] {
        let bench = Bench::empty();
        let lead = bench.somebody("Ada");
        let contact = by_hand(&bench, lead, address);
        bench.cycle().await;
        bench.pass(10).await;
        bench.cycle().await;
        let person = bench.person_of(contact);
        assert_taken_over(&bench, lead, contact, person);
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_copy_finds_the_person_who_was_there_before() {
    let bench = Bench::empty();
    let there = bench
        .world
        .marketo
        .seed_person(&[("email", json!("ada@example.com"))]);
    let lead = bench.somebody("Ada");
    let contact = bench.qualify(lead).await;
    bench.cycle().await;
    bench.pass(10).await;
    bench.cycle().await;
    assert_taken_over(&bench, lead, contact, there);
}

#[tokio::test(start_paused = true)]
async fn the_contact_alone_is_known_first_and_the_lead_stands_back_later() {
    let bench = Bench::empty();
    bench.set(Entity::LEAD, Direction::Off, Policy::Ask);
    let lead = bench.somebody("Ada");
    let contact = bench.qualify(lead).await;
    assert_clean(&bench.cycle().await);
    let person = bench.person_of(contact);
    bench.set(Entity::LEAD, Direction::Both, Policy::Ask);
    assert_clean(&bench.later().await);
    assert_taken_over(&bench, lead, contact, person);
}

#[tokio::test(start_paused = true)]
async fn a_lead_opened_again_stands_back_as_long_as_its_contact_is_there() {
    let (bench, lead, person) = lead_in_step().await;
    let contact = bench.qualify(lead).await;
    assert_clean(&bench.later().await);
    reopen(&bench, lead);
    bench.edit(lead, "jobtitle", "of the lead");
    assert_clean(&bench.later().await);
    assert_taken_over(&bench, lead, contact, person);
    assert_ne!(bench.field(person, "title"), json!("of the lead"));
}

fn reopen(bench: &Bench, lead: Uuid) {
    let values = [("statecode", json!(0)), ("statuscode", json!(1))];
    bench
        .world
        .dynamics
        .edit_row("lead", lead, &values)
        .unwrap();
}

/// In either order, the delete and the reopening, and in one cycle or in two.
#[tokio::test(start_paused = true)]
async fn once_the_contact_is_deleted_a_lead_opened_again_gets_its_person_back() {
    for (first, between) in [(true, true), (true, false), (false, true)] {
        let (bench, lead, person) = lead_in_step().await;
        let contact = bench.qualify(lead).await;
        assert_clean(&bench.later().await);
        if !first {
            reopen(&bench, lead);
            bench.later().await;
        }
        bench.world.dynamics.delete_row("contact", contact).unwrap();
        if between {
            bench.later().await;
            assert_eq!(bench.field(person, "syncdeckIsDeleted"), json!(true));
        }
        if first {
            reopen(&bench, lead);
        }
        bench.edit(lead, "jobtitle", "Countess");
        bench.later().await;
        assert_clean(&bench.later().await);
        assert_eq!(bench.people().len(), 1);
        assert_eq!(bench.person_of(lead), person);
        assert_eq!(bench.field(person, "syncdeckDynamicsType"), json!("lead"));
        assert_eq!(bench.field(person, "syncdeckIsDeleted"), json!(false));
        assert_eq!(bench.field(person, "title"), json!("Countess"));
        assert_eq!(bench.field(person, "leadStatus"), json!("Open"));
        bench.assert_in_step();
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lead_opened_again_whose_person_went_with_the_contact_gets_a_new_one() {
    let (bench, lead, person) = lead_in_step().await;
    let change = RuleChange::Delete {
        side: Side::Dynamics,
        policy: DeletePolicy::Delete,
    };
    bench.rule(&Entity::CONTACT, change);
    let contact = bench.qualify(lead).await;
    assert_clean(&bench.later().await);
    bench.world.dynamics.delete_row("contact", contact).unwrap();
    bench.later().await;
    assert!(bench.people().is_empty());
    reopen(&bench, lead);
    assert_clean(&bench.later().await);
    assert_ne!(bench.person_of(lead), person);
    bench.assert_in_step();
}

/// The answer to the lead's last write, or to the handing over itself, is lost: nothing is doubled or undone.
#[tokio::test(start_paused = true)]
async fn lost_answers_around_the_conversion_leave_one_person() {
    for (before, fate) in [
        (true, Fate::Lost),
        (false, Fate::Lost),
        (true, Fate::Refused),
        (false, Fate::Refused),
    ] {
        let (bench, lead, person) = lead_in_step().await;
        if before {
            bench.edit(lead, "jobtitle", "Countess");
            bench.wire.spoil_next_write(Side::Marketo, fate);
            bench.later().await;
        }
        let contact = bench.qualify(lead).await;
        if !before {
            bench.wire.spoil_next_write(Side::Marketo, fate);
        }
        bench.later().await;
        bench.restart();
        for _ in 0..3 {
            bench.pass(130).await;
            bench.cycle().await;
        }
        assert_taken_over(&bench, lead, contact, person);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_finds_the_person_by_the_stamp_of_the_lead() {
    let (bench, lead, person) = lead_in_step().await;
    let contact = bench.qualify(lead).await;
    bench.edit(contact, "emailaddress1", "other@example.com");
    let mut fresh = bench;
    fresh.store = syncdeck::store::Store::open_in_memory().unwrap();
    for entity in [
        Entity::USER,
        Entity::TEAM,
        Entity::ACCOUNT,
        Entity::OPPORTUNITY,
        Entity::ROLE,
    ] {
        fresh.set(entity, Direction::Off, Policy::Dynamics);
    }
    for entity in [Entity::LEAD, Entity::CONTACT] {
        fresh.set(entity, Direction::Both, Policy::Native);
    }
    fresh.later().await;
    fresh.later().await;
    assert_taken_over(&fresh, lead, contact, person);
}

#[tokio::test(start_paused = true)]
async fn an_edit_pending_between_both_is_decided_by_the_contact() {
    let (bench, lead, person) = lead_in_step().await;
    bench.edit(lead, "jobtitle", "of Dynamics");
    bench.edit_person(person, "title", "of Marketo");
    bench.later().await;
    let asked = bench.pending();
    bench.set(Entity::CONTACT, Direction::Both, Policy::Native);
    let contact = bench.qualify(lead).await;
    assert_clean(&bench.later().await);
    assert!(!bench.status(asked.id).is_open());
    assert_taken_over(&bench, lead, contact, person);
    assert_eq!(bench.field(person, "title"), json!("of Dynamics"));
}

/// Somebody else has the contact's address: whose person it is, is not guessed.
#[tokio::test(start_paused = true)]
async fn another_person_of_the_contacts_address_is_asked_about() {
    let (bench, lead, person) = lead_in_step().await;
    let other = bench
        .world
        .marketo
        .seed_person(&[("email", json!("augusta@example.com"))]);
    let contact = by_hand(&bench, lead, "Augusta");
    bench.later().await;
    assert!(bench.people_of(contact).is_empty());
    assert_eq!(bench.people().len(), 2);
    let asked = bench.pending();
    let value = super::harness::text(&person.to_string());
    bench.resolve(asked.id, syncdeck::model::Take::Value(value));
    bench.later().await;
    assert_eq!(bench.person_of(contact), person);
    assert_ne!(
        bench.field(other, "syncdeckDynamicsId"),
        json!(contact.to_string())
    );
    assert_eq!(bench.link(lead).unwrap().state, LinkState::Tombstone);
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_record_says_what_it_came_of_and_what_became_of_it() {
    let (bench, lead, person) = lead_in_step().await;
    let contact = bench.qualify(lead).await;
    assert_clean(&bench.later().await);
    for (key, wanted) in [
        (contact.to_string(), format!("converted from lead {lead}")),
        (person.to_string(), format!("converted from lead {lead}")),
        (lead.to_string(), format!("became the contact {contact}")),
    ] {
        let found = syncdeck::engine::inspect(bench.parts(), &key)
            .await
            .unwrap();
        let why: Vec<&String> = found.iter().flat_map(|one| &one.why).collect();
        assert!(
            why.iter().any(|line| line.contains(&wanted)),
            "{key}: {why:?}"
        );
    }
    let all = bench
        .store
        .read_blocking(|r| r.latest_conversions(10))
        .unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(
        (all[0].lead, all[0].contact, all[0].marketo),
        (lead, contact, Some(person))
    );
}

/// A lead and a contact in step as two people, then the lead qualified into that contact.
async fn into_an_existing_contact() -> (Bench, [Uuid; 2], [i64; 2]) {
    let (bench, lead, person) = lead_in_step().await;
    let contact = bench.row_of("contact", &person_columns("Augusta")[1..]);
    assert_clean(&bench.later().await);
    let other = bench.person_of(contact);
    let bind = [(
        "parentcontactid@odata.bind",
        json!(format!("/contacts({contact})")),
    )];
    bench.world.dynamics.edit_row("lead", lead, &bind).unwrap();
    assert_clean(&bench.later().await);
    let nothing_new = Qualify {
        contact: false,
        ..Qualify::default()
    };
    let dynamics = bench.parts().dynamics;
    dynamics.qualify_lead(lead, nothing_new).await.unwrap();
    bench.later().await;
    assert_eq!(bench.pending().kind, ConflictKind::SplitMerge);
    bench.later().await;
    assert_eq!(bench.pending().dynamics_id, Some(lead));
    (bench, [lead, contact], [person, other])
}

#[tokio::test(start_paused = true)]
async fn a_lead_qualified_into_another_person_is_asked_about_and_merging_them_answers() {
    for winner in [0, 1] {
        let (bench, [lead, contact], people) = into_an_existing_contact().await;
        let (winner, loser) = (people[winner], people[1 - winner]);
        assert!(bench.world.marketo.merge_people(winner, &[loser]));
        assert_clean(&bench.later().await);
        assert_taken_over(&bench, lead, contact, winner);
        bench.edit(contact, "jobtitle", "Countess");
        assert_clean(&bench.later().await);
        assert_eq!(bench.field(winner, "title"), json!("Countess"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lead_qualified_into_another_person_can_be_let_go() {
    let (bench, [lead, contact], people) = into_an_existing_contact().await;
    bench.resolve(
        bench.pending().id,
        syncdeck::model::Take::Side(Side::Dynamics),
    );
    assert_clean(&bench.later().await);
    assert_eq!(bench.link(lead).unwrap().state, LinkState::Tombstone);
    assert_eq!(bench.link(contact).unwrap().marketo, Some(people[1]));
    bench.edit(lead, "jobtitle", "of nobody");
    assert_clean(&bench.later().await);
    assert_ne!(bench.field(people[0], "title"), json!("of nobody"));
}
