//! Each fault of the dial in the middle of a full read and of a delta: every row once, and the
//! class the engine needs.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use syncdeck::connectors::Trouble;
use syncdeck::connectors::dynamics::{Next, RESTORED};

use super::both::{Both, Told};

/// Faults that a feed gets over by itself when they strike once.
const PASSING: [&str; 13] = [
    "429",
    "429time",
    "429concurrency",
    "500",
    "deadlock",
    "timeout",
    "503",
    "slow",
    "cut",
    "truncated",
    "html",
    "type",
    "401",
];

#[tokio::test]
async fn fault_that_passes_costs_no_row_and_doubles_none() {
    join_all(PASSING.map(|fault| async move {
        let mut both = Both::with(60).await;
        let total = both.org.get("leads/$count").await.text;
        let first = both.first().await;
        let mut told = Told::default();
        told.add(&first);
        both.dial(&format!("dynamics:{fault}=x1"));
        let walked = both.walk(first.next).await;
        let (rest, delta) = walked.unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert_eq!(
            both.faults.describe(),
            format!("dynamics:{fault}=x0"),
            "it struck"
        );
        told.rows
            .extend(rest.rows.iter().map(|(id, times)| (*id, *times)));
        assert_eq!(told.rows.len().to_string(), total, "{fault}: rows lost");
        assert!(
            told.rows.values().all(|times| *times == 1),
            "{fault}: a row came twice"
        );
        // The delta behind it, struck once more, tells of one change and one deletion.
        both.calm().await;
        let (changed, gone) = (both.org.lead("New").await, both.org.lead("Gone").await);
        both.org.delete(&format!("leads({gone})")).await;
        both.dial(&format!("dynamics:{fault}=x1"));
        let (told, _) = both.walk(Next::Page(delta)).await.unwrap();
        assert_eq!(
            told.rows
                .keys()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            [changed]
        );
        assert_eq!(
            told.gone
                .keys()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            [gone]
        );
    }))
    .await;
}

#[tokio::test]
async fn fault_that_stays_has_its_class_and_the_feed_resumes_behind_it() {
    let retry = Trouble::Retry { wait: None };
    let at_once = Trouble::Retry {
        wait: Some(Duration::ZERO),
    };
    let lasting = [
        ("429", at_once),
        ("429time", at_once),
        ("429concurrency", at_once),
        ("500", retry),
        ("deadlock", retry),
        ("timeout", retry),
        ("503", retry),
        ("cut", retry),
        ("html", retry),
        ("truncated", Trouble::Protocol),
        ("type", Trouble::Protocol),
        ("401", Trouble::Configuration),
        ("403", Trouble::Configuration),
    ];
    join_all(lasting.map(|(fault, class)| async move {
        let mut both = Both::with(40).await;
        let first = both.first().await;
        let Next::Page(link) = &first.next else {
            panic!("one page only")
        };
        both.dial(&format!("dynamics:{fault}=1"));
        let error = both.dynamics.follow(&both.lead, link, 7).await.unwrap_err();
        assert_eq!(error.trouble, class, "{fault}: {error}");
        both.calm().await;
        let mut told = Told::default();
        told.add(&first);
        let (rest, _) = both.walk(first.next).await.unwrap();
        let total = both.org.get("leads/$count").await.text;
        assert_eq!(
            (told.rows.len() + rest.rows.len()).to_string(),
            total,
            "{fault}"
        );
    }))
    .await;
}

#[tokio::test]
async fn long_throttling_is_handed_to_the_engine_with_the_wait_it_names() {
    let both = Both::with(10).await;
    both.faults.set("retry-after=240,dynamics:429=x1").unwrap();
    let error = both
        .dynamics
        .first_page(&both.lead, &[], 5)
        .await
        .unwrap_err();
    let wait = Some(Duration::from_secs(240));
    assert_eq!(error.trouble, Trouble::Retry { wait });
    assert_eq!(error.code, "0x80072322");
}

#[tokio::test]
async fn refused_delta_token_asks_for_a_full_read_that_finds_everybody() {
    let mut both = Both::with(30).await;
    let first = both.first().await;
    let (_, delta) = both.walk(first.next).await.unwrap();
    // By the dial (age), by a new column (schema), and of another organisation.
    both.dial("dynamics:expired=x1");
    let aged = both
        .dynamics
        .follow(&both.lead, &delta, 7)
        .await
        .unwrap_err();
    assert_eq!(
        (aged.trouble, aged.code.as_str()),
        (Trouble::CursorExpired, "0x80044352")
    );
    both.calm().await;
    assert!(both.dynamics.follow(&both.lead, &delta, 7).await.is_ok());
    let column = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": "new_Late",
        "MaxLength": 10, "DisplayName": {"LocalizedLabels": [{"Label": "Late", "LanguageCode": 1033}]},
    });
    let made = both
        .org
        .post("EntityDefinitions(LogicalName='lead')/Attributes", column)
        .await;
    assert_eq!(made.status, 204, "{}", made.text);
    let changed = both
        .dynamics
        .follow(&both.lead, &delta, 7)
        .await
        .unwrap_err();
    assert_eq!(changed.trouble, Trouble::CursorExpired, "{changed}");
    let foreign = delta.replace("127.0.0.1", "127.0.0.2");
    let foreign = both
        .dynamics
        .follow(&both.lead, &foreign, 7)
        .await
        .unwrap_err();
    assert_eq!(
        (foreign.trouble, foreign.code.as_str()),
        (Trouble::CursorExpired, "foreign_link")
    );
    let first = both.first().await;
    let mut told = Told::default();
    told.add(&first);
    let (rest, _) = both.walk(first.next).await.unwrap();
    let total = both.org.get("leads/$count").await.text;
    assert_eq!((told.rows.len() + rest.rows.len()).to_string(), total);
}

#[tokio::test]
async fn restored_database_refuses_no_token_but_its_versions_give_it_away() {
    let both = Both::with(10).await;
    let world = both.org.sandbox.world();
    let before = world.dynamics.snapshot();
    both.org.lead("Lost").await;
    let first = both.first().await;
    let (_, delta) = both.walk(first.next).await.unwrap();
    world.dynamics.restore(before);
    // The vendor says nothing of it: no change, no error, only a token behind ours.
    let plain = both.org.get(&delta).await;
    assert_eq!(
        (plain.status, plain.json()["value"].to_string()),
        (200, "[]".to_owned())
    );
    let error = both
        .dynamics
        .follow(&both.lead, &delta, 7)
        .await
        .unwrap_err();
    assert_eq!(
        (error.trouble, error.code.as_str()),
        (Trouble::CursorExpired, RESTORED)
    );
}
