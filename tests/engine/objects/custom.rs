//! Custom entities: planned, approved, made in Marketo, kept in step, removed.

use std::time::Duration;

use serde_json::{Value as Json, json};
use syncdeck::engine::{self, CustomPlan};
use syncdeck::model::{CustomWish, Entity, FailureClass};
use uuid::Uuid;

use super::super::harness::wire::Fate;
use super::super::harness::{Bench, assert_clean, written};
use super::{Fields, bind, record};

pub(super) const REGISTRATIONS: &str = "customobjects/new_registration";
const ASSETS: &str = "customobjects/new_asset";

pub(super) fn wish(table: &str) -> CustomWish {
    CustomWish {
        table: table.to_owned(),
        ..CustomWish::default()
    }
}

pub(super) async fn plan(bench: &Bench, wish: &CustomWish) -> CustomPlan {
    let planned = engine::plan_custom(bench.parts(), wish, "ada").await;
    planned.unwrap()
}

/// Plans and approves; the next cycle makes the type.
pub(super) async fn add(bench: &Bench, wish: &CustomWish) {
    let plan = plan(bench, wish).await;
    assert_eq!(plan.problems, [""; 0]);
    let added = bench
        .store
        .transaction_blocking(|tx| engine::add_custom(tx, &plan));
    assert!(added.unwrap());
}

pub(super) fn state(bench: &Bench, table: &str) -> String {
    let lines = bench.store.read_blocking(engine::entity_list).unwrap();
    let line = lines.into_iter().find(|one| one.entity.name() == table);
    line.map_or_else(|| "none".to_owned(), |line| line.state.to_owned())
}

fn contact(bench: &Bench, name: &str) -> Uuid {
    bench.row_of("contact", &[("lastname", json!(name))])
}

pub(super) fn registration(bench: &Bench, event: &str, of: Option<Uuid>) -> Uuid {
    let mut values = vec![
        ("new_name", json!(event)),
        ("new_seats", json!(3)),
        ("new_price", json!(99.5)),
        ("new_attended", json!(true)),
        ("new_startsat", json!("2026-11-20T09:00:00Z")),
    ];
    values.extend(of.map(|of| ("new_Contact@odata.bind", bind("contacts", of))));
    bench.row_of("new_registration", &values)
}

fn edit(bench: &Bench, table: &str, row: Uuid, values: &[(&str, Json)]) {
    bench.world.dynamics.edit_row(table, row, values).unwrap();
}

pub(super) fn told(bench: &Bench, object: &str, row: Uuid) -> Option<Fields> {
    record(bench, object, "dynamicsId", &row.to_string())
}

#[tokio::test(start_paused = true)]
async fn an_added_entity_is_made_copied_followed_and_removed() {
    let bench = Bench::whole(0, 1);
    let grace = contact(&bench, "Hopper");
    let summit = registration(&bench, "Summit", Some(grace));
    let alone = registration(&bench, "Walk-in", None);
    assert_clean(&bench.cycle().await);
    add(&bench, &wish("new_registration")).await;
    assert_eq!(state(&bench, "new_registration"), "wanted");
    assert_clean(&bench.later().await);
    assert_eq!(state(&bench, "new_registration"), "ready");
    let there = told(&bench, REGISTRATIONS, summit).unwrap();
    assert_eq!(there["personId"], json!(bench.person_of(grace)));
    assert_eq!(there["new_name"], json!("Summit"));
    assert_eq!(there["new_seats"], json!(3));
    assert_eq!(there["new_price"], json!(99.5));
    assert_eq!(there["new_attended"], json!(true));
    assert_eq!(there["statecode"], json!("Active"));
    let nobodys = told(&bench, REGISTRATIONS, alone).unwrap();
    assert_eq!(nobodys.get("personId"), None);
    assert_eq!(written(&bench.later().await), 0);

    edit(
        &bench,
        "new_registration",
        summit,
        &[("new_seats", json!(4))],
    );
    bench.wire.take();
    assert_clean(&bench.later().await);
    let writes = bench.wire.take_writes();
    assert_eq!(writes.len(), 1, "{writes:#?}");
    let sent: Vec<&str> = writes[0].fields.keys().map(String::as_str).collect();
    assert_eq!(sent, ["dynamicsId", "new_seats"]);
    let before: Vec<String> = bench
        .journal(summit)
        .iter()
        .filter(|row| row.entry.field == "new_seats")
        .map(|row| row.entry.before.to_string())
        .collect();
    assert_eq!(before[0], "3");

    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("new_registration", alone).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(told(&bench, REGISTRATIONS, alone), None);

    let entity = Entity::named("new_registration");
    let gone = bench
        .store
        .transaction_blocking(|tx| engine::remove_custom(tx, &entity));
    assert!(gone.unwrap());
    assert_clean(&bench.later().await);
    assert_eq!(state(&bench, "new_registration"), "none");
    assert_eq!(bench.link(summit), None);
    assert!(told(&bench, REGISTRATIONS, summit).is_some());
    edit(
        &bench,
        "new_registration",
        summit,
        &[("new_seats", json!(5))],
    );
    assert_eq!(written(&bench.later().await), 0);
    // Added again, its records are found by their key.
    add(&bench, &wish("new_registration")).await;
    assert_clean(&bench.later().await);
    assert_eq!(bench.world.marketo.records(REGISTRATIONS).len(), 1);
    let there = told(&bench, REGISTRATIONS, summit).unwrap();
    assert_eq!(there["new_seats"], json!(5));
}

