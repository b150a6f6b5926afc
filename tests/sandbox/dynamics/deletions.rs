//! Deletions: restricted ones, those that take rows along, and lookups left empty.

use reqwest::Method;
use serde_json::json;

use super::harness::{Org, assert_code};

#[tokio::test]
async fn a_row_that_others_hold_on_to_is_not_deleted() {
    let org = Org::with(10).await;
    let account = org.make("accounts", json!({"name": "Kept"})).await;
    let body =
        json!({"new_name": "Hall", "new_Account@odata.bind": format!("/accounts({account})")});
    let site = org.make("new_sites", body).await;
    let body = json!({"new_name": "Pump", "new_Site@odata.bind": format!("/new_sites({site})")});
    let asset = org.make("new_assets", body).await;
    assert_code(
        &org.delete(&format!("new_sites({site})")).await,
        405,
        "0x80040227",
    );
    assert_eq!(org.get(&format!("new_sites({site})")).await.status, 200);
    // An account only loses the lookup at itself.
    assert_eq!(
        org.delete(&format!("accounts({account})")).await.status,
        204
    );
    let left = org.get(&format!("new_sites({site})")).await.json();
    assert!(left["_new_account_value"].is_null());
    assert_eq!(
        org.delete(&format!("new_assets({asset})")).await.status,
        204
    );
    assert_eq!(org.delete(&format!("new_sites({site})")).await.status, 204);
    let team = "teams?$select=teamid&$filter=isdefault eq false&$top=1";
    let team = org.get(team).await.json()["value"][0]["teamid"].clone();
    let team = team.as_str().unwrap();
    let owned = json!({"name": "Owned", "ownerid@odata.bind": format!("/teams({team})")});
    org.make("accounts", owned).await;
    assert_code(
        &org.delete(&format!("teams({team})")).await,
        405,
        "0x80040227",
    );
    let currency = org.get("transactioncurrencies?$top=1").await.json();
    let id = currency["value"][0]["transactioncurrencyid"]
        .as_str()
        .unwrap()
        .to_owned();
    let gone = org.delete(&format!("transactioncurrencies({id})")).await;
    assert_code(&gone, 405, "0x80040227");
}

#[tokio::test]
async fn connections_go_with_the_row_they_connect_and_leave_tombstones() {
    let org = Org::with(10).await;
    let opportunity = org.make("opportunities", json!({"name": "Deal"})).await;
    let contact = org.make("contacts", json!({"lastname": "Buyer"})).await;
    let body = json!({
        "record1id_opportunity@odata.bind": format!("/opportunities({opportunity})"),
        "record2id_contact@odata.bind": format!("/contacts({contact})"),
    });
    let connection = org.make("connections", body).await;
    let start = org
        .get_with(
            "connections?$select=_record1id_value",
            "odata.track-changes",
        )
        .await;
    let delta = start.json()["@odata.deltaLink"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        org.delete(&format!("opportunities({opportunity})"))
            .await
            .status,
        204
    );
    assert_code(
        &org.get(&format!("connections({connection})")).await,
        404,
        "0x80040217",
    );
    let told = org.get(&delta).await.json();
    let gone = told["value"].as_array().unwrap();
    assert!(
        gone.iter()
            .any(|row| row["id"] == connection.as_str() && row["reason"] == "deleted")
    );
}

#[tokio::test]
async fn a_new_relationship_deletes_as_its_definition_says() {
    let org = Org::with(10).await;
    for (behaviour, status, left) in [
        ("Cascade", 204, 404),
        ("Restrict", 405, 200),
        ("RemoveLink", 204, 200),
    ] {
        let name = format!("new_{behaviour}");
        let table = json!({"SchemaName": name, "DisplayName": label(&name), "Attributes": [
            {"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": "new_Name",
             "IsPrimaryName": true, "MaxLength": 100, "DisplayName": label("Name")}]});
        assert_eq!(org.post("EntityDefinitions", table).await.status, 204);
        let relationship = json!({
            "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
            "SchemaName": format!("{name}_account"), "ReferencedEntity": "account",
            "ReferencingEntity": name.to_lowercase(),
            "CascadeConfiguration": {"Delete": behaviour},
            "Lookup": {"SchemaName": "new_Parent", "DisplayName": label("Parent"),
                "@odata.type": "Microsoft.Dynamics.CRM.LookupAttributeMetadata"}
        });
        let made = org
            .post("RelationshipDefinitions", relationship.clone())
            .await;
        assert_eq!(made.status, 204, "{}", made.text);
        let shown = format!("RelationshipDefinitions(SchemaName='{name}_account')");
        let shown = org.get(&shown).await.json();
        assert_eq!(shown["CascadeConfiguration"]["Delete"], behaviour);
        let account = org.make("accounts", json!({"name": behaviour})).await;
        let set = format!("{}s", name.to_lowercase());
        let body =
            json!({"new_name": "child", "new_Parent@odata.bind": format!("/accounts({account})")});
        let child = org.make(&set, body).await;
        let gone = org
            .call(Method::DELETE, &format!("accounts({account})"), &[], None)
            .await;
        assert_eq!(gone.status, status, "{behaviour}: {}", gone.text);
        assert_eq!(
            org.get(&format!("{set}({child})")).await.status,
            left,
            "{behaviour}"
        );
    }
}

fn label(text: &str) -> serde_json::Value {
    json!({"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]})
}
