//! The description of people's fields, and custom fields made by the API.

use serde_json::{Value, json};

use super::harness::{Server, code, reason};

#[tokio::test]
async fn describe_has_the_shape_of_a_live_answer() {
    let server = Server::usual().await;
    let answer = server.get("/rest/v1/leads/describe.json").await;
    let fields = answer["result"].as_array().unwrap();
    let named = |name: &str| {
        fields
            .iter()
            .find(|field| field["rest"]["name"] == name)
            .unwrap()
    };
    assert_eq!(
        *named("email"),
        json!({"id": 56, "displayName": "Email Address", "dataType": "email", "length": 255,
               "rest": {"name": "email", "readOnly": false},
               "soap": {"name": "email", "readOnly": false}})
    );
    assert_eq!(named("leadScore")["dataType"], "integer");
    assert_eq!(named("externalCompanyId")["length"], 50);
    assert!(
        named("address").get("length").is_none(),
        "text areas state no length"
    );
    assert_eq!(named("createdAt")["rest"]["readOnly"], true);
    assert_eq!(named("id")["rest"]["readOnly"], false);
    for name in [
        "personNotes",
        "doNotEmail",
        "homePhone",
        "topic",
        "address2",
        "statusReason",
    ] {
        assert!(
            named(name)["id"].as_i64().unwrap() >= 795,
            "{name} is a custom field"
        );
    }
}

#[tokio::test]
async fn describe2_names_the_searchable_fields() {
    let server = Server::usual().await;
    let answer = server.get("/rest/v1/leads/describe2.json").await;
    let object = &answer["result"][0];
    assert_eq!(object["name"], "API Lead");
    let searchable = object["searchableFields"].as_array().unwrap();
    for name in ["id", "email", "cookies", "topic"] {
        assert!(searchable.contains(&json!([name])), "{name}");
    }
    assert!(!searchable.contains(&json!(["firstName"])));
    let fields = object["fields"].as_array().unwrap();
    let named = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
    assert_eq!(
        *named("createdAt"),
        json!({"name": "createdAt", "displayName": "Created At", "dataType": "datetime",
               "updateable": false, "crmManaged": false})
    );
    assert_eq!(named("leadScore")["dataType"], "score");
}

fn guid_field() -> Value {
    json!({"displayName": "Dynamics Contact GUID", "name": "dynContactId", "dataType": "string",
           "description": "Key of the linked contact", "isHidden": false,
           "isHtmlEncodingInEmail": true, "isSensitive": false})
}

#[tokio::test]
async fn a_created_field_is_described_searchable_and_a_key_for_writes() {
    let server = Server::usual().await;
    let body = json!({"input": [guid_field()]});
    let answer = server.post("/rest/v1/leads/schema/fields.json", body).await;
    assert_eq!(
        answer["result"],
        json!([{"name": "dynContactId", "status": "created"}])
    );
    let one = server
        .get("/rest/v1/leads/schema/fields/dynContactId.json")
        .await;
    assert_eq!(
        one["result"][0],
        json!({"displayName": "Dynamics Contact GUID", "name": "dynContactId",
               "description": "Key of the linked contact", "dataType": "string", "length": 255,
               "isHidden": false, "isHtmlEncodingInEmail": true, "isSensitive": false,
               "isCustom": true, "isApiCreated": true})
    );
    let key = "6F1E0D3A-0000-4000-8000-00000000000A";
    let input = json!([{"dynContactId": key, "email": "ann@x.example"}]);
    let made = server.sync("createOrUpdate", "dynContactId", input).await;
    let again = json!([{"dynContactId": key.to_lowercase(), "lastName": "Berg"}]);
    let again = server.sync("createOrUpdate", "dynContactId", again).await;
    assert_eq!(again[0], json!({"id": made[0]["id"], "status": "updated"}));
    let path = format!("/rest/v1/leads.json?filterType=dynContactId&filterValues={key}");
    assert_eq!(server.get(&path).await["result"][0]["lastName"], "Berg");
}