#[tokio::test(start_paused = true)]
async fn a_record_moves_with_its_lookup_and_waits_for_a_parent_that_is_not_there() {
    let bench = Bench::whole(0, 1);
    let (grace, ada) = (contact(&bench, "Hopper"), contact(&bench, "Ada"));
    let row = registration(&bench, "Summit", Some(grace));
    add(&bench, &wish("new_registration")).await;
    assert_clean(&bench.cycle().await);
    let to = [("new_Contact@odata.bind", bind("contacts", ada))];
    edit(&bench, "new_registration", row, &to);
    assert_clean(&bench.later().await);
    let there = told(&bench, REGISTRATIONS, row).unwrap();
    assert_eq!(there["personId"], json!(bench.person_of(ada)));

    bench.hold(Some(Entity::CONTACT), None, None);
    let new = contact(&bench, "Lovelace");
    let to = [("new_Contact@odata.bind", bind("contacts", new))];
    edit(&bench, "new_registration", row, &to);
    let late = registration(&bench, "Late", Some(new));
    bench.later().await;
    let failures = bench.failures();
    assert_eq!(failures.len(), 2, "{failures:#?}");
    assert!(
        failures
            .iter()
            .all(|one| one.refusal.class == FailureClass::MissingParent)
    );
    assert_eq!(told(&bench, REGISTRATIONS, late), None);
    let kept = told(&bench, REGISTRATIONS, row).unwrap();
    assert_eq!(kept["personId"], json!(bench.person_of(ada)));
    bench.release();
    assert_clean(&bench.later().await);
    let person = json!(bench.person_of(new));
    for row in [row, late] {
        assert_eq!(
            told(&bench, REGISTRATIONS, row).unwrap()["personId"],
            person
        );
    }
    assert_eq!(bench.failures().len(), 0);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_follows_its_person_into_a_merge() {
    let bench = Bench::whole(0, 1);
    let grace = contact(&bench, "Hopper");
    let row = registration(&bench, "Summit", Some(grace));
    add(&bench, &wish("new_registration")).await;
    assert_clean(&bench.cycle().await);
    let loser = bench.person_of(grace);
    let named = [("lastName", json!("Hopper"))];
    let winner = bench.world.marketo.create_person(&named, "Web form");
    assert!(bench.world.marketo.merge_people(winner, &[loser]));
    assert_clean(&bench.later().await);
    let there = told(&bench, REGISTRATIONS, row).unwrap();
    assert_eq!(there["personId"], json!(winner));
}

struct Plant {
    accounts: [Uuid; 2],
    site: Uuid,
    pump: Uuid,
}

fn plant(bench: &Bench) -> Plant {
    let account = |name: &str| bench.row_of("account", &[("name", json!(name))]);
    let accounts = [account("Contoso"), account("Fabrikam")];
    let of = ("new_Account@odata.bind", bind("accounts", accounts[0]));
    let site = bench.row_of("new_site", &[("new_name", json!("North")), of]);
    let at = ("new_Site@odata.bind", bind("new_sites", site));
    let pump = bench.row_of("new_asset", &[("new_name", json!("Pump")), at]);
    Plant {
        accounts,
        site,
        pump,
    }
}

fn company_id(bench: &Bench, account: Uuid) -> Json {
    super::company(bench, account).unwrap()["id"].clone()
}

#[tokio::test(start_paused = true)]
async fn two_lookups_away_the_record_points_to_the_company_and_follows_the_way() {
    let bench = Bench::whole(0, 1);
    let plant = plant(&bench);
    let asset = wish("new_asset");
    let shown = plan(&bench, &asset).await;
    assert_eq!(shown.path.as_deref(), Some("account.new_site.new_account"));
    add(&bench, &asset).await;
    assert_clean(&bench.cycle().await);
    let there = told(&bench, ASSETS, plant.pump).unwrap();
    assert_eq!(there["companyId"], company_id(&bench, plant.accounts[0]));
    // The pump stays where it is; its site is sold.
    let to = bind("accounts", plant.accounts[1]);
    edit(
        &bench,
        "new_site",
        plant.site,
        &[("new_Account@odata.bind", to)],
    );
    assert_clean(&bench.later().await);
    let there = told(&bench, ASSETS, plant.pump).unwrap();
    assert_eq!(there["companyId"], company_id(&bench, plant.accounts[1]));
    assert_eq!(written(&bench.later().await), 0);
}

/// People are looked after at every interval, however long the copy takes.
#[tokio::test(start_paused = true)]
async fn a_lead_edit_is_written_while_a_new_entity_is_still_being_copied() {
    let mut bench = Bench::whole(0, 1);
    bench.sync.interval = Duration::from_secs(60);
    let ada = bench.somebody("Ada");
    for number in 0..2_100 {
        registration(&bench, &format!("Event {number}"), None);
    }
    assert_clean(&bench.cycle().await);
    add(&bench, &wish("new_registration")).await;
    // Seven slices, three at once, each of which takes its time.
    bench.wire.before(|sent| {
        let copy = sent.path.contains("new_registration") && !sent.writes.is_empty();
        if copy && !sent.path.contains("schema") {
            return Fate::Held(Duration::from_secs(90));
        }
        Fate::Pass
    });
    let person = bench.person_of(ada);
    let cycle = tokio::spawn(engine::one_cycle(bench.parts(), None));
    bench.pass(50).await;
    edit(&bench, "lead", ada, &[("jobtitle", json!("Countess"))]);
    bench.pass(80).await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    let copied = bench.world.marketo.records(REGISTRATIONS).len();
    assert!(0 < copied && copied < 2_100, "{copied} are copied");
    assert!(!cycle.is_finished());
    assert_clean(&cycle.await.unwrap().unwrap());
    assert_eq!(bench.world.marketo.records(REGISTRATIONS).len(), 2_100);
}

#[tokio::test(start_paused = true)]
async fn who_is_in_which_team_is_a_custom_object_of_both_sales_persons() {
    let bench = Bench::whole(0, 1);
    add(&bench, &wish("teammembership")).await;
    assert_clean(&bench.cycle().await);
    let members = bench.world.marketo.records("customobjects/teammembership");
    let rows = bench.world.dynamics.row_count("teammembership");
    assert_eq!(members.len(), rows);
    for member in &members {
        for (field, object) in [("teamid", "salespersons"), ("systemuserid", "salespersons")] {
            let id = member[field].as_str().unwrap();
            assert!(record(&bench, object, "externalSalesPersonId", id).is_some());
        }
    }
    assert_eq!(written(&bench.later().await), 0);
}

/// The lookup still names the lead, which is nobody any more.
#[tokio::test(start_paused = true)]
async fn what_belonged_to_a_lead_belongs_to_the_contact_it_became() {
    let bench = Bench::whole(0, 1);
    let relationship = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "SchemaName": "new_lead_new_registration_Lead",
        "ReferencedEntity": "lead", "ReferencingEntity": "new_registration",
        "Lookup": {"SchemaName": "new_Lead"},
    });
    let dynamics = &bench.world.dynamics;
    let related = dynamics.customise("RelationshipDefinitions", &relationship);
    related.unwrap();
    let lead = bench.somebody("Ada");
    let of = ("new_Lead@odata.bind", bind("leads", lead));
    let row = bench.row_of("new_registration", &[("new_name", json!("Summit")), of]);
    let of_leads = CustomWish {
        path: Some("lead".to_owned()),
        ..wish("new_registration")
    };
    add(&bench, &of_leads).await;
    assert_clean(&bench.cycle().await);
    let person = json!(bench.person_of(lead));
    assert_eq!(
        told(&bench, REGISTRATIONS, row).unwrap()["personId"],
        person
    );
    let contact = bench.qualify(lead).await;
    assert_clean(&bench.later().await);
    edit(&bench, "new_registration", row, &[("new_seats", json!(7))]);
    assert_clean(&bench.later().await);
    let there = told(&bench, REGISTRATIONS, row).unwrap();
    assert_eq!(there["personId"], json!(bench.person_of(contact)));
    assert_eq!(there["new_seats"], json!(7));
}
