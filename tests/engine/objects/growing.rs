//! A custom entity gets more columns while it goes on.

use serde_json::json;
use syncdeck::engine::{self, CustomPlan};
use syncdeck::model::{CustomWish, Entity};

use super::super::harness::wire::Fate;
use super::super::harness::{Bench, assert_clean, written};
use super::super::preview::previewed;
use super::custom::{REGISTRATIONS, add, plan, registration, state, told, wish};

fn only(fields: &[&str]) -> CustomWish {
    CustomWish {
        fields: fields.iter().map(|one| (*one).to_owned()).collect(),
        ..wish("new_registration")
    }
}

fn approve(bench: &Bench, plan: &CustomPlan) -> bool {
    let added = bench
        .store
        .transaction_blocking(|tx| engine::add_custom(tx, plan));
    added.unwrap()
}

#[tokio::test(start_paused = true)]
async fn added_columns_are_planned_made_and_filled_in_the_rows_that_are_there() {
    let bench = Bench::whole(0, 1);
    let row = registration(&bench, "Summit", None);
    add(&bench, &only(&["new_name"])).await;
    assert_clean(&bench.cycle().await);
    assert_eq!(
        told(&bench, REGISTRATIONS, row).unwrap().get("new_seats"),
        None
    );

    bench.wire.take();
    let more = plan(&bench, &only(&["new_seats", "new_attended"])).await;
    assert!(bench.wire.take_writes().is_empty());
    assert_eq!(more.problems, [""; 0]);
    let columns: Vec<&str> = more
        .columns
        .iter()
        .map(|one| one.marketo.as_str())
        .collect();
    assert_eq!(columns, ["new_seats", "new_attended"]);
    assert_eq!(
        more.steps,
        [
            "add 2 fields to new_registration",
            "approve new_registration"
        ]
    );
    assert!(approve(&bench, &more));
    assert_eq!(state(&bench, "new_registration"), "growing");
    assert_clean(&bench.later().await);
    assert_eq!(state(&bench, "new_registration"), "ready");
    assert_clean(&bench.later().await);
    let there = told(&bench, REGISTRATIONS, row).unwrap();
    assert_eq!(
        (&there["new_seats"], &there["new_attended"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(there["new_name"], json!("Summit"));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_crash_while_the_type_grows_is_taken_up_again_and_its_rows_go_on() {
    for call in ["/addField.json", "/approve.json"] {
        for fate in [Fate::Swallowed, Fate::Lost] {
            let bench = Bench::whole(0, 1);
            let row = registration(&bench, "Summit", None);
            add(&bench, &only(&["new_name"])).await;
            assert_clean(&bench.cycle().await);
            let more = plan(&bench, &only(&["new_seats"])).await;
            assert!(approve(&bench, &more));
            let mut left = 1;
            bench.wire.before(move |sent| {
                let grow = sent.path.contains("customobjects") && sent.path.ends_with(call);
                if grow && left > 0 {
                    left -= 1;
                    return fate;
                }
                Fate::Pass
            });
            let values = [("new_name", json!("Other"))];
            let dynamics = &bench.world.dynamics;
            dynamics.edit_row("new_registration", row, &values).unwrap();
            bench.later().await;
            assert_eq!(
                state(&bench, "new_registration"),
                "growing",
                "{call} {fate:?}"
            );
            let there = told(&bench, REGISTRATIONS, row).unwrap();
            assert_eq!(there["new_name"], json!("Other"), "{call} {fate:?}");
            bench.restart();
            assert_clean(&bench.later().await);
            assert_clean(&bench.later().await);
            assert_eq!(
                state(&bench, "new_registration"),
                "ready",
                "{call} {fate:?}"
            );
            let there = told(&bench, REGISTRATIONS, row).unwrap();
            assert_eq!(there["new_seats"], json!(3), "{call} {fate:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_added_to_a_type_that_is_there_is_said() {
    let bench = Bench::whole(0, 1);
    registration(&bench, "Summit", None);
    add(&bench, &only(&["new_name"])).await;
    let early = plan(&bench, &only(&["new_seats"])).await;
    assert!(early.problems[0].contains("still to be made"), "{early:?}");
    assert_clean(&bench.cycle().await);
    let nothing = plan(&bench, &wish("new_registration")).await;
    assert!(nothing.problems[0].contains("--fields"), "{nothing:?}");
    let again = plan(&bench, &only(&["new_name"])).await;
    assert!(again.problems[0].contains("travels already"), "{again:?}");
    let unknown = plan(&bench, &only(&["new_colour"])).await;
    assert!(unknown.problems[0].contains("no column"), "{unknown:?}");
    let elsewhere = CustomWish {
        name: Some("visits".to_owned()),
        ..only(&["new_seats"])
    };
    let elsewhere = plan(&bench, &elsewhere).await;
    assert!(elsewhere.problems[0].contains("settled"), "{elsewhere:?}");
    // Removed between the plan and its approval.
    let more = plan(&bench, &only(&["new_seats"])).await;
    let entity = Entity::named("new_registration");
    let gone = bench
        .store
        .transaction_blocking(|tx| engine::remove_custom(tx, &entity));
    assert!(gone.unwrap());
    assert!(!approve(&bench, &more));
}

#[tokio::test(start_paused = true)]
async fn the_plan_and_the_preview_show_the_type_that_would_be_made() {
    let bench = Bench::whole(0, 1);
    registration(&bench, "Summit", None);
    assert_clean(&bench.cycle().await);
    let first = plan(&bench, &only(&["new_name", "new_seats"])).await;
    let words = |name: &str| {
        let field = first.fields.iter().find(|one| one.name == name);
        field.map(|one| one.words()).unwrap_or_default()
    };
    assert_eq!(words("dynamicsId"), "string(255), key");
    assert_eq!(words("personId"), "integer, link to Lead.Id");
    assert_eq!(words("syncdeckIsDeleted"), "boolean");
    assert_eq!(words("new_seats"), "integer");
    assert!(approve(&bench, &first));
    let (lines, _) = previewed(&bench).await;
    let made: Vec<_> = lines.iter().filter(|line| line.entity.is_none()).collect();
    let all = |name: &str| made.iter().find_map(|line| line.fields.get(name));
    assert_eq!(
        all("new_registration"),
        Some(&json!([null, "make the type new_registration"]))
    );
    for (name, words) in [
        ("dynamicsId", "string(255), key"),
        ("personId", "integer, link to Lead.Id"),
        ("new_seats", "integer"),
    ] {
        assert_eq!(all(name), Some(&json!([null, words])));
    }
    assert_eq!(
        state(&bench, "new_registration"),
        "wanted",
        "nothing is made"
    );
    assert_clean(&bench.later().await);
    let (lines, _) = previewed(&bench).await;
    assert!(lines.iter().all(|line| line.entity.is_some()), "{lines:?}");
}
