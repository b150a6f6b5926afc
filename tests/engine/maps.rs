//! Field maps changed while running: versions, transforms, empties, lengths.

use serde_json::{Value as Json, json};
use syncdeck::engine;
use syncdeck::model::{ConflictStatus, Entity, FailureClass, Side};

use super::harness::{Bench, assert_clean, written};

fn pair(rest: &str) -> String {
    format!("[[fields]]\ndynamics = \"websiteurl\"\nmarketo = \"department\"\n{rest}\n")
}

async fn with(rest: &str) -> (Bench, uuid::Uuid, i64) {
    let bench = Bench::empty();
    bench.map_leads(&pair(rest));
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    (bench, row, person)
}

#[tokio::test(start_paused = true)]
async fn an_added_pair_is_compared_everywhere_and_a_removed_one_forgotten() {
    let bench = Bench::empty();
    let (ada, grace) = (bench.somebody("Ada"), bench.somebody("Grace"));
    bench.edit(ada, "websiteurl", "https://a.example.com");
    bench.edit(grace, "websiteurl", "https://g.example.com");
    bench.cycle().await;
    bench.pass(10).await;
    let people = [bench.person_of(ada), bench.person_of(grace)];
    bench.edit_person(people[1], "department", "by hand");
    bench.cycle().await;
    bench.map_leads(&pair(""));
    bench.later().await;
    assert_eq!(
        bench.field(people[0], "department"),
        json!("https://a.example.com")
    );
    let conflict = bench.pending();
    assert_eq!(conflict.dynamics_id, Some(grace));

    bench.map_leads("");
    bench.later().await;
    assert_eq!(bench.status(conflict.id), ConflictStatus::Superseded);
    bench.edit(ada, "websiteurl", "https://elsewhere.example.com");
    assert_eq!(written(&bench.later().await), 0);
    let versions = bench
        .store
        .read_blocking(|r| r.mappings(&Entity::LEAD, 10))
        .unwrap();
    let kept: Vec<_> = versions
        .iter()
        .map(|one| (one.version, one.by.as_str()))
        .collect();
    assert_eq!(kept, [(2, "ada"), (1, "ada")]);
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_read_changes_nothing() {
    let bench = Bench::empty();
    let now = bench.clock.now();
    for document in [
        "entity = ",
        "entity = \"contact\"\ntable = \"contact\"\nobject = \"person\"",
    ] {
        let set = bench
            .store
            .transaction_blocking(|tx| engine::set_mapping(tx, &Entity::LEAD, document, "ada", now))
            .unwrap();
        assert!(set.is_err());
    }
    let versions = bench
        .store
        .read_blocking(|r| r.mappings(&Entity::LEAD, 10))
        .unwrap();
    assert!(versions.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_empty_value_never_overwrites_where_the_pair_says_so() {
    let (bench, row, person) = with("nulls = \"keep\"").await;
    bench.edit(row, "websiteurl", "https://a.example.com");
    bench.later().await;
    bench.edit(row, "websiteurl", Json::Null);
    assert_eq!(written(&bench.later().await), 0);
    assert_eq!(
        bench.field(person, "department"),
        json!("https://a.example.com")
    );
    bench.edit_person(person, "department", "https://b.example.com");
    assert_clean(&bench.later().await);
    assert_eq!(
        bench.column(row, "websiteurl"),
        json!("https://b.example.com")
    );
}

#[tokio::test(start_paused = true)]
async fn a_table_translates_both_ways() {
    let (bench, row, person) = with("transform = [{ table = { DE = \"Germany\" } }]").await;
    bench.edit(row, "websiteurl", "DE");
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "department"), json!("Germany"));
    assert_eq!(written(&bench.later().await), 0);
    bench.edit_person(person, "department", "France");
    bench.later().await;
    assert_eq!(bench.column(row, "websiteurl"), json!("France"));
    bench.edit_person(person, "department", "Germany");
    bench.later().await;
    assert_eq!(bench.column(row, "websiteurl"), json!("DE"));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn case_a_default_and_an_expression_are_worked_out_once() {
    for (transform, given, got) in [
        ("\"upper\"", json!("abc"), json!("ABC")),
        ("{ default = \"none\" }", Json::Null, json!("none")),
        (
            "{ expression = \"'x-' + value\" }",
            json!("abc"),
            json!("x-abc"),
        ),
    ] {
        let rest = format!("direction = \"to_marketo\"\ntransform = [{transform}]");
        let (bench, row, person) = with(&rest).await;
        bench.edit(row, "websiteurl", given);
        bench.later().await;
        assert_eq!(bench.field(person, "department"), got);
        assert_eq!(written(&bench.later().await), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_too_long_is_refused_or_cut_as_the_pair_says() {
    for (policy, cut) in [("truncate", true), ("refuse", false)] {
        let bench = Bench::empty();
        bench.map_leads(&format!(
            "[[fields]]\ndynamics = \"new_story\"\nmarketo = \"department\"\nlength = \"{policy}\"\n"
        ));
        let label = json!({"LocalizedLabels": [{"Label": "Story", "LanguageCode": 1033}]});
        let column = json!({
            "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
            "SchemaName": "new_Story", "MaxLength": 2000, "DisplayName": label,
            "RequiredLevel": {"Value": "None"},
        });
        bench.customise("POST", "", column).await;
        let row = bench.somebody("Ada");
        bench.cycle().await;
        bench.pass(10).await;
        let person = bench.person_of(row);
        bench.edit(row, "new_story", "x".repeat(600));
        bench.later().await;
        if cut {
            assert_eq!(bench.field(person, "department"), json!("x".repeat(255)));
            let journal = bench.journal(row);
            let told = journal.iter().any(|one| {
                one.entry.cause == syncdeck::model::Cause::Policy("truncated".to_owned())
            });
            assert!(told, "{journal:?}");
            assert_eq!(written(&bench.later().await), 0);
        } else {
            assert_eq!(bench.field(person, "department"), Json::Null);
            let failures = bench.failures();
            assert_eq!(failures[0].refusal.class, FailureClass::Mapping);
            assert_eq!(failures[0].direction, Side::Marketo);
        }
    }
}
