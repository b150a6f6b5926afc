//! People: look-ups, the four actions, one outcome a record, deletes.

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::{InstanceOptions, OpenPoints};

use super::harness::{Server, code, reason};

fn id(outcome: &Value) -> i64 {
    outcome["id"].as_i64().unwrap()
}

#[tokio::test]
async fn usual_fields_come_with_explicit_nulls() {
    let server = Server::usual().await;
    let made = server
        .sync(
            "createOrUpdate",
            "email",
            json!([{"email": "Ann@x.example"}]),
        )
        .await;
    let path = "/rest/v1/leads.json?filterType=email&filterValues=ann@X.example";
    let answer = server.get(path).await;
    let person = &answer["result"][0];
    assert_eq!(person["id"], made[0]["id"]);
    assert_eq!(
        person["email"], "Ann@x.example",
        "found without case, kept as written"
    );
    assert_eq!(person.as_object().unwrap().len(), 6, "{person}");
    assert!(person["firstName"].is_null() && person.get("firstName").is_some());
    let stamp = person["createdAt"].as_str().unwrap();
    assert!(stamp.len() == 20 && stamp.ends_with('Z'), "{stamp}");
    assert!(answer.get("nextPageToken").is_none());
    let none = server
        .get("/rest/v1/leads.json?filterType=email&filterValues=no@x.example")
        .await;
    assert_eq!(
        (&none["success"], &none["result"]),
        (&json!(true), &json!([]))
    );
}

#[tokio::test]
async fn each_action_meets_none_one_and_several_matches() {
    let server = Server::usual().await;
    server
        .instance
        .seed_person(&[("email", json!("one@x.example"))]);
    for _ in 0..2 {
        server
            .instance
            .seed_person(&[("email", json!("two@x.example"))]);
    }
    let outcome = |found: &Value| match found["status"].as_str().unwrap() {
        "skipped" => reason(found).to_owned(),
        status => status.to_owned(),
    };
    for (action, none, one, several) in [
        ("createOrUpdate", "created", "updated", "1007"),
        ("createOnly", "created", "1005", "1005"),
        ("updateOnly", "1004", "updated", "1007"),
        ("createDuplicate", "created", "created", "created"),
    ] {
        if action == "createDuplicate" {
            server
                .instance
                .seed_person(&[("email", json!("other@x.example"))]);
        }
        let keys = [
            format!("{action}@x.example"),
            "one@x.example".into(),
            "two@x.example".into(),
        ];
        let input: Vec<Value> = keys
            .iter()
            .map(|key| json!({"email": key, "city": "Oslo"}))
            .collect();
        let found = server.sync(action, "email", json!(input)).await;
        let found: Vec<String> = found.iter().map(outcome).collect();
        assert_eq!(found, [none, one, several], "{action}");
    }
}

#[tokio::test]
async fn lookup_fields_are_checked_before_anything_is_done() {
    let server = Server::usual().await;
    let cases = [
        (
            "xyz",
            "createOrUpdate",
            "1006",
            "Lookup field 'xyz' not found",
        ),
        (
            "createdAt",
            "createOrUpdate",
            "1011",
            "Lookup field 'createdAt' not supported",
        ),
        (
            "firstName",
            "createOrUpdate",
            "1011",
            "Lookup field 'firstName' not supported",
        ),
        (
            "id",
            "createOrUpdate",
            "1003",
            "Lookup field 'id' is allowed with action 'updateOnly' only",
        ),
    ];
    for (field, action, expected, text) in cases {
        let body =
            json!({"action": action, "lookupField": field, "input": [{"email": "a@x.example"}]});
        let answer = server.post("/rest/v1/leads.json", body).await;
        assert_eq!(code(&answer), expected);
        assert_eq!(answer["errors"][0]["message"], text);
    }
    assert_eq!(server.instance.people_count(), 0);
    let by_name = server
        .get("/rest/v1/leads.json?filterType=updatedAt&filterValues=1")
        .await;
    assert_eq!(code(&by_name), "1011");
}

