//! Rows that stand for one and the same role of Marketo's, and names that are too long for it.

use serde_json::json;
use syncdeck::engine;
use syncdeck::model::{Entity, FailureClass};
use syncdeck::store::Tx;
use uuid::Uuid;

use super::super::harness::{Bench, assert_clean, written};
use super::bind;
use super::cast::{cast, contact, deal, plays, roles, stakeholder};

fn gone(bench: &Bench, connection: Uuid) {
    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("connection", connection).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_role_lives_as_long_as_one_of_its_connections() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    let first = stakeholder(&bench, deal, grace, 0);
    let second = stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    assert_clean(&bench.later().await);
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, deal), [plays(person, "Stakeholder")]);
    gone(&bench, first);
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), [plays(person, "Stakeholder")]);
    assert_eq!(written(&bench.later().await), 0);
    gone(&bench, second);
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), []);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn connections_that_go_together_take_their_role_along() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    let first = stakeholder(&bench, deal, grace, 0);
    let second = stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    assert_clean(&bench.later().await);
    gone(&bench, first);
    gone(&bench, second);
    bench.later().await;
    // The second one is put off while the first is worked on.
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), []);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_leaves_for_another_part_leaves_the_role_to_the_other() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    let first = stakeholder(&bench, deal, grace, 0);
    stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    assert_clean(&bench.later().await);
    let role = bind(
        "connectionroles",
        syncdeck::sandbox::dynamics::stakeholder_role(2),
    );
    let change = [("record2roleid@odata.bind", role)];
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row("connection", first, &change).unwrap();
    assert_clean(&bench.later().await);
    let person = bench.person_of(grace);
    let both = [plays(person, "Influencer"), plays(person, "Stakeholder")];
    assert_eq!(cast(&bench, deal), both);
    assert_eq!(written(&bench.later().await), 0);
}

/// Two lanes, one role: the customer's, and a stakeholder's of the same name.
#[tokio::test(start_paused = true)]
async fn a_customer_who_is_a_stakeholder_too_keeps_the_role_when_one_of_the_two_goes() {
    let bench = Bench::whole(0, 1);
    let grace = contact(&bench, "Hopper");
    let customer = ("customerid_contact@odata.bind", bind("contacts", grace));
    let deal = bench.row_of("opportunity", &[("name", json!("Deal")), customer]);
    let part = bench.row_of(
        "connectionrole",
        &[
            ("name", json!("Potential Customer")),
            ("category", json!(1000)),
        ],
    );
    let tie = bench.row_of(
        "connection",
        &[
            (
                "record1id_opportunity@odata.bind",
                bind("opportunities", deal),
            ),
            ("record2id_contact@odata.bind", bind("contacts", grace)),
            ("record2roleid@odata.bind", bind("connectionroles", part)),
        ],
    );
    assert_clean(&bench.cycle().await);
    assert_clean(&bench.later().await);
    let person = bench.person_of(grace);
    let role = [plays(person, "Potential Customer")];
    assert_eq!(cast(&bench, deal), role);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let other = [("customerid_account@odata.bind", bind("accounts", account))];
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row("opportunity", deal, &other).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), role);
    let back = [("customerid_contact@odata.bind", bind("contacts", grace))];
    dynamics.edit_row("opportunity", deal, &back).unwrap();
    gone(&bench, tie);
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), role);
    dynamics.edit_row("opportunity", deal, &other).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(roles(&bench).len(), 0);
    assert_eq!(written(&bench.later().await), 0);
}

/// A connection in a part whose name Marketo has no room for.
fn wordy(bench: &Bench) -> (Uuid, Uuid, String) {
    let name = "The one who signs for everything that is bought anywhere".to_owned();
    assert!(name.len() > 50);
    let (deal, grace) = (deal(bench), contact(bench, "Hopper"));
    let part = bench.row_of(
        "connectionrole",
        &[("name", json!(name)), ("category", json!(1000))],
    );
    bench.row_of(
        "connection",
        &[
            (
                "record1id_opportunity@odata.bind",
                bind("opportunities", deal),
            ),
            ("record2id_contact@odata.bind", bind("contacts", grace)),
            ("record2roleid@odata.bind", bind("connectionroles", part)),
        ],
    );
    (deal, grace, name)
}

#[tokio::test(start_paused = true)]
async fn a_name_too_long_is_cut_and_that_is_said_before() {
    let bench = Bench::whole(0, 1);
    let (deal, grace, name) = wordy(&bench);
    assert_clean(&bench.cycle().await);
    let facts = bench
        .store
        .read_blocking(|reader| engine::mapping_facts(reader, &Entity::ROLE));
    let facts = facts.unwrap();
    let fact = facts.iter().find(|fact| fact.field == "role").unwrap();
    assert_eq!(fact.problems.len(), 1, "{fact:#?}");
    assert!(
        fact.problems[0].contains("longer values are shortened"),
        "{fact:#?}"
    );
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, deal), [plays(person, name[..50].trim_end())]);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_name_too_long_is_refused_where_the_map_says_so() {
    let bench = Bench::whole(0, 1);
    let document = include_str!("../../../assets/mappings/role.toml");
    let document = document.replace("length = \"truncate\"", "length = \"refuse\"");
    let at = bench.clock.now();
    let map = |tx: &Tx<'_>| engine::set_mapping(tx, &Entity::ROLE, &document, "ada", at);
    bench.store.transaction_blocking(map).unwrap().unwrap();
    let (deal, ..) = wordy(&bench);
    bench.cycle().await;
    assert_eq!(cast(&bench, deal), []);
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].refusal.class, FailureClass::Mapping);
    assert_eq!(
        bench
            .wire
            .take_writes()
            .iter()
            .filter(|write| write.what.contains("role"))
            .count(),
        0
    );
}
