//! The change feeds over faults, lateness, doubles and busy seconds: every event arrives, by its identity once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use syncdeck::connectors::marketo::LeadChangeKind;
use syncdeck::sandbox::marketo::InstanceOptions;

use super::pair::{Pair, server_now};

fn fields() -> Vec<String> {
    vec!["email".to_owned(), "title".to_owned()]
}

/// Walks the lead changes from a moment on, keeping the place over errors; events by identity, and how many came in all.
async fn walk(pair: &Pair, since: DateTime<Utc>) -> (BTreeSet<String>, usize, usize) {
    let mut token = None;
    let (mut seen, mut came, mut pages) = (BTreeSet::new(), 0, 0);
    for _ in 0..2000 {
        let Some(place) = token.clone() else {
            token = pair.marketo.paging_token(since).await.ok();
            continue;
        };
        let Ok(page) = pair.marketo.lead_changes(&place, &fields()).await else {
            continue;
        };
        pages += 1;
        came += page.items.len();
        seen.extend(page.items.into_iter().map(|change| change.guid));
        token = Some(page.token);
        if !page.more {
            return (seen, came, pages);
        }
    }
    panic!("the feed never ends");
}

#[tokio::test(start_paused = true)]
async fn more_than_a_page_within_one_second_is_read_to_its_end() {
    let options = InstanceOptions {
        scan_distance: 100,
        ..InstanceOptions::default()
    };
    let pair = Pair::with(options).await;
    let since = server_now() - Duration::from_secs(1);
    for n in 0..1000 {
        pair.instance
            .create_person(&[("email", json!(format!("{n}@x.example")))], "x");
    }
    let (seen, came, pages) = walk(&pair, since).await;
    assert_eq!((seen.len(), came), (1000, 1000));
    assert!(pages >= 4, "{pages}");
}

#[tokio::test(start_paused = true)]
async fn faults_lose_no_event_and_double_none() {
    let pair = Pair::seeded(4).await;
    let since = server_now() - Duration::from_secs(1);
    for n in 0..400 {
        let id = pair
            .instance
            .create_person(&[("email", json!(format!("{n}@x.example")))], "x");
        pair.instance
            .edit_person(id, &[("title", json!("CFO"))], "x");
    }
    let (quiet, came, _) = walk(&pair, since).await;
    assert_eq!((quiet.len(), came), (800, 800));
    for fault in [
        "601",
        "602",
        "606",
        "607",
        "615",
        "604",
        "608",
        "611",
        "713",
        "500",
        "502",
        "5xx",
        "cut",
        "truncated",
        "html",
        "lost",
        "reset",
    ] {
        pair.dial(&format!("{fault}=0.3"));
        if fault == "607" {
            pair.dial("607=x1");
        }
        let walked = async {
            let (seen, ..) = walk(&pair, since).await;
            assert_eq!(seen, quiet, "{fault}");
        };
        if fault == "607" {
            let refused = pair.marketo.paging_token(since).await;
            assert!(refused.is_err());
            tokio::time::advance(Duration::from_secs(25 * 3600)).await;
        }
        walked.await;
        pair.dial("");
    }
}

#[tokio::test(start_paused = true)]
async fn an_activity_shown_twice_is_one_event() {
    let pair = Pair::seeded(4).await;
    let since = server_now() - Duration::from_secs(1);
    for n in 0..20 {
        pair.instance
            .create_person(&[("email", json!(format!("{n}@x.example")))], "x");
    }
    pair.dial("duplicate=1");
    let (seen, came, _) = walk(&pair, since).await;
    assert_eq!(
        (seen.len(), came),
        (20, 20),
        "doubles within a page are dropped"
    );
}

#[tokio::test(start_paused = true)]
async fn a_late_activity_is_found_by_reading_an_overlap() {
    let pair = Pair::seeded(4).await;
    let since = server_now() - Duration::from_secs(1);
    pair.dial("late=x1,late_ms=150");
    let late = pair
        .instance
        .create_person(&[("email", json!("late@x.example"))], "x");
    pair.dial("");
    let prompt = pair
        .instance
        .create_person(&[("email", json!("prompt@x.example"))], "x");
    let mut token = pair.marketo.paging_token(since).await.unwrap();
    let mut first = None;
    // The server's time passes while it is asked.
    for _ in 0..100_000 {
        let overlap = pair.marketo.paging_token(since).await.unwrap();
        let page = pair
            .marketo
            .lead_changes(&overlap, &fields())
            .await
            .unwrap();
        let people: BTreeMap<i64, LeadChangeKind> = page
            .items
            .iter()
            .map(|change| (change.person, change.kind))
            .collect();
        first.get_or_insert_with(|| people.keys().copied().collect::<Vec<_>>());
        let went_on = pair.marketo.lead_changes(&token, &fields()).await.unwrap();
        token = went_on.token;
        if people.len() == 2 {
            assert_eq!(
                first,
                Some(vec![prompt]),
                "at first only the prompt one shows"
            );
            assert_eq!(people.get(&late), Some(&LeadChangeKind::New));
            return;
        }
    }
    panic!("the late one never came");
}

#[tokio::test(start_paused = true)]
async fn deletes_and_merges_come_in_their_own_feeds() {
    let pair = Pair::seeded(4).await;
    let since = server_now() - Duration::from_secs(1);
    let make = |name: &str| {
        pair.instance
            .create_person(&[("email", json!(format!("{name}@x.example")))], "x")
    };
    let [gone, winner, one, two, three] = ["gone", "winner", "one", "two", "three"].map(make);
    pair.instance.delete_person(gone);
    pair.instance.merge_people(winner, &[one, two]);
    pair.marketo.merge_people(winner, &[three]).await.unwrap();
    let token = pair.marketo.paging_token(since).await.unwrap();
    let deleted = pair.marketo.deleted_people(&token).await.unwrap();
    let deleted: Vec<i64> = deleted.items.iter().map(|event| event.person).collect();
    assert_eq!(deleted, [gone], "merges write no delete");
    let merged = pair.marketo.merged_people(&token).await.unwrap();
    let merged: Vec<_> = merged
        .items
        .into_iter()
        .map(|m| (m.winner, m.losers))
        .collect();
    assert_eq!(merged, [(winner, vec![one, two]), (winner, vec![three])]);
}

#[tokio::test(start_paused = true)]
async fn our_own_write_shows_the_value_it_replaced() {
    let pair = Pair::seeded(4).await;
    pair.write(&["a"], "Buyer").await.unwrap();
    let since = server_now() - Duration::from_secs(1);
    let token = pair.marketo.paging_token(since).await.unwrap();
    let id = 1_000_001;
    pair.instance
        .edit_person(id, &[("title", json!("in between"))], "Lead update");
    pair.write(&["a"], "CFO").await.unwrap();
    let page = pair.marketo.lead_changes(&token, &fields()).await.unwrap();
    let changes: Vec<_> = page
        .items
        .iter()
        .flat_map(|change| {
            change
                .fields
                .iter()
                .map(|field| (change.source.as_deref(), field))
        })
        .map(|(source, field)| {
            (
                source.unwrap_or_default(),
                field.old.clone(),
                field.new.clone(),
            )
        })
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        changes,
        [
            ("Lead update", text("Buyer"), text("in between")),
            ("Web service API", text("in between"), text("CFO")),
        ]
    );
}
