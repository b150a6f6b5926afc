//! Stakeholders of an opportunity are roles of their people, by a key that is worked out.

use serde_json::{Value as Json, json};
use syncdeck::engine::{self, Asked};
use syncdeck::model::{ConflictKind, DeletePolicy, Entity, FailureClass, RuleChange, Side, Take};
use syncdeck::sandbox::dynamics::stakeholder_role;
use syncdeck::store::Tx;
use uuid::Uuid;

use super::super::harness::{Bench, assert_clean, written};
use super::bind;
use super::cast::{cast, connect, contact, deal, plays, roles, stakeholder};

fn edit(bench: &Bench, connection: Uuid, values: &[(&str, Json)]) {
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row("connection", connection, values).unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_stakeholder_is_a_role_and_goes_when_it_is_removed() {
    let bench = Bench::whole(0, 1);
    let (deal, grace, ada) = (
        deal(&bench),
        contact(&bench, "Hopper"),
        contact(&bench, "Ada"),
    );
    let first = stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    let (grace, ada) = (bench.person_of(grace), (ada, bench.person_of(ada)));
    assert_eq!(cast(&bench, deal), [plays(grace, "Stakeholder")]);
    assert!(roles(&bench)[0].contains_key("externalCreatedDate"));
    stakeholder(&bench, deal, ada.0, 1);
    assert_clean(&bench.later().await);
    let mut both = [plays(grace, "Stakeholder"), plays(ada.1, "Decision Maker")];
    both.sort();
    assert_eq!(cast(&bench, deal), both);
    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("connection", first).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), [plays(ada.1, "Decision Maker")]);
    bench.wire.take();
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.wire.take_writes().is_empty());
}

/// The parts of a key cannot be changed in Marketo: the old role goes, a new one comes.
#[tokio::test(start_paused = true)]
async fn a_stakeholder_in_another_part_is_another_role() {
    let bench = Bench::whole(0, 1);
    let (deal, grace, ada) = (
        deal(&bench),
        contact(&bench, "Hopper"),
        contact(&bench, "Ada"),
    );
    let tie = stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    let role = bind("connectionroles", stakeholder_role(2));
    edit(&bench, tie, &[("record2roleid@odata.bind", role)]);
    assert_clean(&bench.later().await);
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, deal), [plays(person, "Influencer")]);
    let to = bind("contacts", ada);
    edit(&bench, tie, &[("record2id_contact@odata.bind", to)]);
    assert_clean(&bench.later().await);
    let person = bench.person_of(ada);
    assert_eq!(cast(&bench, deal), [plays(person, "Influencer")]);
    edit(
        &bench,
        tie,
        &[("statecode", json!(1)), ("statuscode", json!(2))],
    );
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), []);
    edit(
        &bench,
        tie,
        &[("statecode", json!(0)), ("statuscode", json!(1))],
    );
    assert_clean(&bench.later().await);
    assert_eq!(cast(&bench, deal), [plays(person, "Influencer")]);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_is_not_linked_yet_is_waited_for() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    stakeholder(&bench, deal, grace, 0);
    bench.hold(Some(Entity::CONTACT), None, None);
    bench.cycle().await;
    assert_eq!(cast(&bench, deal), []);
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].entity, Entity::ROLE);
    assert_eq!(failures[0].refusal.class, FailureClass::MissingParent);
    bench.release();
    assert_clean(&bench.later().await);
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, deal), [plays(person, "Stakeholder")]);
    assert_eq!(bench.failures().len(), 0);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn an_account_as_stakeholder_is_nobodys_role_and_no_trouble() {
    let bench = Bench::whole(0, 1);
    let deal = deal(&bench);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let to = ("record2id_account@odata.bind", bind("accounts", account));
    connect(&bench, deal, to, 0);
    assert_clean(&bench.cycle().await);
    assert_eq!(roles(&bench).len(), 0);
    assert_eq!(bench.failures().len(), 0);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_opportunity_takes_its_roles_along() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    assert_eq!(roles(&bench).len(), 1);
    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("opportunity", deal).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(roles(&bench).len(), 0);
    assert_eq!(bench.world.marketo.records("opportunities").len(), 0);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_role_follows_its_person_into_a_merge() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    let loser = bench.person_of(grace);
    let named = [("lastName", json!("Hopper"))];
    let winner = bench.world.marketo.create_person(&named, "Web form");
    assert!(bench.world.marketo.merge_people(winner, &[loser]));
    assert_clean(&bench.later().await);
    assert_eq!(bench.link(grace).unwrap().marketo, Some(winner));
    assert_eq!(cast(&bench, deal), [plays(winner, "Stakeholder")]);
    assert_eq!(bench.failures().len(), 0);
    assert_eq!(written(&bench.later().await), 0);
}