#[tokio::test]
async fn field_definitions_are_checked_one_by_one() {
    let server = Server::usual().await;
    let with = |name: &str, value: Value| {
        let mut field = guid_field();
        field[name] = value;
        field
    };
    let input = json!([
        with("name", json!("9lives")),
        with("name", json!("with space")),
        with("dataType", json!("text")),
        with("displayName", Value::Null),
        with("name", json!("email")),
        guid_field(),
        guid_field(),
    ]);
    let answer = server
        .post("/rest/v1/leads/schema/fields.json", json!({"input": input}))
        .await;
    let rows = answer["result"].as_array().unwrap();
    for (row, expected) in rows.iter().zip(["1003", "1003", "1003", "1002", "1005"]) {
        assert_eq!(reason(row), expected, "{row}");
    }
    assert_eq!(rows[5]["status"], "created");
    assert_eq!(reason(&rows[6]), "1005");
}

#[tokio::test]
async fn only_some_attributes_of_a_field_may_change() {
    let server = Server::usual().await;
    server
        .post(
            "/rest/v1/leads/schema/fields.json",
            json!({"input": [guid_field()]}),
        )
        .await;
    let change = |name: &'static str, body: Value| {
        let server = &server;
        async move {
            let path = format!("/rest/v1/leads/schema/fields/{name}.json");
            server.post(&path, json!({"input": [body]})).await
        }
    };
    let answer = change(
        "dynContactId",
        json!({"displayName": "Key", "isHidden": true}),
    )
    .await;
    assert_eq!(
        answer["result"][0],
        json!({"name": "dynContactId", "status": "updated"})
    );
    let answer = change("dynContactId", json!({"dataType": "integer"})).await;
    assert_eq!(reason(&answer["result"][0]), "1003");
    let answer = change("city", json!({"displayName": "Town"})).await;
    assert_eq!(reason(&answer["result"][0]), "1003");
    assert_eq!(
        code(&change("nothing", json!({"description": "x"})).await),
        "1006"
    );
}

#[tokio::test]
async fn fields_are_browsed_in_pages() {
    let server = Server::usual().await;
    let mut names = Vec::new();
    let mut path = "/rest/v1/leads/schema/fields.json?batchSize=50".to_owned();
    loop {
        let answer = server.get(&path).await;
        names.extend(answer["result"].as_array().unwrap().clone());
        assert_eq!(answer["moreResult"], answer.get("nextPageToken").is_some());
        let Some(token) = answer["nextPageToken"].as_str() else {
            break;
        };
        let token = token.replace('=', "%3D");
        path = format!("/rest/v1/leads/schema/fields.json?batchSize=50&nextPageToken={token}");
    }
    assert!(names.len() > 100);
    assert!(names.iter().any(|field| field["name"] == "leadScore"));
}

#[tokio::test]
async fn people_alike_in_a_key_field_are_all_found_without_those_who_are_gone() {
    let server = Server::usual().await;
    let field =
        json!({"input": [{"name": "rowType", "displayName": "Row Type", "dataType": "string"}]});
    server
        .post("/rest/v1/leads/schema/fields.json", field)
        .await;
    let input: Vec<Value> = (0..6)
        .map(|n| json!({"email": format!("{n}@x.example"), "rowType": "contact"}))
        .collect();
    let made = server.sync("createOrUpdate", "email", json!(input)).await;
    let id = |n: usize| made[n]["id"].clone();
    server
        .sync(
            "updateOnly",
            "id",
            json!([{"id": id(0), "rowType": "lead"}]),
        )
        .await;
    let gone = json!({"input": [{"id": id(3)}]});
    server.post("/rest/v1/leads/delete.json", gone).await;
    server
        .sync(
            "updateOnly",
            "id",
            json!([{"id": id(0), "rowType": "Contact"}]),
        )
        .await;
    let path = "/rest/v1/leads.json?filterType=rowType&filterValues=CONTACT&fields=id";
    let found = server.get(path).await;
    let found: Vec<Value> = found["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| person["id"].clone())
        .collect();
    assert_eq!(found, [id(0), id(1), id(2), id(4), id(5)]);
}