#[tokio::test]
async fn an_update_by_id_may_change_the_email() {
    let server = Server::usual().await;
    let person = server
        .instance
        .seed_person(&[("email", json!("old@x.example"))]);
    let input = json!([{"id": person, "email": "new@x.example"}, {"id": person + 1, "city": "X"}]);
    let outcomes = server.sync("updateOnly", "id", input).await;
    assert_eq!(outcomes[0], json!({"id": person, "status": "updated"}));
    assert_eq!(reason(&outcomes[1]), "1004");
    for (email, count) in [("old@x.example", 0), ("NEW@x.example", 1)] {
        let path = format!("/rest/v1/leads.json?filterType=email&filterValues={email}");
        assert_eq!(
            server.get(&path).await["result"].as_array().unwrap().len(),
            count
        );
    }
}

#[tokio::test]
async fn without_a_key_a_new_person_is_made_and_a_key_twice_in_a_batch_makes_two() {
    let server = Server::usual().await;
    let input = json!([{"lastName": "Nobody"}, {"email": "t@x.example"}, {"email": "T@x.example"}]);
    let outcomes = server.sync("createOrUpdate", "email", input).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome["status"] == "created")
    );
    assert_ne!(id(&outcomes[1]), id(&outcomes[2]));
    let again = server
        .sync("createOrUpdate", "email", json!([{"email": "t@x.example"}]))
        .await;
    assert_eq!(reason(&again[0]), "1007");
}

#[tokio::test]
async fn a_filter_takes_300_values_by_get_post_and_form_and_answers_in_pages() {
    let server = Server::usual().await;
    let emails: Vec<String> = (0..300).map(|n| format!("p{n}@x.example")).collect();
    for email in &emails {
        server.instance.seed_person(&[("email", json!(email))]);
    }
    let all = emails.join(",");
    let forms = [
        (
            "/rest/v1/leads.json?_method=GET",
            format!("filterType=email&filterValues={all}"),
        ),
        (
            "/rest/v1/leads.json",
            format!("_method=GET&filterType=email&filterValues={all}"),
        ),
        (
            "/rest/v1/leads.json?_method=GET&filterType=email",
            format!("filterValues={all}&fields=id"),
        ),
    ];
    for (path, body) in forms {
        let answer = server.form(path, &body).await;
        assert_eq!(answer["result"].as_array().unwrap().len(), 300, "{path}");
    }
    let mut seen = 0;
    let mut token = String::new();
    loop {
        let body = format!(
            "_method=GET&filterType=email&filterValues={all}&batchSize=120&nextPageToken={token}"
        );
        let answer = server.form("/rest/v1/leads.json", &body).await;
        seen += answer["result"].as_array().unwrap().len();
        match answer["nextPageToken"].as_str() {
            Some(next) => token = next.replace('=', "%3D"),
            None => break,
        }
    }
    assert_eq!(seen, 300);
    let answer = server
        .form(
            "/rest/v1/leads.json",
            &format!("_method=GET&filterType=email&filterValues={all},x@y.z"),
        )
        .await;
    assert_eq!(code(&answer), "1003", "301 values");
}

#[tokio::test]
async fn a_filter_that_matches_more_than_1000_people_is_refused() {
    let server = Server::usual().await;
    for _ in 0..1001 {
        server
            .instance
            .seed_person(&[("email", json!("same@x.example"))]);
    }
    let path = "/rest/v1/leads.json?filterType=email&filterValues=same@x.example";
    assert_eq!(code(&server.get(path).await), "1003");
}

