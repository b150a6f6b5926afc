//! What the instance says about its fields.

use serde_json::json;
use syncdeck::connectors::Trouble;
use syncdeck::connectors::marketo::NewPersonField;
use syncdeck::model::{FieldKind, LengthUnit};

use super::script::{Reply, Script, failed, ran};

fn describe() -> Reply {
    ran(r#"[
     {"id":44,"displayName":"Id","dataType":"integer","rest":{"name":"id","readOnly":false}},
     {"id":51,"displayName":"Email Address","dataType":"email","length":255,
      "rest":{"name":"email","readOnly":false},"soap":{"name":"Email","readOnly":false}},
     {"id":89,"displayName":"Person Notes","dataType":"text","rest":{"name":"mktoPersonNotes","readOnly":false}},
     {"id":41,"displayName":"External Company Id","dataType":"string","length":50,
      "rest":{"name":"externalCompanyId","readOnly":false}},
     {"id":146,"displayName":"Lead Score","dataType":"integer","rest":{"name":"leadScore","readOnly":false}},
     {"id":300,"displayName":"Microsoft Type","dataType":"string","length":255,"rest":{"name":"msType","readOnly":false}},
     {"id":130,"displayName":"Created At","dataType":"datetime","rest":{"name":"createdAt","readOnly":true}},
     {"id":141,"displayName":"Lead Person","dataType":"reference","rest":{"name":"leadPerson","readOnly":true}},
     {"id":9,"displayName":"Old SOAP Only","dataType":"string","length":255,"soap":{"name":"OldSoapOnly","readOnly":false}}]"#)
}

fn describe2() -> Reply {
    ran(
        r#"[{"name":"API Lead","searchableFields":[["id"],["email"],["dynContactId"],["a","b"]],"fields":[
     {"name":"email","displayName":"Email Address","dataType":"email","length":255,"updateable":true,"crmManaged":false},
     {"name":"leadScore","displayName":"Lead Score","dataType":"score","updateable":true,"crmManaged":false},
     {"name":"msType","displayName":"Microsoft Type","dataType":"string","length":255,"updateable":true,"crmManaged":true},
     {"name":"annualRevenue","displayName":"Annual Revenue","dataType":"currency","updateable":true,"crmManaged":false}]}]"#,
    )
}

#[tokio::test(start_paused = true)]
async fn fields_come_from_both_descriptions_with_type_length_and_writability() {
    let script = Script::answering([describe(), describe2()]);
    let fields = script.marketo().person_fields().await.unwrap();
    let row = |name: &str| {
        let field = fields.iter().find(|field| field.name == name).unwrap();
        (
            field.kind,
            field.max_length,
            field.length_unit,
            field.updatable,
        )
    };
    let chars = LengthUnit::Chars;
    assert_eq!(row("email"), (FieldKind::Email, Some(255), chars, true));
    assert_eq!(
        row("mktoPersonNotes"),
        (FieldKind::Memo, Some(30_000), LengthUnit::Bytes, true)
    );
    assert_eq!(
        row("externalCompanyId"),
        (FieldKind::Text, Some(50), chars, true)
    );
    assert_eq!(row("leadScore"), (FieldKind::Integer, None, chars, true));
    assert_eq!(
        row("annualRevenue"),
        (FieldKind::Decimal, None, chars, true)
    );
    assert_eq!(row("createdAt"), (FieldKind::DateTime, None, chars, false));
    // Owned by a native connector, a reference, the id: shown, never written.
    assert_eq!(row("msType"), (FieldKind::Text, Some(255), chars, false));
    assert_eq!(row("leadPerson"), (FieldKind::Other, None, chars, false));
    assert_eq!(row("id"), (FieldKind::Integer, None, chars, false));
    assert_eq!(fields.len(), 9, "the field REST cannot touch is left out");
    let email = fields.iter().find(|field| field.name == "email").unwrap();
    assert_eq!(email.label, "Email Address");
}

#[tokio::test(start_paused = true)]
async fn only_single_fields_can_be_searched_by() {
    let script = Script::answering([describe2()]);
    let searchable = script.marketo().searchable().await.unwrap();
    assert_eq!(searchable, ["id", "email", "dynContactId"]);
}

fn key_field() -> NewPersonField {
    NewPersonField {
        name: "dynContactId".to_owned(),
        label: "Dynamics Contact GUID".to_owned(),
        kind: FieldKind::Id,
        description: "Key of the linked contact".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn key_fields_are_created_as_documented() {
    let script = Script::answering([ran(r#"[{"name":"dynContactId","status":"created"}]"#)]);
    script
        .marketo()
        .create_person_fields(&[key_field()])
        .await
        .unwrap();
    let sent = &script.sent()[0];
    assert_eq!(
        (sent.method.as_str(), sent.path.as_str()),
        ("POST", "/rest/v1/leads/schema/fields.json")
    );
    assert_eq!(
        sent.json(),
        json!({"input": [{"displayName": "Dynamics Contact GUID", "name": "dynContactId", "dataType": "string",
               "description": "Key of the linked contact", "isHidden": false, "isHtmlEncodingInEmail": true,
               "isSensitive": false}]})
    );
}

#[tokio::test(start_paused = true)]
async fn a_field_that_exists_is_fine_and_one_that_is_refused_is_for_the_admin() {
    let row = |code: &str| {
        ran(&format!(
            r#"[{{"name":"dynContactId","status":"skipped","reasons":[{{"code":"{code}","message":"why"}}]}}]"#
        ))
    };
    let script = Script::answering([row("1017"), row("1003"), failed("603", "Access denied")]);
    let marketo = script.marketo();
    marketo.create_person_fields(&[key_field()]).await.unwrap();
    for code in ["1003", "603"] {
        let error = marketo
            .create_person_fields(&[key_field()])
            .await
            .unwrap_err();
        assert_eq!(
            (error.trouble, error.code.as_str()),
            (Trouble::Configuration, code)
        );
    }
}
