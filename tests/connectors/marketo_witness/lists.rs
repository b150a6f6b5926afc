//! Static lists, partitions and custom activities against the server.

use syncdeck::connectors::WriteOutcome;
use syncdeck::connectors::marketo::{Object, ObjectOutcome, PeopleAction, PeopleWrite};
use syncdeck::model::{FieldInfo, FieldKind, Value};
use syncdeck::sandbox::marketo::InstanceOptions;

use super::pair::{KEY, Pair};

const UPDATED: WriteOutcome = WriteOutcome::Updated { version: None };

#[tokio::test(start_paused = true)]
async fn a_list_is_made_filled_read_page_by_page_and_emptied_through_faults() {
    let pair = Pair::seeded(3).await;
    let keys: Vec<String> = (0..320).map(|n| format!("k{n}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    pair.write(&keys, "Buyer").await.unwrap();
    let people: Vec<i64> = (1_000_001..=1_000_320).collect();
    let list = pair
        .marketo
        .create_static_list("Mkto-leads-1", "Group Lists")
        .await
        .unwrap();
    let found = pair
        .marketo
        .static_list("Mkto-leads-1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, list.id);
    for fault in ["606=x1", "602=x1", "cut=x1", "lost=x1", "713=x1", "5xx=x1"] {
        pair.dial(fault);
        let added = pair.marketo.add_to_list(list.id, &people).await.unwrap();
        assert_eq!(added, vec![UPDATED; 320], "{fault}");
    }
    let (mut members, mut from) = (Vec::new(), None);
    loop {
        let page = pair
            .marketo
            .list_members(list.id, from.as_deref())
            .await
            .unwrap();
        assert!(page.people.len() <= 300);
        members.extend(page.people);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(members, people);
    pair.instance.delete_person(people[0]);
    let removed = pair
        .marketo
        .remove_from_list(list.id, &people[..3])
        .await
        .unwrap();
    assert_eq!(removed, [WriteOutcome::Gone, UPDATED, UPDATED]);
    let again = pair
        .marketo
        .remove_from_list(list.id, &people[1..2])
        .await
        .unwrap();
    assert_eq!(again, [UPDATED]);
    let on = pair.marketo.on_list(list.id, &people[..5]).await.unwrap();
    assert_eq!(on, people[3..5]);
}

#[tokio::test(start_paused = true)]
async fn where_a_partition_is_demanded_new_people_go_to_the_one_named() {
    let pair = Pair::with(InstanceOptions {
        partitions: vec!["Default".to_owned(), "EMEA".to_owned()],
        partition_required: true,
        ..InstanceOptions::default()
    })
    .await;
    let outcomes = pair.write(&["a"], "Buyer").await.unwrap();
    let WriteOutcome::Refused(why) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(why.code, "1009");
    let write = PeopleWrite {
        action: PeopleAction::CreateOnly,
        partition_name: Some("EMEA".to_owned()),
        lookup: KEY.to_owned(),
        people: vec![vec![(KEY.to_owned(), Value::text("a"))]],
    };
    let outcomes = pair.marketo.sync_people(&write).await.unwrap();
    assert!(
        matches!(outcomes[0], WriteOutcome::Created { .. }),
        "{outcomes:?}"
    );
    let person = pair.instance.person(1_000_001).unwrap();
    assert_eq!(person["leadPartitionId"], 2);
    // An update needs none.
    assert_eq!(pair.write(&["a"], "CFO").await.unwrap(), [UPDATED]);
}

#[tokio::test(start_paused = true)]
async fn a_company_and_a_named_account_are_known_by_their_ids_too() {
    let pair = Pair::seeded(4).await;
    for (object, key) in [
        (Object::Company, "externalCompanyId"),
        (Object::NamedAccount, "name"),
    ] {
        let keys = [key.to_owned()];
        let record = vec![(key.to_owned(), Value::text("Contoso"))];
        let action = PeopleAction::CreateOrUpdate;
        let made = pair
            .marketo
            .sync_objects(&object, action, &keys, &[record])
            .await
            .unwrap();
        let [ObjectOutcome::Created(id)] = made.as_slice() else {
            panic!("{made:?}")
        };
        let number = id.parse().map_or_else(|_| Value::text(id), Value::Integer);
        let edit = vec![
            (object.id_field().to_owned(), number),
            ("industry".to_owned(), Value::text("Steel")),
        ];
        let done = pair
            .marketo
            .update_objects_by_id(&object, &[edit])
            .await
            .unwrap();
        assert_eq!(done, [ObjectOutcome::Updated], "{object:?}");
        let kinds = [FieldInfo::new("industry", FieldKind::Text)];
        let (ids, fields) = ([id.clone()], ["industry".to_owned()]);
        let read = pair
            .marketo
            .objects_by_id(&object, &ids, &fields, &kinds)
            .await
            .unwrap();
        assert_eq!(
            read[0].fields.get("industry"),
            Some(&Value::text("Steel")),
            "{object:?}"
        );
        let gone = pair
            .marketo
            .delete_objects_by_id(&object, &ids)
            .await
            .unwrap();
        assert_eq!(gone, [ObjectOutcome::Deleted]);
        let gone = pair
            .marketo
            .delete_objects_by_id(&object, &ids)
            .await
            .unwrap();
        assert_eq!(gone, [ObjectOutcome::Skipped(WriteOutcome::Gone)]);
    }
}
