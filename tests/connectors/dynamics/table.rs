//! What a table and a delta link tell about themselves.

use syncdeck::connectors::dynamics::DeltaStamp;
use syncdeck::model::{FieldInfo, FieldKind, OptionItem};

use super::script::{API, lead};

#[test]
fn schema_drift_is_told_column_by_column() {
    let before = lead();
    assert!(before.drift_from(&before).is_empty());
    let mut after = before.clone();
    after.columns.retain(|column| column.name != "lastname");
    after
        .columns
        .push(FieldInfo::new("new_score", FieldKind::Integer));
    let first = after
        .columns
        .iter_mut()
        .find(|column| column.name == "firstname")
        .unwrap();
    first.kind = FieldKind::Memo;
    first.max_length = Some(450);
    let source = after
        .columns
        .iter_mut()
        .find(|column| column.name == "leadsourcecode")
        .unwrap();
    source.options.push(OptionItem {
        code: 8,
        label: "Web".to_owned(),
        state: None,
    });
    after.navigation.get_mut("customerid").unwrap().pop();
    after.change_tracking = false;
    let told: Vec<_> = after
        .drift_from(&before)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "change tracking was true, is false",
            r#"customerid targets was ["account", "contact"], is ["account"]"#,
            "firstname type was Text, is Memo",
            "firstname length was None, is Some(450)",
            "lastname is gone",
            "leadsourcecode option 8 Web is new",
            "new_score is new",
        ]
    );
}

#[test]
fn a_delta_link_tells_its_age() {
    let link =
        format!("{API}/leads?$select=firstname&$deltatoken=919042%2111%2f22%2f2026%2008%3a10%3a44");
    let stamp = DeltaStamp::of(&link).unwrap();
    assert_eq!(stamp.version, 919_042);
    assert_eq!(stamp.at.to_rfc3339(), "2026-11-22T08:10:44+00:00");
    let encoded = format!("{API}/leads?%24deltatoken=5%2111/22/2026+08:10:44");
    assert_eq!(DeltaStamp::of(&encoded).unwrap().version, 5);
}

#[test]
fn a_token_of_another_form_has_no_age() {
    for token in [
        "",
        "$deltatoken=",
        "$deltatoken=abc",
        "$deltatoken=1!yesterday",
        "$skiptoken=1",
    ] {
        assert_eq!(DeltaStamp::of(&format!("{API}/leads?{token}")), None);
    }
}
