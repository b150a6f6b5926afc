//! Companies, sales persons, opportunities, roles and custom objects through faults, and a type of our own.

use syncdeck::connectors::Trouble;
use syncdeck::connectors::WriteOutcome;
use syncdeck::connectors::marketo::{
    CustomTypeState, NewCustomField, NewCustomType, Object, ObjectOutcome, PeopleAction,
};
use syncdeck::model::{FailureClass, FieldKind, Value};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::pair::Pair;

fn row(fields: &[(&str, Value)]) -> Vec<(String, Value)> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

async fn upsert(pair: &Pair, object: &Object, record: &[(String, Value)]) -> ObjectOutcome {
    let keys = keys(pair, object).await;
    let sent = pair
        .marketo
        .sync_objects(
            object,
            PeopleAction::CreateOrUpdate,
            &keys,
            &[record.to_vec()],
        )
        .await;
    sent.unwrap().remove(0)
}

async fn keys(pair: &Pair, object: &Object) -> Vec<String> {
    pair.marketo.describe_object(object).await.unwrap().keys
}

fn asset() -> (NewCustomType, Vec<NewCustomField>) {
    let field = |name: &str, label: &str, kind, key, link| NewCustomField {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        key,
        link,
    };
    let new = NewCustomType {
        name: "crmAsset".to_owned(),
        label: "CRM Asset".to_owned(),
        plural: "CRM Assets".to_owned(),
        description: "Installed base".to_owned(),
    };
    let link = Some(("Lead".to_owned(), "Id".to_owned()));
    let fields = vec![
        field("assetNo", "Asset No", FieldKind::Text, true, None),
        field("leadID", "Lead", FieldKind::Integer, false, link),
        field("model", "Model", FieldKind::Text, false, None),
    ];
    (new, fields)
}

/// One record of each object, parents first.
fn records() -> Vec<(Object, Vec<(String, Value)>)> {
    let text = Value::text;
    let person = || Value::Integer(1_000_001);
    let sales = [
        ("externalSalesPersonId", text("s1")),
        ("email", text("s@x.example")),
    ];
    let company = [
        ("externalCompanyId", text("c1")),
        ("company", text("Ünïted 株式会社")),
    ];
    let deal = [
        ("externalOpportunityId", text("o1")),
        ("name", text("עסקה")),
        ("externalSalesPersonId", text("s1")),
        ("externalCompanyId", text("c1")),
    ];
    let role = [
        ("externalOpportunityId", text("o1")),
        ("leadId", person()),
        ("role", text("Buyer")),
    ];
    let asset = [
        ("assetNo", text("A-17")),
        ("leadID", person()),
        ("model", text("😀")),
    ];
    vec![
        (Object::SalesPerson, row(&sales)),
        (Object::Company, row(&company)),
        (Object::Opportunity, row(&deal)),
        (Object::Role, row(&role)),
        (Object::Custom("crmAsset_c".to_owned()), row(&asset)),
    ]
}

async fn delete(pair: &Pair, object: &Object, record: &[(String, Value)]) -> ObjectOutcome {
    let keys = keys(pair, object).await;
    let key: Vec<(String, Value)> = record
        .iter()
        .filter(|(name, _)| keys.contains(name))
        .cloned()
        .collect();
    let gone = pair.marketo.delete_objects(object, &keys, &[key]).await;
    gone.unwrap().remove(0)
}

/// Reads the record by its key: it is there once, as it was sent.
async fn is_there_once(pair: &Pair, object: &Object, record: &[(String, Value)]) {
    let described = pair.marketo.describe_object(object).await.unwrap();
    let is_key = |name: &String| described.keys.contains(name);
    let key: Vec<(String, Value)> = record
        .iter()
        .filter(|(name, _)| is_key(name))
        .cloned()
        .collect();
    let names: Vec<String> = record.iter().map(|(name, _)| name.clone()).collect();
    let found = pair
        .marketo
        .objects_by_key(object, &[key], &names, &described.fields)
        .await
        .unwrap();
    assert_eq!(found.len(), 1, "{object:?}");
    for (name, value) in record {
        assert_eq!(found[0].fields.get(name), Some(value), "{object:?} {name}");
    }
}

/// A custom object type of our own is made and approved.
async fn asset_type(pair: &Pair) {
    let (new, fields) = asset();
    pair.marketo.create_custom_type(&new).await.unwrap();
    pair.marketo
        .add_custom_fields(&new.name, &fields)
        .await
        .unwrap();
    pair.marketo.approve_custom_type(&new.name).await.unwrap();
    let state = pair.marketo.custom_type_state(&new.name).await.unwrap();
    assert_eq!(state, Some(CustomTypeState::Approved));
}

#[tokio::test(start_paused = true)]
async fn objects_are_written_in_dependency_order_and_a_lost_answer_doubles_none() {
    let pair = Pair::seeded(2).await;
    pair.write(&["a"], "Buyer").await.unwrap();
    asset_type(&pair).await;
    for (object, record) in &records() {
        let keys = keys(&pair, object).await;
        for fault in ["cut=x1", "lost=x1", "html=x1", "truncated=x1"] {
            let records = std::slice::from_ref(record);
            let action = PeopleAction::CreateOrUpdate;
            pair.dial(fault);
            let sent = pair
                .marketo
                .sync_objects(object, action, &keys, records)
                .await;
            assert_eq!(
                sent.unwrap_err().trouble,
                Trouble::Unknown,
                "{object:?} {fault}"
            );
        }
        is_there_once(&pair, object, record).await;
        for fault in ["606=x1", "615=x1", "601=x1", "602=x1"] {
            let records = std::slice::from_ref(record);
            let action = PeopleAction::UpdateOnly;
            pair.dial(fault);
            let again = pair
                .marketo
                .sync_objects(object, action, &keys, records)
                .await;
            assert_eq!(
                again.unwrap(),
                [ObjectOutcome::Updated],
                "{object:?} {fault}"
            );
        }
        is_there_once(&pair, object, record).await;
    }
    for (object, record) in records().iter().rev() {
        assert_eq!(
            delete(&pair, object, record).await,
            ObjectOutcome::Deleted,
            "{object:?}"
        );
        let again = delete(&pair, object, record).await;
        assert_eq!(
            again,
            ObjectOutcome::Skipped(WriteOutcome::Gone),
            "{object:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_before_its_parent_is_told_as_a_missing_parent() {
    let pair = Pair::seeded(2).await;
    let role = row(&[
        ("externalOpportunityId", Value::text("none")),
        ("leadId", Value::Integer(9)),
        ("role", Value::text("Buyer")),
    ]);
    let deal = row(&[
        ("externalOpportunityId", Value::text("o1")),
        ("name", Value::text("Deal")),
        ("externalSalesPersonId", Value::text("none")),
    ]);
    for (object, record) in [(Object::Role, role), (Object::Opportunity, deal)] {
        let outcome = upsert(&pair, &object, &record).await;
        let ObjectOutcome::Skipped(WriteOutcome::Refused(why)) = outcome else {
            panic!("{object:?}: {outcome:?}");
        };
        assert_eq!(why.class, FailureClass::MissingParent, "{object:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attached_crm_is_noticed_before_anything_is_written() {
    let options = InstanceOptions {
        native_crm: true,
        ..InstanceOptions::default()
    };
    let pair = Pair::with(options).await;
    assert!(pair.marketo.native_sync().await.unwrap());
    let free = Pair::seeded(1).await;
    assert!(!free.marketo.native_sync().await.unwrap());
}
