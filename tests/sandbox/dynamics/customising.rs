//! Adding tables, columns and keys, and what wide rows and odd texts go through unchanged.

use serde_json::{Map, Value, json};

use super::harness::{Org, assert_code, walk};

fn label(text: &str) -> Value {
    json!({"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]})
}

fn text_column(name: &str, length: usize) -> Value {
    json!({
        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
        "SchemaName": name, "MaxLength": length, "DisplayName": label(name),
        "RequiredLevel": {"Value": "None"},
    })
}

#[tokio::test]
async fn added_column_is_described_written_and_voids_delta_tokens() {
    let org = Org::with(10).await;
    let (_, link, _) = walk(&org, "leads?$select=lastname", "odata.track-changes").await;
    let attributes = "EntityDefinitions(LogicalName='lead')/Attributes";
    let made = org.post(attributes, text_column("new_Stamp", 40)).await;
    assert_eq!(made.status, 204, "{}", made.text);
    let told = org.get(&format!("{attributes}(LogicalName='new_stamp')/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=MaxLength,IsCustomAttribute")).await.json();
    assert_eq!(
        (&told["MaxLength"], &told["IsCustomAttribute"]),
        (&json!(40), &json!(true))
    );
    assert_code(&org.get(&link.unwrap()).await, 400, "0x80044352");
    let key = json!({"SchemaName": "new_stampkey", "KeyAttributes": ["new_stamp"], "DisplayName": label("Stamp")});
    assert_eq!(
        org.post("EntityDefinitions(LogicalName='lead')/Keys", key)
            .await
            .status,
        204
    );
    org.patch(
        "leads(new_stamp='S-1')",
        &[],
        json!({"lastname": "Stamped"}),
    )
    .await;
    let row = org
        .get("leads(new_stamp='S-1')?$select=lastname,new_stamp")
        .await
        .json();
    assert_eq!(
        (&row["lastname"], &row["new_stamp"]),
        (&json!("Stamped"), &json!("S-1"))
    );
    assert_eq!(
        org.delete(&format!("{attributes}(LogicalName='new_stamp')"))
            .await
            .status,
        204
    );
    assert_code(&org.get("leads?$select=new_stamp").await, 400, "0x80060888");
    assert_eq!(
        org.delete(&format!("{attributes}(LogicalName='lastname')"))
            .await
            .status,
        400
    );
}

/// Quotes, emoji, right-to-left, combining marks, markup and line breaks.
const ODD: [&str; 8] = [
    "O'Brien \"the\" \\ back/slash",
    "😀 👩‍👩‍👧 naïve",
    "مرحبا بالعالم \u{200f}(שלום)",
    "e\u{301} ﬁ Å \u{212b}",
    "<b>&amp;</b> %20 $1 @x",
    "first line\r\nsecond\tline",
    "  padded  ",
    "\u{7f}\u{a0}\u{feff}z",
];

#[tokio::test]
async fn table_with_two_hundred_columns_keeps_every_odd_text() {
    let org = Org::with(10).await;
    let columns: Vec<Value> = (0..200)
        .map(|n| text_column(&format!("new_Col{n}"), 4000))
        .collect();
    let table = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata", "SchemaName": "new_Wide",
        "DisplayName": label("Wide"), "DisplayCollectionName": label("Wides"),
        "OwnershipType": "UserOwned", "ChangeTrackingEnabled": true, "Attributes": columns,
    });
    assert_eq!(org.post("EntityDefinitions", table).await.status, 204);
    let mut sent = Map::new();
    for n in 0..200 {
        let text = format!("{}{}", ODD[n % ODD.len()], "ж".repeat(n * 15));
        sent.insert(format!("new_col{n}"), text.into());
    }
    let id = org.make("new_wides", Value::Object(sent.clone())).await;
    let (rows, link, _) = walk(&org, "new_wides", "odata.track-changes").await;
    let whole = org.get(&format!("new_wides({id})")).await.json();
    for (name, text) in &sent {
        assert_eq!(whole[name], *text, "{name}");
        assert_eq!(rows[0][name], *text, "{name}");
    }
    let long = json!({"new_col1": "x".repeat(4001)});
    assert_code(
        &org.patch(&format!("new_wides({id})"), &[], long).await,
        400,
        "0x80044331",
    );
    for bad in ["\u{0}", "\u{b}", "\u{1b}[31m"] {
        let got = org
            .patch(&format!("new_wides({id})"), &[], json!({"new_col2": bad}))
            .await;
        assert_code(&got, 400, "0x80040278");
    }
    assert_eq!(
        org.get(&link.unwrap()).await.json()["value"],
        json!([]),
        "refusals change nothing"
    );
}

