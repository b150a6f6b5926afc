//! Companies, sales persons, opportunities and roles: outcomes by `seq`, keys, order of parents and
//! dependants, and the switch for the vendor's own CRM connector.

use serde_json::{Value, json};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::{Server, code, reason};

async fn sync(server: &Server, path: &str, body: Value) -> Vec<Value> {
    let answer = server.post(&format!("/rest/v1/{path}.json"), body).await;
    assert_eq!(answer["success"], true, "{answer}");
    answer["result"].as_array().unwrap().clone()
}

async fn delete(server: &Server, path: &str, key: Value) -> Value {
    let body = json!({"deleteBy": "dedupeFields", "input": [key]});
    sync(server, &format!("{path}/delete"), body).await[0].clone()
}

#[tokio::test]
async fn a_company_is_written_read_back_and_shown_on_its_people() {
    let server = Server::usual().await;
    let input = json!([{"externalCompanyId": "A9", "company": "Contoso", "numberOfEmployees": 120,
                        "website": "https://contoso.example", "billingCity": null}]);
    let body = json!({"action": "createOrUpdate", "dedupeBy": "dedupeFields", "input": input});
    let rows = sync(&server, "companies", body.clone()).await;
    let id = rows[0]["id"].as_i64().unwrap();
    assert_eq!(rows[0], json!({"seq": 0, "status": "created", "id": id}));
    assert_eq!(
        sync(&server, "companies", body).await[0]["status"],
        "updated"
    );
    let path = "/rest/v1/companies.json?filterType=externalCompanyId&filterValues=a9,zz\
                &fields=externalCompanyId,company,website,billingCity";
    let answer = server.get(path).await;
    assert_eq!(
        answer["result"],
        json!([{"seq": 0, "id": id, "externalCompanyId": "A9", "company": "Contoso",
                "website": "https://contoso.example", "billingCity": null}])
    );
    let defaults = server
        .get("/rest/v1/companies.json?filterType=dedupeFields&filterValues=A9")
        .await;
    let names: Vec<&String> = defaults["result"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["createdAt", "externalCompanyId", "id", "seq", "updatedAt"]
    );
    let person = server
        .instance
        .seed_person(&[("externalCompanyId", json!("a9"))]);
    assert_eq!(server.field(person, "company").await, "Contoso");
    assert_eq!(server.field(person, "numberOfEmployees").await, 120);
    assert_eq!(
        reason(&delete(&server, "companies", json!({"externalCompanyId": "A9"})).await),
        "1022"
    );
}

#[tokio::test]
async fn outcomes_are_told_by_seq() {
    let server = Server::usual().await;
    let first = json!({"action": "createOnly", "input": [{"externalSalesPersonId": "S1"}]});
    assert_eq!(
        sync(&server, "salespersons", first).await[0]["status"],
        "created"
    );
    let input = json!([
        {"externalSalesPersonId": "S1"}, {"externalSalesPersonId": "S2", "email": "s2@x.example"},
        {"externalSalesPersonId": "s2"}, {"firstName": "Nobody"},
        {"externalSalesPersonId": "S3", "nope": 1}, {"externalSalesPersonId": "S4", "email": "x"},
    ]);
    let rows = sync(
        &server,
        "salespersons",
        json!({"action": "createOnly", "input": input}),
    )
    .await;
    let told: Vec<String> = rows
        .iter()
        .map(|row| match row["status"].as_str().unwrap() {
            "skipped" => reason(row).to_owned(),
            status => status.to_owned(),
        })
        .collect();
    assert_eq!(told, ["1017", "created", "1036", "1002", "1006", "1003"]);
    assert!(rows.iter().enumerate().all(|(seq, row)| row["seq"] == seq));
    let body = json!({"action": "updateOnly", "input": [{"externalSalesPersonId": "S9"}]});
    assert_eq!(
        reason(&sync(&server, "salespersons", body).await[0]),
        "1013"
    );
    let by_id = json!({"action": "updateOnly", "dedupeBy": "idField",
                       "input": [{"id": rows[1]["id"], "firstName": "Sue"}]});
    assert_eq!(
        sync(&server, "salespersons", by_id).await[0]["status"],
        "updated"
    );
    let by_id = json!({"dedupeBy": "idField", "input": [{"id": rows[1]["id"]}]});
    assert_eq!(
        code(&server.post("/rest/v1/salespersons.json", by_id).await),
        "1003"
    );
    let path = "/rest/v1/salespersons.json?filterType=email&filterValues=s2@x.example";
    let read = server.get(path).await;
    assert_eq!(
        read["result"][0]["firstName"], "Sue",
        "all fields without being asked"
    );
    let bad = server
        .get("/rest/v1/salespersons.json?filterType=firstName&filterValues=Sue")
        .await;
    assert_eq!(code(&bad), "1011");
    let bad = server
        .get("/rest/v1/salespersons.json?filterType=zzz&filterValues=Sue")
        .await;
    assert_eq!(code(&bad), "1006");
}