/// Nothing in Marketo follows by itself: whoever wonders about the role is told that it waits for the contact.
#[tokio::test(start_paused = true)]
async fn a_role_says_so_when_its_person_is_gone() {
    for is_merged in [false, true] {
        let bench = Bench::whole(0, 1);
        let (deal, grace, ada) = (
            deal(&bench),
            contact(&bench, "Hopper"),
            contact(&bench, "Ada"),
        );
        stakeholder(&bench, deal, grace, 0);
        assert_clean(&bench.cycle().await);
        let (person, other) = (bench.person_of(grace), bench.person_of(ada));
        let marketo = &bench.world.marketo;
        let done = if is_merged {
            marketo.merge_people(other, &[person])
        } else {
            marketo.delete_person(person)
        };
        assert!(done);
        // Deletes come last in a cycle.
        bench.later().await;
        bench.later().await;
        let failures = bench.failures();
        assert_eq!(failures.len(), 1, "{failures:#?}");
        assert_eq!(failures[0].entity, Entity::ROLE);
        assert_eq!(failures[0].refusal.class, FailureClass::MissingParent);
    }
}

/// The admin is asked what becomes of an edited contact; until then nothing is written to a person who is gone.
#[tokio::test(start_paused = true)]
async fn a_role_waits_while_its_contacts_loss_is_undecided() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    stakeholder(&bench, deal, grace, 0);
    assert_clean(&bench.cycle().await);
    assert!(bench.world.marketo.delete_person(bench.person_of(grace)));
    bench.edit(grace, "jobtitle", "Rear admiral");
    bench.later().await;
    bench.later().await;
    assert_eq!(bench.pending().kind, ConflictKind::DeleteEdit);
    let late = stakeholder(&bench, deal, grace, 1);
    bench.wire.take();
    bench.later().await;
    assert!(bench.wire.take_writes().is_empty());
    let waits = bench.failures();
    assert_eq!(waits.len(), 2, "{waits:#?}");
    assert!(waits.iter().any(|one| one.dynamics_id == Some(late)));
    let classes = waits.iter().map(|one| one.refusal.class);
    assert!(classes.eq([FailureClass::MissingParent; 2]));
    // A new person is made for the contact, whose roles follow.
    let change = RuleChange::Delete {
        side: Side::Marketo,
        policy: DeletePolicy::Recreate,
    };
    bench.rule(&Entity::CONTACT, change);
    bench.resolve(bench.pending().id, Take::Side(Side::Dynamics));
    bench.later().await;
    bench.edit(grace, "jobtitle", "Commodore");
    bench.later().await;
    bench.later().await;
    let person = bench.person_of(grace);
    let plays = [
        plays(person, "Decision Maker"),
        plays(person, "Stakeholder"),
    ];
    let cast = cast(&bench, deal);
    assert!(plays.iter().all(|role| cast.contains(role)), "{cast:?}");
    assert_eq!(bench.failures().len(), 0);
}

/// Its person was merged away before anybody knew: it was refused, and ended before it ever was.
#[tokio::test(start_paused = true)]
async fn a_stakeholder_who_comes_back_has_the_role_he_never_got() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    assert_clean(&bench.cycle().await);
    let tie = stakeholder(&bench, deal, grace, 0);
    bench.world.faults.set("marketo:partial=x1").unwrap();
    bench.later().await;
    bench.world.faults.set("").unwrap();
    assert_eq!(cast(&bench, deal), []);
    let state = |state: i32| {
        [
            ("statecode", json!(state)),
            ("statuscode", json!(state + 1)),
        ]
    };
    edit(&bench, tie, &state(1));
    bench.later().await;
    edit(&bench, tie, &state(0));
    bench.later().await;
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, deal), [plays(person, "Stakeholder")]);
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_is_linked_by_hand_is_waited_for_no_longer() {
    let bench = Bench::whole(0, 1);
    let (deal, grace) = (deal(&bench), contact(&bench, "Hopper"));
    stakeholder(&bench, deal, grace, 0);
    bench.hold(Some(Entity::CONTACT), None, None);
    bench.cycle().await;
    let named = [("lastName", json!("Hopper"))];
    let person = bench.world.marketo.create_person(&named, "Web form");
    let (pair, now) = ((grace, person), bench.clock.now());
    let link = |tx: &Tx<'_>| engine::link(tx, &Entity::CONTACT, pair, now);
    let done = bench.store.transaction_blocking(link).unwrap();
    assert!(matches!(done, Asked::Done(_)));
    bench.later().await;
    assert_eq!(cast(&bench, deal), [plays(person, "Stakeholder")]);
    assert_eq!(bench.failures().len(), 0);
}
