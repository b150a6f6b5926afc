//! The types of custom entities: planned whole, made step by step, and never somebody else's.

use serde_json::json;
use syncdeck::connectors::marketo::{NewCustomField, NewCustomType};
use syncdeck::engine::{self, Command, Engine};
use syncdeck::model::{CustomWish, Direction, Entity, FieldKind, Policy};
use syncdeck::store::Tx;

use super::super::harness::wire::Fate;
use super::super::harness::{Bench, assert_clean};
use super::custom::{REGISTRATIONS, add, plan, registration, state, told, wish};

/// A type of that name, made by somebody else.
async fn make_type(bench: &Bench, name: &str, fields: &[NewCustomField]) {
    let marketo = bench.parts().marketo;
    let new = NewCustomType {
        name: name.to_owned(),
        label: name.to_owned(),
        plural: format!("{name}s"),
        description: String::new(),
    };
    marketo.create_custom_type(&new).await.unwrap();
    marketo.add_custom_fields(name, fields).await.unwrap();
}

fn field(name: &str, key: bool) -> NewCustomField {
    NewCustomField {
        name: name.to_owned(),
        label: name.to_owned(),
        kind: FieldKind::Text,
        key,
        link: None,
    }
}

#[tokio::test(start_paused = true)]
async fn everything_that_stands_against_a_plan_is_said_at_once_and_nothing_is_written() {
    let bench = Bench::whole(0, 1);
    bench.set(Entity::CONTACT, Direction::Off, Policy::Ask);
    bench.wire.take();
    let bad = CustomWish {
        name: Some("a_name_that_is_longer_than_thirty_three".to_owned()),
        fields: vec!["new_seats".to_owned(), "new_colour".to_owned()],
        ..wish("new_registration")
    };
    let plan = plan(&bench, &bad).await;
    assert_eq!(plan.plan, None);
    let all = plan.problems.join("\n");
    for part in ["--name", "new_colour", "contact does not travel"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(bench.wire.take_writes().is_empty());
    let added = bench
        .store
        .transaction_blocking(|tx| engine::add_custom(tx, &plan));
    assert!(!added.unwrap());
}

#[tokio::test(start_paused = true)]
async fn of_several_relationships_the_admin_chooses() {
    let bench = Bench::whole(0, 1);
    let ambiguous = plan(&bench, &wish("opportunity_like")).await;
    assert!(ambiguous.problems[0].contains("no table"));
    let relationship = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "SchemaName": "new_contact_new_registration_Guest",
        "ReferencedEntity": "contact", "ReferencingEntity": "new_registration",
        "Lookup": {"SchemaName": "new_Guest"},
    });
    bench
        .world
        .dynamics
        .customise("RelationshipDefinitions", &relationship)
        .unwrap();
    let ambiguous = plan(&bench, &wish("new_registration")).await;
    assert_eq!(ambiguous.plan, None);
    let problem = &ambiguous.problems[0];
    for way in ["contact.new_contact", "contact.new_guest"] {
        assert!(problem.contains(way), "{problem}");
    }
    let guest = CustomWish {
        path: Some("contact.new_guest".to_owned()),
        ..wish("new_registration")
    };
    let chosen = plan(&bench, &guest).await;
    assert_eq!(chosen.problems, [""; 0]);
    // The other lookup travels as what it names.
    assert!(
        chosen
            .columns
            .iter()
            .any(|one| one.dynamics == "new_contact")
    );
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_that_makes_the_type_is_taken_up_again() {
    for call in ["/schema.json", "/addField.json", "/approve.json"] {
        for fate in [Fate::Swallowed, Fate::Lost] {
            let bench = Bench::whole(0, 1);
            let row = registration(&bench, "Summit", None);
            add(&bench, &wish("new_registration")).await;
            let mut left = 1;
            bench.wire.before(move |sent| {
                let make = sent.path.contains("customobjects") && sent.path.ends_with(call);
                if make && left > 0 {
                    left -= 1;
                    return fate;
                }
                Fate::Pass
            });
            bench.cycle().await;
            assert_eq!(
                state(&bench, "new_registration"),
                "wanted",
                "{call} {fate:?}"
            );
            bench.restart();
            assert_clean(&bench.later().await);
            assert_eq!(
                state(&bench, "new_registration"),
                "ready",
                "{call} {fate:?}"
            );
            assert!(told(&bench, REGISTRATIONS, row).is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_that_is_there_and_not_ours_is_told_and_left_alone() {
    let bench = Bench::whole(0, 1);
    make_type(&bench, "new_registration", &[field("ticket", true)]).await;
    let draft = plan(&bench, &wish("new_registration")).await;
    assert!(
        draft.problems[0].contains("key ticket"),
        "{:?}",
        draft.problems
    );
    make_type(
        &bench,
        "visits",
        &[field("dynamicsId", true), field("mood", false)],
    )
    .await;
    let named = CustomWish {
        name: Some("visits".to_owned()),
        ..wish("new_registration")
    };
    let draft = plan(&bench, &named).await;
    assert!(draft.problems[0].contains("(mood)"), "{:?}", draft.problems);
    // Approved, with a link to nobody: it can never be given one.
    let marketo = bench.parts().marketo;
    marketo.approve_custom_type("visits").await.unwrap();
    let approved = plan(&bench, &named).await;
    assert!(
        approved.problems[0].contains("no field personId"),
        "{:?}",
        approved.problems
    );
    for number in 0..8 {
        make_type(&bench, &format!("other{number}"), &[field("key", true)]).await;
    }
    let full = plan(&bench, &wish("new_asset")).await;
    assert!(full.problems[0].contains("takes 10"), "{:?}", full.problems);
}

#[tokio::test(start_paused = true)]
async fn a_type_that_changed_between_plan_and_cycle_holds_its_own_entity_only() {
    let bench = Bench::whole(0, 1);
    let ada = bench.somebody("Ada");
    add(&bench, &wish("new_registration")).await;
    make_type(&bench, "new_registration", &[field("ticket", true)]).await;
    assert_clean(&bench.cycle().await);
    bench.person_of(ada);
    let lines = bench.store.read_blocking(engine::entity_list).unwrap();
    let line = lines.iter().find(|one| one.custom).unwrap();
    assert_eq!(line.state, "wanted");
    assert!(line.note.as_deref().unwrap().contains("key ticket"));
}

#[tokio::test(start_paused = true)]
async fn a_running_engine_is_asked_to_add_and_to_remove() {
    let bench = Bench::whole(0, 1);
    let row = registration(&bench, "Summit", None);
    let name = plan(&bench, &wish("new_registration")).await.plan;
    let engine = Engine::start(bench.parts());
    let ask = |approve: Option<String>| Command::AddCustomEntity {
        wish: wish("new_registration"),
        approve,
        by: "ada".to_owned(),
    };
    bench.pass(20).await;
    engine.commands().send(ask(None)).await.unwrap();
    bench.pass(20).await;
    assert_eq!(state(&bench, "new_registration"), "none");
    engine.commands().send(ask(name)).await.unwrap();
    bench.pass(60).await;
    assert!(told(&bench, REGISTRATIONS, row).is_some());
    let shown = engine.snapshot().borrow().clone();
    let entity = Entity::named("new_registration");
    assert!(
        shown
            .entities
            .iter()
            .any(|one| one.entity == entity && one.links == 1)
    );
    let remove = Command::RemoveCustomEntity { entity };
    engine.commands().send(remove).await.unwrap();
    bench.pass(60).await;
    assert_eq!(state(&bench, "new_registration"), "none");
    engine.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn bound_to_other_ends_its_type_is_made_there_and_its_map_is_kept() {
    let bench = Bench::whole(0, 1);
    let row = registration(&bench, "Summit", None);
    add(&bench, &wish("new_registration")).await;
    assert_clean(&bench.cycle().await);
    let (entity, now) = (Entity::named("new_registration"), bench.clock.now());
    let versions = || {
        bench
            .store
            .read_blocking(|reader| reader.mappings(&entity, 10))
    };
    let document = versions().unwrap()[0].document.clone();
    let changed = document.replacen("direction = \"to_marketo\"", "direction = \"off\"", 1);
    let set = |tx: &Tx<'_>| engine::set_mapping(tx, &entity, &changed, "ada", now);
    bench.store.transaction_blocking(set).unwrap().unwrap();
    bench
        .store
        .transaction_blocking(|tx| engine::rebind(tx, now))
        .unwrap();
    assert_eq!(state(&bench, "new_registration"), "wanted");
    bench.later().await;
    assert_eq!(state(&bench, "new_registration"), "ready");
    assert_eq!(versions().unwrap().len(), 2);
    assert!(bench.link(row).is_some());
}
