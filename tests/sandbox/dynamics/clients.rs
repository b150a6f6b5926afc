//! What client libraries ask before and beside their reads and writes.

use serde_json::json;

use super::harness::{Org, assert_code};

#[tokio::test]
async fn programs_learn_which_bulk_actions_a_table_has() {
    let org = Org::with(10).await;
    let path = "sdkmessagefilters?$select=sdkmessagefilterid&$expand=sdkmessageid($select=name)\
        &$filter=(sdkmessageid/name eq 'CreateMultiple' or sdkmessageid/name eq 'UpdateMultiple') \
        and primaryobjecttypecode eq 'contact'";
    let found = org.get(path).await.json();
    let rows = found["value"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows[0]["sdkmessagefilterid"].is_string());
    let names: Vec<_> = rows
        .iter()
        .map(|row| row["sdkmessageid"]["name"].clone())
        .collect();
    assert_eq!(json!(names), json!(["CreateMultiple", "UpdateMultiple"]));
    let aliased = "sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq @m \
        and primaryobjecttypecode eq @t&@m='UpsertMultiple'&@t='lead'";
    assert_eq!(
        org.get(aliased).await.json()["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let links = aliased.replace("'lead'", "'teammembership'");
    assert_eq!(org.get(&links).await.json()["value"], json!([]));
}

#[tokio::test]
async fn languages_and_table_flags_are_told() {
    let org = Org::with(10).await;
    let languages = org.get("RetrieveAvailableLanguages").await.json();
    assert_eq!(languages["LocaleIds"], json!([1033]));
    let table = org
        .get("EntityDefinitions(LogicalName='account')")
        .await
        .json();
    assert_eq!(table["HasActivities"], false);
    assert_eq!(table["HasNotes"], true);
}

#[tokio::test]
async fn a_many_to_many_relationship_is_made_used_and_taken_away() {
    let org = Org::with(10).await;
    let body = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
        "SchemaName": "new_site_contact", "Entity1LogicalName": "new_site",
        "Entity2LogicalName": "contact", "IntersectEntityName": "new_site_contact",
    });
    let made = org.post("RelationshipDefinitions", body.clone()).await;
    assert_eq!(made.status, 204, "{}", made.text);
    assert_code(
        &org.post("RelationshipDefinitions", body).await,
        400,
        "0x80044363",
    );
    let shown = org
        .get("RelationshipDefinitions(SchemaName='new_site_contact')")
        .await
        .json();
    assert_eq!(shown["Entity2IntersectAttribute"], "contactid");
    let site = org.make("new_sites", json!({"new_name": "Hall"})).await;
    let contact = org.make("contacts", json!({"lastname": "Guard"})).await;
    let reference =
        json!({"@odata.id": format!("{}/api/data/v9.2/contacts({contact})", org.origin)});
    let linked = org
        .post(
            &format!("new_sites({site})/new_site_contact/$ref"),
            reference,
        )
        .await;
    assert_eq!(linked.status, 204, "{}", linked.text);
    let expanded =
        format!("new_sites({site})?$select=new_name&$expand=new_site_contact($select=lastname)");
    let rows = org.get(&expanded).await.json();
    assert_eq!(rows["new_site_contact"][0]["lastname"], "Guard");
    let back = org
        .get(&format!(
            "contacts({contact})/new_site_contact?$select=new_name"
        ))
        .await;
    assert_eq!(back.json()["value"][0]["new_name"], "Hall");
    assert_eq!(
        org.get("new_site_contactset").await.json()["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // A row's links go with it.
    assert_eq!(
        org.delete(&format!("contacts({contact})")).await.status,
        204
    );
    assert_eq!(
        org.get("new_site_contactset").await.json()["value"],
        json!([])
    );
    let id = shown["MetadataId"].as_str().unwrap();
    assert_eq!(
        org.delete(&format!("RelationshipDefinitions({id})"))
            .await
            .status,
        204
    );
    assert_eq!(
        org.get(&format!("new_sites({site})/new_site_contact"))
            .await
            .status,
        404
    );
}
