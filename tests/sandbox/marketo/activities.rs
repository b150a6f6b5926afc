//! Change detection: new people, changed fields with old and new values, deletes, merges, lag.

use std::time::Duration;

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Server, code};

const START: &str = "2026-08-17T09:00:00Z";

/// Walks a feed to its end; gives the elements and the last token.
async fn walk(server: &Server, call: &str, token: &str) -> (Vec<Value>, String) {
    let mut token = token.to_owned();
    let mut found = Vec::new();
    loop {
        let given = token.replace('=', "%3D");
        let mark = if call.contains('?') { '&' } else { '?' };
        let path = format!("/rest/v1/activities{call}{mark}nextPageToken={given}");
        let answer = server.get(&path).await;
        assert_eq!(answer["success"], true, "{answer}");
        found.extend(answer["result"].as_array().unwrap().clone());
        answer["nextPageToken"]
            .as_str()
            .unwrap()
            .clone_into(&mut token);
        if answer["moreResult"] == false {
            return (found, token);
        }
    }
}

async fn direct(lag: Duration) -> Server {
    Server::direct(InstanceOptions {
        activity_lag: lag,
        ..Default::default()
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_changed_field_shows_its_old_and_new_value_and_who_did_it() {
    let server = direct(Duration::ZERO).await;
    let person = server.instance.seed_person(&[
        ("email", json!("ann@contoso.example")),
        ("unsubscribed", json!(false)),
    ]);
    let token = server.since(START).await;
    let edit = [
        ("email", json!("ann@fabrikam.example")),
        ("unsubscribed", json!(true)),
    ];
    assert!(server.instance.edit_person(person, &edit, "Lead update"));
    let (found, _) = walk(&server, "/leadchanges.json?fields=email", &token).await;
    assert_eq!(found.len(), 1, "only the asked field");
    assert_eq!(found[0]["activityTypeId"], 13);
    assert_eq!(found[0]["leadId"], person);
    assert_eq!(found[0]["activityDate"], START);
    assert_eq!(found[0]["marketoGUID"], found[0]["id"].to_string());
    assert_eq!(
        found[0]["fields"],
        json!([{"id": 56, "name": "email", "newValue": "ann@fabrikam.example",
                "oldValue": "ann@contoso.example"}])
    );
    let attributes = found[0]["attributes"].as_array().unwrap();
    assert!(attributes.contains(&json!({"name": "Source", "value": "Lead update"})));
    assert!(attributes.contains(&json!({"name": "Lead ID", "value": person})));

    let (found, _) = walk(&server, ".json?activityTypeIds=13,12", &token).await;
    assert_eq!(found.len(), 2, "one activity a field");
    let consent = found
        .iter()
        .find(|entry| entry["primaryAttributeValueId"] == 79)
        .unwrap();
    assert_eq!(
        consent["primaryAttributeValue"], "Unsubscribed",
        "the display name"
    );
    let attributes = consent["attributes"].as_array().unwrap();
    assert!(attributes.contains(&json!({"name": "New Value", "value": "True"})));
    assert!(attributes.contains(&json!({"name": "Old Value", "value": "False"})));
}

#[tokio::test(start_paused = true)]
async fn an_api_write_shows_as_such_and_an_equal_one_not_at_all() {
    let server = direct(Duration::ZERO).await;
    let token = server.since(START).await;
    let person = json!([{"email": "a@x.example", "city": "Oslo"}]);
    let made = server.sync("createOrUpdate", "email", person.clone()).await;
    server.sync("createOrUpdate", "email", person).await;
    let (found, last) = walk(&server, "/leadchanges.json?fields=city", &token).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["activityTypeId"], 12);
    assert_eq!(found[0]["leadId"], made[0]["id"]);
    let input = json!([{"email": "a@x.example", "city": null}]);
    server.sync("createOrUpdate", "email", input).await;
    let (found, _) = walk(&server, "/leadchanges.json?fields=city", &last).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["fields"][0]["newValue"], Value::Null);
    let value = |name: &str| {
        let attributes = found[0]["attributes"].as_array().unwrap();
        attributes
            .iter()
            .find(|entry| entry["name"] == name)
            .unwrap()["value"]
            .clone()
    };
    assert_eq!(value("Source"), "Web service API");
    assert_eq!(value("Modifying User"), "sync-engine@example.com");
    assert!(value("Request Id").as_str().unwrap().contains('#'));
    assert!(value("API Method Name").is_string());
}

#[tokio::test(start_paused = true)]
async fn activities_become_visible_after_the_lag_with_their_true_date() {
    let server = direct(Duration::from_secs(30)).await;
    let token = server.since(START).await;
    server
        .instance
        .create_person(&[("email", json!("a@x.example"))], "Web form fillout");
    tokio::time::advance(Duration::from_secs(29)).await;
    let (found, token) = walk(&server, "/leadchanges.json?fields=email", &token).await;
    assert!(found.is_empty());
    let skipped = server.since("2026-08-17T09:00:29Z").await;
    tokio::time::advance(Duration::from_secs(2)).await;
    let (found, _) = walk(&server, "/leadchanges.json?fields=email", &token).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["activityDate"], START);
    let (lost, _) = walk(&server, "/leadchanges.json?fields=email", &skipped).await;
    assert!(
        lost.is_empty(),
        "who starts at \"now\" misses what was still under way"
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_may_be_empty_while_more_is_to_come() {
    let options = InstanceOptions {
        scan_distance: 2,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let token = server.since(START).await;
    let person = server
        .instance
        .create_person(&[("email", json!("a@x.example"))], "x");
    for n in 0..6 {
        server
            .instance
            .edit_person(person, &[("city", json!(format!("C{n}")))], "Lead update");
    }
    server
        .instance
        .edit_person(person, &[("state", json!("S"))], "Lead update");
    let path = format!("/rest/v1/activities.json?activityTypeIds=22&nextPageToken={token}");
    let answer = server.get(&path).await;
    assert_eq!(
        (&answer["result"], &answer["moreResult"]),
        (&json!([]), &json!(true))
    );
    let (found, _) = walk(&server, "/leadchanges.json?fields=state", &token).await;
    assert_eq!(found.len(), 2, "the new person and the one change");
}

#[tokio::test(start_paused = true)]
async fn more_than_a_page_within_one_second_is_walked_without_loss_or_repeat() {
    let server = direct(Duration::ZERO).await;
    let token = server.since(START).await;
    for n in 0..700 {
        server
            .instance
            .create_person(&[("email", json!(format!("{n}@x.example")))], "x");
    }
    let (found, _) = walk(
        &server,
        "/leadchanges.json?fields=email&batchSize=300",
        &token,
    )
    .await;
    let mut ids: Vec<&str> = found
        .iter()
        .map(|entry| entry["marketoGUID"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((found.len(), ids.len()), (700, 700));
}

#[tokio::test(start_paused = true)]
async fn deletes_have_their_own_feed_and_merges_only_a_trace_on_the_winner() {
    let server = direct(Duration::ZERO).await;
    let names = [("firstName", json!("Ann")), ("lastName", json!("Berg"))];
    let winner = server.instance.seed_person(&names);
    let loser = server
        .instance
        .seed_person(&[("email", json!("l@x.example"))]);
    let gone = server.instance.seed_person(&names);
    let token = server.since(START).await;
    assert!(server.instance.delete_person(gone));
    assert!(server.instance.merge_people(winner, &[loser]));
    assert!(!server.instance.merge_people(winner, &[loser]));
    let (found, last) = walk(&server, "/deletedleads.json", &token).await;
    assert_eq!(found.len(), 1, "a merge does not appear here");
    assert_eq!(found[0]["activityTypeId"], 37);
    assert_eq!(found[0]["primaryAttributeValueId"], gone);
    assert_eq!(found[0]["primaryAttributeValue"], "Ann Berg");
    assert_eq!(found[0]["attributes"], json!([]));
    let (found, _) = walk(&server, ".json?activityTypeIds=32", &token).await;
    assert_eq!(found[0]["leadId"], winner);
    let merged = json!({"name": "Merge IDs", "value": loser.to_string()});
    assert!(found[0]["attributes"].as_array().unwrap().contains(&merged));
    assert_eq!(
        server.field(winner, "email").await,
        "l@x.example",
        "filled from the loser"
    );
    assert!(server.instance.person(loser).is_none());
    let later = server.instance.seed_person(&names);
    server.instance.delete_person(later);
    let (found, _) = walk(&server, "/deletedleads.json", &last).await;
    assert_eq!(found.len(), 1, "the token goes on behind the last page");
    assert_eq!(found[0]["leadId"], later);
}

#[tokio::test(start_paused = true)]
async fn the_merge_call_takes_its_losers_from_the_query_and_answers_without_a_result() {
    let server = direct(Duration::ZERO).await;
    let people: Vec<i64> = (0..30)
        .map(|n| {
            server
                .instance
                .seed_person(&[("city", json!(format!("C{n}")))])
        })
        .collect();
    let merge = |losers: String| {
        let path = format!("/rest/v1/leads/{}/merge.json?leadIds={losers}", people[0]);
        let server = &server;
        async move { server.form(&path, "").await }
    };
    let answer = merge(format!("{},{}", people[1], people[2])).await;
    assert_eq!(answer["success"], true);
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    assert_eq!(server.instance.people_count(), 28);
    assert_eq!(
        server.field(people[0], "city").await,
        "C0",
        "the winner's value wins"
    );
    let gone = merge(people[1].to_string()).await;
    assert_eq!(code(&gone), "1004");
    assert_eq!(
        gone["errors"][0]["message"],
        format!("Lead '{}' not found", people[1])
    );
    let many: Vec<String> = people[3..29].iter().map(ToString::to_string).collect();
    assert_eq!(code(&merge(many.join(",")).await), "1080");
    assert_eq!(code(&merge(String::new()).await), "1002");
}

#[tokio::test(start_paused = true)]
async fn deletes_are_kept_14_days_changes_90_and_new_people_for_ever() {
    let mut server = direct(Duration::ZERO).await;
    let token = server.since(START).await;
    let person = server
        .instance
        .create_person(&[("email", json!("a@x.example"))], "x");
    server
        .instance
        .edit_person(person, &[("unsubscribed", json!(false))], "Lead update");
    server
        .instance
        .edit_person(person, &[("unsubscribed", json!(true))], "Lead update");
    server.instance.delete_person(person);
    let day = Duration::from_secs(86_400);
    for (days, deletes, kinds) in [
        (13, 1, vec![12, 13]),
        (2, 0, vec![12, 13]),
        (80, 0, vec![12]),
    ] {
        tokio::time::advance(day * days).await;
        server.login().await;
        let (found, _) = walk(&server, "/deletedleads.json", &token).await;
        assert_eq!(found.len(), deletes);
        let (found, _) = walk(&server, "/leadchanges.json?fields=unsubscribed", &token).await;
        let found: Vec<i64> = found
            .iter()
            .map(|entry| entry["activityTypeId"].as_i64().unwrap())
            .collect();
        assert_eq!(found, kinds, "a flag that was never set is false already");
    }
}

#[tokio::test(start_paused = true)]
async fn late_and_doubled_activities_come_on_request() {
    let server = direct(Duration::ZERO).await;
    let token = server.since(START).await;
    server.dial("late=1,late_ms=60000");
    server
        .instance
        .create_person(&[("email", json!("late@x.example"))], "x");
    server.dial("duplicate=1");
    server
        .instance
        .create_person(&[("email", json!("twice@x.example"))], "x");
    let (found, passed) = walk(&server, "/leadchanges.json?fields=email", &token).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["marketoGUID"], found[1]["marketoGUID"]);
    server.dial("");
    tokio::time::advance(Duration::from_secs(61)).await;
    let (found, _) = walk(&server, "/leadchanges.json?fields=email", &passed).await;
    assert!(
        found.is_empty(),
        "a late one does not wait for a passed token"
    );
    let (found, _) = walk(&server, "/leadchanges.json?fields=email", &token).await;
    assert_eq!(found.len(), 2, "reading an overlap finds it");
}
