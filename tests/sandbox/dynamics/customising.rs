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
