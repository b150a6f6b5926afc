//! The fault dial: each kind strikes as it says, and the world is whole behind it.

use serde_json::json;
use syncdeck::sandbox::{Faults, Limits, SandboxOptions};

use super::harness::{Org, walk};

async fn dialled() -> (Org, Faults) {
    let faults = Faults::seeded(5);
    let options = SandboxOptions {
        people: 10,
        limits: Limits::Off,
        faults: faults.clone(),
        ..SandboxOptions::default()
    };
    (Org::start(options).await, faults)
}

#[tokio::test]
async fn refusals_of_the_dial_carry_status_and_code() {
    let (org, faults) = dialled().await;
    for (kind, status, code) in [
        ("500", 500, "0x80040216"),
        ("deadlock", 500, "0x80044150"),
        ("timeout", 500, "0x80044151"),
        ("503", 503, "0x8004a001"),
        ("403", 403, "0x80040220"),
        ("429", 429, "0x80072322"),
        ("429time", 429, "0x80072321"),
        ("429concurrency", 429, "0x80072326"),
    ] {
        faults.set(&format!("dynamics:{kind}=x1")).unwrap();
        let got = org.get("leads?$top=1").await;
        assert_eq!((got.status, got.code().as_str()), (status, code), "{kind}");
        assert_eq!(
            org.get("leads?$top=1").await.status,
            200,
            "{kind} strikes once"
        );
    }
}

#[tokio::test]
async fn conditional_faults_strike_only_where_they_can() {
    let (org, faults) = dialled().await;
    let id = org.lead("Fault").await;
    let (_, link, _) = walk(&org, "leads?$select=lastname", "odata.track-changes").await;
    faults.set("dynamics:412=x1,dynamics:expired=x1").unwrap();
    assert_eq!(org.get("leads?$top=1").await.status, 200);
    let here = format!("leads({id})");
    let guarded = org
        .patch(&here, &["If-Match: *"], json!({"jobtitle": "x"}))
        .await;
    assert_eq!(
        (guarded.status, guarded.code().as_str()),
        (412, "0x80060882")
    );
    let link = link.unwrap();
    assert_eq!(org.get(&link).await.code(), "0x80044352");
    assert_eq!(org.get(&link).await.status, 200);
    faults.set("dynamics:401=x1").unwrap();
    assert_eq!(org.get("WhoAmI").await.status, 401, "every token is void");
    assert_eq!(org.get("WhoAmI").await.status, 401, "and stays so");
}

#[tokio::test]
async fn spoiled_answers_hide_a_write_that_was_done() {
    let (org, faults) = dialled().await;
    for (kind, status, content) in [
        ("html", 502, "text/html"),
        ("type", 204, ""),
        ("truncated", 204, ""),
    ] {
        faults.set(&format!("dynamics:{kind}=x1")).unwrap();
        let name = format!("Spoiled {kind}");
        let got = org.post("leads", json!({"lastname": name})).await;
        assert_eq!(got.status, status, "{kind}");
        assert!(got.header("content-type").starts_with(content), "{kind}");
        let found = org
            .get(&format!("leads/$count?$filter=lastname eq '{name}'"))
            .await;
        assert_eq!(found.text, "1", "{kind}");
    }
    faults.set("dynamics:truncated=x1").unwrap();
    let half = org.get("leads").await;
    assert_eq!(half.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&half.text).is_err());
    faults.set("dynamics:cut=x1").unwrap();
    let url = format!("{}/api/data/v9.2/leads", org.origin);
    let answer = org
        .http
        .get(url)
        .bearer_auth(&org.token)
        .send()
        .await
        .unwrap();
    assert!(
        answer.bytes().await.is_err(),
        "the connection breaks in the middle"
    );
}

#[tokio::test]
async fn one_bad_record_of_a_batch_leaves_its_mates_alone() {
    let (org, faults) = dialled().await;
    faults.set("dynamics:bad=x1").unwrap();
    let part = |n: u8| {
        format!(
            "--batch_a1\r\nContent-Type: application/http\r\n\r\nPOST leads HTTP/1.1\r\n\r\n{{\"lastname\":\"Mate {n}\"}}\r\n"
        )
    };
    let body = format!("{}{}{}--batch_a1--\r\n", part(1), part(2), part(3));
    let got = org.batch(&body, &["Prefer: odata.continue-on-error"]).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.text.matches("HTTP/1.1 204").count(), 2, "{}", got.text);
    assert!(got.text.contains("0x80040265"));
}

#[tokio::test]
async fn dial_is_turned_over_http_and_refuses_nonsense() {
    let (org, faults) = dialled().await;
    let dial = format!("{}/sandbox/faults", org.origin);
    let set = org
        .http
        .post(&dial)
        .body("dynamics:503=0.25,marketo:606=x2")
        .send()
        .await
        .unwrap();
    assert_eq!(set.status(), 204);
    assert_eq!(faults.describe(), "dynamics:503=0.25,marketo:606=x2");
    for bad in [
        "nonsense",
        "dynamics:503=2",
        "elsewhere:503=1",
        "dynamics:=1",
    ] {
        assert!(faults.set(bad).is_err(), "{bad}");
    }
    assert_eq!(
        faults.describe(),
        "dynamics:503=0.25,marketo:606=x2",
        "a refused setting changes nothing"
    );
    let before: Vec<bool> = (0..50).map(|_| faults.roll("dynamics", "503")).collect();
    let twin = Faults::parse("dynamics:503=0.25", 5).unwrap();
    let again: Vec<bool> = (0..50).map(|_| twin.roll("dynamics", "503")).collect();
    assert_eq!(before, again, "the same seed strikes alike");
    assert!(before.iter().any(|hit| *hit) && !before.iter().all(|hit| *hit));
}

#[tokio::test]
async fn restored_database_answers_newer_tokens_with_nothing() {
    let (org, _) = dialled().await;
    let dynamics = &org.sandbox.world().dynamics;
    let before = dynamics.snapshot();
    let id = org.lead("Later").await;
    let (_, link, _) = walk(&org, "leads?$select=lastname", "odata.track-changes").await;
    dynamics.restore(before);
    assert_eq!(org.get(&format!("leads({id})")).await.status, 404);
    let delta = org.get(&link.unwrap()).await;
    assert_eq!((delta.status, &delta.json()["value"]), (200, &json!([])));
}

#[tokio::test]
async fn plug_in_moves_the_version_right_after_a_write() {
    let (org, faults) = dialled().await;
    let id = org.lead("Plugged").await;
    faults.set("dynamics:plugin=x1").unwrap();
    let path = format!("leads({id})?$select=versionnumber");
    let prefer = ["Prefer: return=representation"];
    let told = org
        .patch(&path, &prefer, json!({"jobtitle": "x"}))
        .await
        .json();
    let found = org.get(&path).await.json();
    assert!(found["versionnumber"].as_i64() > told["versionnumber"].as_i64());
}
