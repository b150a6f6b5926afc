//! Custom object types: made, given fields, approved, and told apart by their state.

use serde_json::json;
use syncdeck::connectors::Trouble;
use syncdeck::connectors::marketo::{CustomTypeState, NewCustomField, NewCustomType};
use syncdeck::model::FieldKind;

use super::script::{Script, failed, ran};

fn asset_type() -> NewCustomType {
    NewCustomType {
        name: "crmAsset".to_owned(),
        label: "CRM Asset".to_owned(),
        plural: "CRM Assets".to_owned(),
        description: "Installed base".to_owned(),
    }
}

fn asset_fields() -> [NewCustomField; 3] {
    let field = |name: &str, label: &str, key, link: Option<(&str, &str)>| NewCustomField {
        name: name.to_owned(),
        label: label.to_owned(),
        kind: FieldKind::Text,
        key,
        link: link.map(|(object, field)| (object.to_owned(), field.to_owned())),
    };
    [
        field("assetNo", "Asset No", true, None),
        field("leadID", "Lead", false, Some(("Lead", "Id"))),
        field("model", "Model", false, None),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_custom_type_is_made_extended_and_approved_as_documented() {
    let script = Script::answering([
        ran("[]"),
        ran("[]"),
        ran("[]"),
        failed("616", "Invalid subscription type"),
    ]);
    let marketo = script.marketo();
    marketo.create_custom_type(&asset_type()).await.unwrap();
    marketo
        .add_custom_fields("crmAsset", &asset_fields())
        .await
        .unwrap();
    marketo.approve_custom_type("crmAsset").await.unwrap();
    let error = marketo.create_custom_type(&asset_type()).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Configuration);
    let sent = script.sent();
    assert_eq!(
        sent[0].json(),
        json!({"action": "createOnly", "apiName": "crmAsset", "displayName": "CRM Asset", "pluralName": "CRM Assets",
               "description": "Installed base", "showInLeadDetail": true})
    );
    assert_eq!(
        sent[1].json(),
        json!({"input": [{"name": "assetNo", "displayName": "Asset No", "dataType": "string", "isDedupeField": true},
                         {"name": "leadID", "displayName": "Lead", "dataType": "link", "relatedTo": {"name": "Lead", "field": "Id"}},
                         {"name": "model", "displayName": "Model", "dataType": "string"}]})
    );
    assert_eq!(
        (sent[2].path.as_str(), sent[2].body.as_str()),
        ("/rest/v1/customobjects/schema/crmAsset/approve.json", "")
    );
    assert_eq!(sent[2].content_type, "");
}

#[tokio::test(start_paused = true)]
async fn a_custom_type_is_missing_a_draft_or_usable() {
    let state = |word: &str| ran(&format!(r#"[{{"state":"{word}","apiName":"crmAsset"}}]"#));
    let table = [
        (failed("1013", "Object not found"), None),
        (state("draft"), Some(CustomTypeState::Draft)),
        (state("approved"), Some(CustomTypeState::Approved)),
        (
            state("approvedWithDraft"),
            Some(CustomTypeState::ApprovedWithDraft),
        ),
    ];
    for (reply, expected) in table {
        let script = Script::answering([reply]);
        assert_eq!(
            script
                .marketo()
                .custom_type_state("crmAsset")
                .await
                .unwrap(),
            expected
        );
    }
}