#[tokio::test]
async fn an_unknown_id_answers_empty_or_as_switched() {
    let server = Server::usual().await;
    let answer = server.get("/rest/v1/lead/5.json").await;
    assert_eq!(
        (&answer["success"], &answer["result"]),
        (&json!(true), &json!([]))
    );
    let open = OpenPoints {
        unknown_person: Some(1004),
        ..Default::default()
    };
    let server = Server::http(InstanceOptions {
        open,
        ..Default::default()
    })
    .await;
    assert_eq!(code(&server.get("/rest/v1/lead/5.json").await), "1004");
}

#[tokio::test]
async fn deletes_come_in_all_their_forms() {
    let server = Server::usual().await;
    let people: Vec<i64> = (0..4)
        .map(|n| {
            server
                .instance
                .seed_person(&[("email", json!(format!("d{n}@x.example")))])
        })
        .collect();
    let body = |id: i64| json!({"input": [{"id": id}]});
    let modern = server
        .post("/rest/v1/leads/delete.json", body(people[0]))
        .await;
    assert_eq!(
        modern["result"][0],
        json!({"id": people[0], "status": "deleted"})
    );
    let query = format!("/rest/v1/leads/delete.json?id={},{}", people[1], people[0]);
    let query = server.post(&query, Value::Null).await;
    assert_eq!(code(&query), "609", "a JSON body that is no object");
    let path = format!("/rest/v1/leads/delete.json?id={},{}", people[1], people[0]);
    let answer = server.form(&path, "").await;
    assert_eq!(answer["result"][0]["status"], "deleted");
    assert_eq!(reason(&answer["result"][1]), "1004");
    let old = server
        .json("DELETE", "/rest/v1/leads.json", body(people[2]))
        .await;
    assert_eq!(old["result"][0]["status"], "deleted");
    let older = server
        .post("/rest/v1/leads.json?_method=DELETE", body(people[3]))
        .await;
    assert_eq!(older["result"][0]["status"], "deleted");
    assert_eq!(server.instance.people_count(), 0);
}

#[tokio::test]
async fn more_than_300_records_bad_json_and_wrong_types_refuse_the_call() {
    let server = Server::usual().await;
    let many: Vec<Value> = (0..301)
        .map(|n| json!({"email": format!("{n}@x.example")}))
        .collect();
    let answer = server
        .post("/rest/v1/leads.json", json!({"input": many}))
        .await;
    assert_eq!(code(&answer), "1003");
    let bearer = format!("Bearer {}", server.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let raw = server
        .send("POST", "/rest/v1/leads.json", &headers, "{\"input\":[")
        .await;
    assert_eq!(code(&raw.json()), "609");
    let raw = server.form("/rest/v1/leads.json", "email=a").await;
    assert_eq!(code(&raw), "612");
    assert_eq!(code(&server.get("/rest/v1/nowhere.json").await), "610");
    let raw = server.json("PUT", "/rest/v1/leads.json", json!({})).await;
    assert_eq!(code(&raw), "605");
    assert_eq!(server.instance.people_count(), 0);
}

#[tokio::test]
async fn a_company_member_refuses_company_fields_and_keeps_its_company() {
    let server = Server::usual().await;
    let fields = [
        ("email", json!("m@x.example")),
        ("externalCompanyId", json!("C1")),
    ];
    let person = server.instance.seed_person(&fields);
    let loner = server
        .instance
        .seed_person(&[("email", json!("l@x.example"))]);
    let input = json!([
        {"id": person, "industry": "Steel"}, {"id": loner, "industry": "Steel"},
        {"id": person, "externalCompanyId": null}, {"id": person, "externalCompanyId": "C2"},
        {"id": loner, "externalCompanyId": null},
    ]);
    let outcomes = server.sync("updateOnly", "id", input).await;
    assert_eq!(reason(&outcomes[0]), "1021");
    assert_eq!(outcomes[1]["status"], "updated");
    assert_eq!(reason(&outcomes[2]), "1003");
    assert_eq!(outcomes[3]["status"], "updated");
    assert_eq!(outcomes[4]["status"], "updated");
}
