//! What clients need around the lead database: lists, partitions, forms, pushes, custom activities,
//! and people who change things from within the product.

use std::time::Duration;

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Server, code, reason};

async fn made_list(server: &Server, name: &str) -> i64 {
    let folder = server
        .get("/rest/asset/v1/folder/byName.json?name=Group%20Lists")
        .await;
    let id = &folder["result"][0]["id"];
    let body = format!("name={name}&folder=%7B%22id%22%3A{id}%2C%22type%22%3A%22Folder%22%7D");
    let made = server.form("/rest/asset/v1/staticLists.json", &body).await;
    assert_eq!(
        made["errors"],
        json!([]),
        "the asset calls always send errors"
    );
    made["result"][0]["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_static_list_is_made_filled_read_and_deleted() {
    let server = Server::usual().await;
    let none = server
        .get("/rest/asset/v1/staticList/byName.json?name=Fair")
        .await;
    assert_eq!((&none["success"], none.get("result")), (&json!(true), None));
    assert_eq!(none["warnings"].as_array().unwrap().len(), 1);
    let list = made_list(&server, "Fair").await;
    let people: Vec<i64> = (0..2)
        .map(|n| {
            server
                .instance
                .seed_person(&[("city", json!(format!("C{n}")))])
        })
        .collect();
    let path = format!("/rest/v1/lists/{list}/leads.json");
    let body = json!({"input": [{"id": people[0]}, {"id": people[1]}, {"id": 5}]});
    let added = server.post(&path, body).await;
    assert_eq!(
        added["result"][0],
        json!({"id": people[0], "status": "added"})
    );
    assert_eq!(reason(&added["result"][2]), "1004");
    let query = format!("id={}&id={}&id=5", people[0], people[1]);
    let asked = server
        .get(&format!(
            "/rest/v1/lists/{list}/leads/ismember.json?{query}"
        ))
        .await;
    assert_eq!(asked["result"][0]["status"], "memberof");
    assert_eq!(asked["result"][2]["status"], "skipped");
    for word in ["list", "lists"] {
        let page = server
            .get(&format!("/rest/v1/{word}/{list}/leads.json?batchSize=1"))
            .await;
        assert_eq!(page["result"][0]["id"], people[0]);
        assert!(page["nextPageToken"].is_string());
    }
    let removed = server
        .json("DELETE", &path, json!({"input": [{"id": people[0]}]}))
        .await;
    assert_eq!(removed["result"][0]["status"], "removed");
    let again = server
        .json("DELETE", &path, json!({"input": [{"id": people[0]}]}))
        .await;
    assert_eq!(reason(&again["result"][0]), "1015");
    let member = server
        .get(&format!("/rest/v1/leads/{}/listMembership.json", people[1]))
        .await;
    assert_eq!(member["result"], json!([{"listId": list}]));
    let found = server.get("/rest/v1/lists.json?name=Fair").await;
    assert_eq!(found["result"][0]["id"], list);
    let gone = server
        .form(&format!("/rest/asset/v1/staticList/{list}/delete.json"), "")
        .await;
    assert_eq!(gone["result"], json!([{"id": list}]));
    assert_eq!(
        code(&server.get(&format!("/rest/v1/lists/{list}.json")).await),
        "1013"
    );
}

#[tokio::test]
async fn ids_joined_before_they_were_encoded_are_understood() {
    let server = Server::usual().await;
    let list = made_list(&server, "Fair").await;
    let path = format!("/rest/v1/lists/{list}/leads/ismember.json?id=1%26id%3D2");
    let both = server.get(&path).await;
    assert_eq!(
        both["result"].as_array().unwrap().len(),
        2,
        "a JavaScript client joins so"
    );
}

#[tokio::test]
async fn partitions_hold_people_apart() {
    let partitions = vec!["Default".to_owned(), "EMEA".to_owned()];
    let server = Server::http(InstanceOptions {
        partitions,
        ..Default::default()
    })
    .await;
    let all = server.get("/rest/v1/leads/partitions.json").await;
    assert_eq!(all["result"][1]["name"], "EMEA");
    let body = json!({"partitionName": "EMEA", "input": [{"email": "a@x.example"}]});
    let id = server.post("/rest/v1/leads.json", body).await["result"][0]["id"].clone();
    let body = json!({"partitionName": "Default", "input": [{"email": "a@x.example"}]});
    let elsewhere = server.post("/rest/v1/leads.json", body).await;
    assert_eq!(reason(&elsewhere["result"][0]), "1010");
    let body = json!({"partitionName": "Nope", "input": [{"email": "a@x.example"}]});
    assert_eq!(
        code(&server.post("/rest/v1/leads.json", body).await),
        "1008"
    );
    let found = server
        .get("/rest/v1/leads.json?filterType=leadPartitionId&filterValues=2")
        .await;
    assert_eq!(found["result"][0]["id"], id);
    let input = json!([{"id": id, "partitionName": "Default"}, {"id": id, "partitionName": "X"},
                       {"id": id}, {"id": 5, "partitionName": "EMEA"}]);
    let moved = server
        .post("/rest/v1/leads/partitions.json", json!({"input": input}))
        .await;
    assert_eq!(moved["result"][0]["status"], "updated");
    let codes: Vec<&str> = (1..4).map(|at| reason(&moved["result"][at])).collect();
    assert_eq!(codes, ["1008", "1009", "1004"]);
}

#[tokio::test]
async fn forms_pushes_and_cookies_reach_a_person() {
    let server = Server::usual().await;
    let form = |email: &str| {
        json!({"formId": 1029, "input": [{"leadFormFields": {"email": email, "firstName": "Fay"},
               "visitorData": {"pageURL": "https://x.example"}, "cookie": "id:1&token:2"}]})
    };
    let made = server
        .post("/rest/v1/leads/submitForm.json", form("f@x.example"))
        .await;
    assert_eq!(made["result"][0]["status"], "created");
    let again = server
        .post("/rest/v1/leads/submitForm.json", form("F@x.example"))
        .await;
    assert_eq!(
        again["result"][0],
        json!({"id": made["result"][0]["id"], "status": "updated"})
    );
    let body = json!({"programName": "CRM Sync", "source": "fair", "reason": "badge",
                      "input": [{"email": "f@x.example", "lastName": "Fox"}]});
    let pushed = server.post("/rest/v1/leads/push.json", body).await;
    assert_eq!(pushed["result"][0]["status"], "updated");
    let id = made["result"][0]["id"].as_i64().unwrap();
    let tied = server
        .form(
            &format!("/rest/v1/leads/{id}/associate.json?cookie=abc"),
            "",
        )
        .await;
    assert_eq!(tied.as_object().unwrap().len(), 2);
    let found = server
        .get("/rest/v1/leads.json?filterType=cookies&filterValues=abc")
        .await;
    assert_eq!(found["result"][0]["id"], id);
    let lost = server
        .form("/rest/v1/leads/5/associate.json?cookie=abc", "")
        .await;
    assert_eq!(code(&lost), "1004");
}

#[tokio::test(start_paused = true)]
async fn a_custom_activity_type_is_approved_and_its_activities_read_back() {
    let server = Server::direct(InstanceOptions::default()).await;
    let person = server.instance.seed_person(&[]);
    let base = "/rest/v1/activities/external";
    let body = json!({"apiName": "ticket", "name": "Ticket", "description": "A ticket",
        "triggerName": "Opens Ticket", "filterName": "Opened Ticket",
        "primaryAttribute": {"apiName": "subject", "name": "Subject", "dataType": "string"}});
    let made = server.post(&format!("{base}/type.json"), body).await;
    assert_eq!(made["result"][0]["status"], "draft");
    let kind = made["result"][0]["id"].as_i64().unwrap();
    assert!(kind > 100_000);
    let body =
        json!({"attributes": [{"apiName": "priority", "name": "Priority", "dataType": "string"}]});
    server
        .post(&format!("{base}/type/ticket/attributes/create.json"), body)
        .await;
    let approved = server
        .form(&format!("{base}/type/ticket/approve.json"), "")
        .await;
    assert_eq!(approved["result"][0]["status"], "approved");
    let activity = |lead: i64| {
        json!({"leadId": lead, "activityDate": "2026-08-17T09:30:00Z", "activityTypeId": kind,
               "primaryAttributeValue": "Opened ticket 77",
               "attributes": [{"apiName": "priority", "value": "2"}]})
    };
    let token = server.since("2026-08-17T09:00:00Z").await;
    let body = json!({"input": [activity(person), activity(5)]});
    let added = server.post(&format!("{base}.json"), body).await;
    assert_eq!(added["result"][0]["status"], "added");
    assert_eq!(
        added["result"][1]["errors"][0]["code"], "1004",
        "errors, not reasons"
    );
    let path = format!("/rest/v1/activities.json?activityTypeIds={kind}&nextPageToken={token}");
    let read = server.get(&path).await["result"][0].clone();
    assert_eq!(read["activityDate"], "2026-08-17T09:30:00Z");
    assert_eq!(read["primaryAttributeValue"], "Opened ticket 77");
    assert_eq!(
        read["attributes"],
        json!([{"name": "Priority", "value": "2"}])
    );
}

#[tokio::test(start_paused = true)]
async fn people_within_the_product_do_all_kinds_of_things() {
    let server = Server::direct(InstanceOptions::default()).await;
    for n in 0..200 {
        server
            .instance
            .seed_person(&[("email", json!(format!("p{n}@x.example")))]);
    }
    let token = server.since("2026-08-17T09:00:00Z").await;
    let mut rng = fastrand::Rng::with_seed(7);
    let mut steps: Vec<String> = Vec::new();
    for _ in 0..600 {
        steps.push(server.instance.human_step(&mut rng));
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    for word in [
        "score",
        "status",
        "edited",
        "unsubscribed",
        "filled",
        "made",
        "imported",
        "merged",
        "deleted",
    ] {
        assert!(
            steps.iter().any(|step| step.contains(word)),
            "nobody {word}"
        );
    }
    assert!(steps.iter().all(|step| !step.contains('@')), "ids only");
    for kind in [2, 12, 13, 22, 24, 32, 37] {
        let path = format!("/rest/v1/activities.json?activityTypeIds={kind}&nextPageToken={token}");
        let answer: Value = server.get(&path).await;
        assert!(
            !answer["result"].as_array().unwrap().is_empty(),
            "no activity of type {kind}"
        );
    }
    let again = fastrand::Rng::with_seed(7);
    let twin = Server::direct(InstanceOptions::default()).await;
    for n in 0..200 {
        twin.instance
            .seed_person(&[("email", json!(format!("p{n}@x.example")))]);
    }
    let mut rng = again;
    let same: Vec<String> = (0..600)
        .map(|_| twin.instance.human_step(&mut rng))
        .collect();
    assert_eq!(same, steps, "the same seed does the same things");
}

#[tokio::test]
async fn program_members_have_a_status() {
    let server = Server::usual().await;
    let person = server
        .instance
        .seed_person(&[("email", json!("m@x.example"))]);
    let path = "/rest/v1/leads/programs/1044";
    let body = json!({"status": "Influenced", "input": [{"id": person}, {"id": 5}]});
    let set = server.post(&format!("{path}/status.json"), body).await;
    assert_eq!(
        set["result"][0],
        json!({"id": person, "status": "Influenced"})
    );
    assert_eq!(reason(&set["result"][1]), "1004");
    let members = server.get(&format!("{path}.json")).await;
    assert_eq!(members["result"][0]["id"], person);
    let body = json!({"status": "Nope", "input": [{"id": person}]});
    assert_eq!(
        code(&server.post(&format!("{path}/status.json"), body).await),
        "1025"
    );
}
