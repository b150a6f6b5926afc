//! Change tracking: deltas, tombstones, tokens that expire.

use std::collections::BTreeSet;

use serde_json::json;

use super::harness::{Org, assert_code, ids, walk};

#[tokio::test]
async fn changes_come_once_with_current_values_and_deletions_after_them() {
    let org = Org::with(50).await;
    let track = "odata.track-changes,odata.maxpagesize=7";
    let (rows, link, _) = walk(&org, "leads?$select=lastname", track).await;
    assert_eq!(rows.len(), 30);
    let link = link.unwrap();
    assert!(link.contains("$deltatoken="), "{link}");
    let quiet = org.get(&link).await.json();
    assert_eq!(quiet["value"], json!([]));

    let (edited, gone) = (
        rows[3]["leadid"].as_str().unwrap(),
        rows[4]["leadid"].as_str().unwrap(),
    );
    for name in ["First", "Second"] {
        org.patch(&format!("leads({edited})"), &[], json!({"lastname": name}))
            .await;
    }
    let fresh = org.lead("Fresh").await;
    let brief = org.lead("Brief").await;
    org.delete(&format!("leads({gone})")).await;
    org.delete(&format!("leads({brief})")).await;

    let count = org.get(&link.replace("leads?", "leads/$count?")).await;
    assert_eq!(count.text, "4");
    let (changes, next, pages) = walk(&org, &link, "odata.maxpagesize=1").await;
    assert_eq!(pages, 4);
    let told: Vec<(&str, &str)> = changes
        .iter()
        .map(|row| match row["reason"].as_str() {
            Some(reason) => (row["id"].as_str().unwrap(), reason),
            None => (
                row["leadid"].as_str().unwrap(),
                row["lastname"].as_str().unwrap(),
            ),
        })
        .collect();
    assert_eq!(
        told,
        [
            (edited, "Second"),
            (&fresh, "Fresh"),
            (gone, "deleted"),
            (&brief, "deleted")
        ]
    );
    assert!(
        changes[2]["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with("#leads/$deletedEntity")
    );
    assert_eq!(org.get(&next.unwrap()).await.json()["value"], json!([]));
}

#[tokio::test]
async fn change_made_during_a_tracked_read_is_in_the_delta() {
    let org = Org::with(50).await;
    let prefer = "odata.track-changes,odata.maxpagesize=10";
    let first = org.get_with("leads?$select=lastname", prefer).await.json();
    let seen = first["value"][0]["leadid"].as_str().unwrap().to_owned();
    org.patch(
        &format!("leads({seen})"),
        &[],
        json!({"lastname": "Meanwhile"}),
    )
    .await;
    let (_, link, _) = walk(&org, first["@odata.nextLink"].as_str().unwrap(), prefer).await;
    let delta = org.get(&link.unwrap()).await.json();
    assert_eq!(
        ids(delta["value"].as_array().unwrap(), "leadid"),
        BTreeSet::from([seen])
    );
}

#[tokio::test]
async fn tracking_refuses_what_it_cannot_combine() {
    let org = Org::with(10).await;
    for option in ["$filter=lastname eq 'x'", "$orderby=lastname", "$top=3"] {
        let got = org
            .get_with(&format!("leads?{option}"), "odata.track-changes")
            .await;
        assert_eq!(got.status, 400);
        assert!(
            got.text
                .contains("isn't supported when Change Tracking is enabled"),
            "{}",
            got.text
        );
    }
    assert_code(
        &org.get_with("organizations", "odata.track-changes").await,
        400,
        "0x80072491",
    );
    let old = "leads?$select=lastname&$deltatoken=1000001%2101%2f01%2f2020%2008%3a10%3a44";
    assert_code(&org.get(old).await, 400, "0x80044352");
    let (_, link, _) = walk(&org, "leads?$select=lastname", "odata.track-changes").await;
    org.sandbox.world().dynamics.touch_schema("lead");
    assert_code(&org.get(&link.unwrap()).await, 400, "0x80044352");
}