#[tokio::test]
async fn definition_put_back_changes_limits_labels_and_tracking() {
    let org = Org::with(10).await;
    let of = "EntityDefinitions(LogicalName='lead')/Attributes(LogicalName='jobtitle')";
    let id = org.lead("Long title").await;
    let title = json!({"jobtitle": "x".repeat(150)});
    let refused = org.patch(&format!("leads({id})"), &[], title.clone()).await;
    assert_code(&refused, 400, "0x80044331");
    let mut definition = org.get(of).await.json();
    definition["MaxLength"] = 200.into();
    definition["DisplayName"] = label("Position");
    definition["RequiredLevel"]["Value"] = "ApplicationRequired".into();
    let cast = format!("{of}/Microsoft.Dynamics.CRM.StringAttributeMetadata");
    let put = org
        .call(
            reqwest::Method::PUT,
            &cast,
            &[],
            Some(definition.to_string()),
        )
        .await;
    assert_eq!(put.status, 204, "{}", put.text);
    let told = org.get(of).await.json();
    assert_eq!(told["MaxLength"], 200);
    assert_eq!(
        told["DisplayName"]["UserLocalizedLabel"]["Label"],
        "Position"
    );
    assert_eq!(told["RequiredLevel"]["Value"], "ApplicationRequired");
    assert_eq!(
        org.patch(&format!("leads({id})"), &[], title).await.status,
        204
    );
    let table = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata", "SchemaName": "new_Quiet",
        "DisplayName": label("Quiet"), "ChangeTrackingEnabled": false,
    });
    org.post("EntityDefinitions", table).await;
    let tracked = org.get_with("new_quiets", "odata.track-changes").await;
    assert_code(&tracked, 400, "0x80072491");
    let quiet = "EntityDefinitions(LogicalName='new_quiet')";
    for on in [true, false] {
        let mut definition = org.get(quiet).await.json();
        definition["ChangeTrackingEnabled"] = on.into();
        let headers = ["MSCRM.MergeLabels: true"];
        org.call(
            reqwest::Method::PUT,
            quiet,
            &headers,
            Some(definition.to_string()),
        )
        .await;
        let tracked = org.get_with("new_quiets", "odata.track-changes").await;
        assert_eq!(tracked.status, 200, "once on, it stays on");
    }
}

#[tokio::test]
async fn relationship_by_definition_makes_a_lookup_and_its_collection() {
    let org = Org::with(10).await;
    let relationship = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "SchemaName": "new_contact_lead_Buddy",
        "ReferencedEntity": "contact", "ReferencingEntity": "lead", "ReferencedAttribute": "contactid",
        "Lookup": {"@odata.type": "Microsoft.Dynamics.CRM.LookupAttributeMetadata",
            "SchemaName": "new_Buddy", "DisplayName": label("Buddy")},
    });
    let made = org
        .post("RelationshipDefinitions", relationship.clone())
        .await;
    assert_eq!(made.status, 204, "{}", made.text);
    assert_code(
        &org.post("RelationshipDefinitions", relationship).await,
        400,
        "0x80044363",
    );
    let contact = org.make("contacts", json!({"lastname": "Friend"})).await;
    let body = json!({"lastname": "Has one", "subject": "x", "new_Buddy@odata.bind": format!("/contacts({contact})")});
    let lead = org.make("leads", body).await;
    let row = org
        .get(&format!(
            "leads({lead})?$select=_new_buddy_value&$expand=new_Buddy($select=lastname)"
        ))
        .await
        .json();
    assert_eq!(
        (&row["_new_buddy_value"], &row["new_Buddy"]["lastname"]),
        (&json!(contact), &json!("Friend"))
    );
    let other = org
        .get(&format!(
            "contacts({contact})?$select=lastname&$expand=new_contact_lead_Buddy($select=lastname)"
        ))
        .await
        .json();
    assert_eq!(other["new_contact_lead_Buddy"][0]["leadid"], json!(lead));
    let gone = org
        .delete("RelationshipDefinitions(SchemaName='new_contact_lead_Buddy')")
        .await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_code(
        &org.get("leads?$select=_new_buddy_value").await,
        400,
        "0x80060888",
    );
}
