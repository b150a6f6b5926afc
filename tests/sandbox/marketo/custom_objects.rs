//! Custom object types from draft to approval, and their records.

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Server, code, reason};

const SCHEMA: &str = "/rest/v1/customobjects/schema";

async fn done(server: &Server, path: &str, body: Value) {
    let answer = server.post(&format!("{SCHEMA}{path}.json"), body).await;
    assert_eq!(
        (&answer["success"], &answer["result"]),
        (&json!(true), &json!([])),
        "{answer}"
    );
}

/// A type "crmAsset" with a key, a link to people and a text; not yet approved.
async fn draft(server: &Server) {
    let body = json!({"action": "createOnly", "apiName": "crmAsset", "displayName": "CRM Asset",
        "pluralName": "CRM Assets", "description": "Installed base", "showInLeadDetail": true});
    done(server, "", body).await;
    let fields = json!([
        {"name": "assetNo", "displayName": "Asset No", "dataType": "string", "isDedupeField": true},
        {"name": "leadID", "displayName": "Lead", "dataType": "link",
         "relatedTo": {"name": "Lead", "field": "Id"}},
        {"name": "model", "displayName": "Model", "dataType": "string"},
    ]);
    done(server, "/crmAsset/addField", json!({"input": fields})).await;
}

async fn describe(server: &Server, state: &str) -> Value {
    let answer = server
        .get(&format!("{SCHEMA}/crmAsset/describe.json?state={state}"))
        .await;
    answer["result"][0].clone()
}

#[tokio::test]
async fn a_type_goes_from_draft_to_approved_to_approved_with_draft() {
    let server = Server::usual().await;
    draft(&server).await;
    let shown = describe(&server, "draft").await;
    assert_eq!(shown["state"], "draft");
    assert_eq!(shown["idField"], Value::Null);
    assert_eq!(shown["createdAt"], Value::Null);
    assert_eq!(shown["searchableFields"], json!([[]]));
    assert_eq!(shown["fields"].as_array().unwrap().len(), 6);
    let early = json!({"input": [{"assetNo": "A-17"}]});
    assert_eq!(
        code(
            &server
                .post("/rest/v1/customobjects/crmAsset.json", early)
                .await
        ),
        "1013"
    );

    done(&server, "/crmAsset/approve", json!({})).await;
    let shown = describe(&server, "approved").await;
    assert_eq!(
        (&shown["state"], &shown["version"]),
        (&json!("approved"), &json!("approved"))
    );
    assert_eq!(shown["idField"], "marketoGUID");
    assert_eq!(shown["dedupeFields"], json!(["assetNo"]));
    assert!(
        shown["searchableFields"]
            .as_array()
            .unwrap()
            .contains(&json!(["leadID"]))
    );
    assert_eq!(
        shown["relationships"],
        json!([{"field": "leadID", "type": "child", "relatedTo": {"name": "Lead", "field": "id"}}])
    );
    let link = shown["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["name"] == "leadID")
        .unwrap();
    assert_eq!(
        link["dataType"], "integer",
        "a link has the type of its target"
    );
}

#[tokio::test]
async fn an_approved_type_is_changed_through_a_new_draft() {
    let server = Server::usual().await;
    draft(&server).await;
    done(&server, "/crmAsset/approve", json!({})).await;
    let field = json!({"name": "color", "displayName": "Color", "dataType": "string"});
    done(&server, "/crmAsset/addField", json!({"input": [field]})).await;
    assert_eq!(
        describe(&server, "draft").await["state"],
        "approvedWithDraft"
    );
    let key = json!({"name": "k", "displayName": "K", "dataType": "string", "isDedupeField": true});
    let answer = server
        .post(
            &format!("{SCHEMA}/crmAsset/addField.json"),
            json!({"input": [key]}),
        )
        .await;
    assert_eq!(code(&answer), "1003", "keys of an approved type stay");
    done(&server, "/crmAsset/discardDraft", json!({})).await;
    assert_eq!(describe(&server, "approved").await["state"], "approved");
    let again = server
        .post(&format!("{SCHEMA}/crmAsset/discardDraft.json"), json!({}))
        .await;
    assert_eq!(code(&again), "1048");
}

#[tokio::test]
async fn records_are_written_and_found_under_both_names_of_their_type() {
    let server = Server::usual().await;
    draft(&server).await;
    done(&server, "/crmAsset/approve", json!({})).await;
    let lead = server
        .instance
        .seed_person(&[("email", json!("a@x.example"))]);
    let input = json!([
        {"assetNo": "A-17", "leadID": lead, "model": "X2"}, {"assetNo": "A-18", "leadID": lead + 1},
    ]);
    let body = json!({"action": "createOrUpdate", "dedupeBy": "dedupeFields", "input": input});
    let rows = server
        .post("/rest/v1/customobjects/crmAsset_c.json", body)
        .await["result"]
        .clone();
    assert_eq!(
        (&rows[0]["seq"], &rows[0]["status"]),
        (&json!(0), &json!("created"))
    );
    assert_eq!(reason(&rows[1]), "1004", "no such person");
    for name in ["crmAsset", "crmAsset_c"] {
        let path =
            format!("/rest/v1/customobjects/{name}.json?filterType=leadID&filterValues={lead}");
        let found = server.get(&format!("{path}&fields=model,leadID")).await;
        assert_eq!(
            found["result"],
            json!([{"seq": 0, "marketoGUID": rows[0]["marketoGUID"], "model": "X2", "leadID": lead}])
        );
        let body = json!({"filterType": "dedupeFields", "input": [{"assetNo": "a-17"}]});
        let found = server
            .post(
                &format!("/rest/v1/customobjects/{name}.json?_method=GET"),
                body,
            )
            .await;
        let names: Vec<&String> = found["result"][0].as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            ["assetNo", "createdAt", "marketoGUID", "seq", "updatedAt"]
        );
    }
    let list = server
        .get("/rest/v1/customobjects.json?names=crmAsset")
        .await;
    assert_eq!(list["result"][0]["dedupeFields"], json!(["assetNo"]));
    let body = json!({"deleteBy": "idField", "input": [{"marketoGUID": rows[0]["marketoGUID"]}]});
    let gone = server
        .post("/rest/v1/customobjects/crmAsset/delete.json", body)
        .await;
    assert_eq!(gone["result"][0]["status"], "deleted");
    done(&server, "/crmAsset/delete", json!({})).await;
    assert_eq!(
        code(
            &server
                .get(&format!("{SCHEMA}/crmAsset/describe.json"))
                .await
        ),
        "1013"
    );
}

#[tokio::test]
async fn a_type_without_key_or_entitlement_is_refused() {
    let server = Server::usual().await;
    let body = json!({"action": "createOnly", "apiName": "bare", "displayName": "Bare"});
    done(&server, "", body.clone()).await;
    assert_eq!(
        code(&server.post(&format!("{SCHEMA}.json"), body).await),
        "1017"
    );
    assert_eq!(
        code(
            &server
                .post(&format!("{SCHEMA}/bare/approve.json"), json!({}))
                .await
        ),
        "1003"
    );
    let options = InstanceOptions {
        custom_object_schema: false,
        ..Default::default()
    };
    let server = Server::http(options).await;
    assert_eq!(code(&server.get(&format!("{SCHEMA}.json")).await), "616");
}