#[tokio::test]
async fn opportunities_need_a_name_and_a_known_owner() {
    let server = Server::usual().await;
    sync(
        &server,
        "salespersons",
        json!({"input": [{"externalSalesPersonId": "S1"}]}),
    )
    .await;
    let input = json!([
        {"externalOpportunityId": "O1", "name": "Deal", "amount": 1604.47, "isClosed": true,
         "externalSalesPersonId": "s1", "closeDate": "2026-09-01"},
        {"externalOpportunityId": "O2"},
        {"externalOpportunityId": "O3", "name": "X", "externalSalesPersonId": "none"},
    ]);
    let rows = sync(&server, "opportunities", json!({"input": input})).await;
    let guid = rows[0]["marketoGUID"].as_str().unwrap();
    assert_eq!(guid.len(), 36);
    assert_eq!((reason(&rows[1]), reason(&rows[2])), ("701", "718"));
    let path =
        "/rest/v1/opportunities.json?filterType=marketoGUID&fields=amount,isClosed,closeDate";
    let answer = server.get(&format!("{path}&filterValues={guid}")).await;
    let read = &answer["result"][0];
    assert_eq!(read["amount"], "1604.47", "amounts come as text");
    assert_eq!(
        (&read["isClosed"], &read["closeDate"]),
        (&json!(true), &json!("2026-09-01"))
    );
}

#[tokio::test]
async fn roles_need_their_parents_and_parents_stay_while_they_are_used() {
    let server = Server::usual().await;
    let lead = server
        .instance
        .seed_person(&[("email", json!("a@x.example"))]);
    sync(
        &server,
        "salespersons",
        json!({"input": [{"externalSalesPersonId": "S1"}]}),
    )
    .await;
    let input = json!([{"externalOpportunityId": "O1", "name": "Deal",
                        "externalSalesPersonId": "S1"}]);
    let made = sync(&server, "opportunities", json!({"input": input})).await;
    let guid = made[0]["marketoGUID"].as_str().unwrap();
    let role =
        |lead: i64, to: &str| json!({"externalOpportunityId": to, "leadId": lead, "role": "Buyer"});
    let input = json!([role(lead, "O1"), role(lead + 1, "O1"), role(lead, "O9")]);
    let rows = sync(&server, "opportunities/roles", json!({"input": input})).await;
    assert_eq!(rows[0]["status"], "created");
    assert_eq!((reason(&rows[1]), reason(&rows[2])), ("1004", "1013"));
    let body = json!({"filterType": "dedupeFields", "fields": ["leadId", "role"],
                      "input": [role(lead, "o1")]});
    let found = server
        .post("/rest/v1/opportunities/roles.json?_method=GET", body)
        .await;
    assert_eq!(found["result"][0]["leadId"], lead);
    assert_eq!(found["result"][0]["marketoGUID"], rows[0]["marketoGUID"]);

    let opportunity = json!({"externalOpportunityId": "O1"});
    assert_eq!(
        reason(&delete(&server, "opportunities", opportunity.clone()).await),
        "1022"
    );
    let owner = json!({"externalSalesPersonId": "S1"});
    assert_eq!(
        reason(&delete(&server, "salespersons", owner.clone()).await),
        "1022"
    );
    assert_eq!(
        delete(&server, "opportunities/roles", role(lead, "O1")).await["status"],
        "deleted"
    );
    let gone = delete(&server, "opportunities", opportunity.clone()).await;
    assert_eq!(
        gone,
        json!({"seq": 0, "status": "deleted", "marketoGUID": guid})
    );
    assert_eq!(
        reason(&delete(&server, "opportunities", opportunity).await),
        "1013"
    );
    assert_eq!(
        delete(&server, "salespersons", owner).await["status"],
        "deleted"
    );
}

#[tokio::test]
async fn describe_tells_id_key_and_searchable_fields() {
    let server = Server::usual().await;
    for (path, id, key) in [
        ("companies", "id", json!(["externalCompanyId"])),
        ("salespersons", "id", json!(["externalSalesPersonId"])),
        (
            "opportunities",
            "marketoGUID",
            json!(["externalOpportunityId"]),
        ),
        (
            "opportunities/roles",
            "marketoGUID",
            json!(["externalOpportunityId", "leadId", "role"]),
        ),
        ("namedaccounts", "marketoGUID", json!(["name"])),
    ] {
        let answer = server.get(&format!("/rest/v1/{path}/describe.json")).await;
        let object = &answer["result"][0];
        assert_eq!(object["idField"], id, "{path}");
        assert_eq!(object["dedupeFields"], key, "{path}");
        assert!(
            object["searchableFields"]
                .as_array()
                .unwrap()
                .contains(&key),
            "{path}"
        );
        let fields = object["fields"].as_array().unwrap();
        let first = fields.iter().find(|field| field["name"] == key[0]).unwrap();
        assert_eq!(
            first["updateable"], false,
            "keys are set at creation: {path}"
        );
    }
    let fields = server.get("/rest/v1/companies/schema/fields.json").await;
    assert!(fields["result"].as_array().unwrap().len() > 15);
}

#[tokio::test]
async fn with_the_vendors_own_connector_on_writes_are_1018() {
    let options = InstanceOptions {
        native_crm: true,
        ..Default::default()
    };
    let server = Server::http(options).await;
    for path in [
        "companies",
        "salespersons",
        "opportunities",
        "opportunities/roles",
    ] {
        let body = json!({"action": "updateOnly", "input": [{"externalCompanyId": "x"}]});
        let answer = server.post(&format!("/rest/v1/{path}.json"), body).await;
        assert_eq!(code(&answer), "1018", "{path}");
        assert_eq!(
            server.get(&format!("/rest/v1/{path}/describe.json")).await["success"],
            true
        );
    }
}
