//! What the commands show of people's values: masked for an eye, whole with `--reveal` and for scripts.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use syncdeck::model::{
    Cause, ConflictKind, CycleId, Entity, FailureClass, JournalEntry, LinkId, RecordKey, Refusal,
    Side, Value,
};
use syncdeck::store::{NewConflict, NewFailure, Store, Tx};
use uuid::Uuid;

use super::servers::{Servers, documents};

const EMAIL: &str = "ada.lovelace@home.example";
const PHONE: &str = "+44 20 7946 0123";
const NAME: &str = "Lovelace-Byron";
const TEXT: &str = "met her at the fair";
/// A lookup's or a key's value.
const GUID: &str = "8d5f2c0a-1b7e-4f7a-9a36-5c1d2e3f4a5b";

/// What is somebody's own, and must not be seen.
const PERSONAL: [&str; 4] = [EMAIL, PHONE, NAME, TEXT];
/// What says nothing about anybody, and has to be seen.
const PLAIN: [&str; 3] = ["Web", "true", GUID];

/// When all of it was.
fn then() -> DateTime<Utc> {
    "2031-02-03T12:00:00Z".parse().unwrap()
}

/// The fields of leads that hold them.
fn fields() -> [(&'static str, Value); 7] {
    [
        ("email", Value::text(EMAIL)),
        ("phone", Value::text(PHONE)),
        ("lastName", Value::text(NAME)),
        ("personNotes", Value::text(TEXT)),
        ("leadSource", Value::text("Web")),
        ("doNotCall", Value::Boolean(true)),
        ("syncdeckOrganizationId", Value::text(GUID)),
    ]
}

fn shown(servers: &Servers, arguments: &[&str]) -> String {
    let output = servers.syncdeck(arguments);
    String::from_utf8(output.stdout).unwrap()
}

/// In step, and somebody whose every write, question and failure holds such values.
fn somebody() -> (Servers, Uuid) {
    let servers = Servers::start(12);
    servers.syncdeck(&["sync"]);
    let store = Store::open(&servers.state()).unwrap();
    let links = store.read_blocking(|reader| reader.links_page(&Entity::LEAD, None, 100));
    let mut links = links.unwrap().into_iter();
    let link = links.find(|link| link.dynamics.is_some() && link.marketo.is_some());
    let link = link.unwrap();
    let row = link.dynamics.unwrap();
    store
        .transaction_blocking(|tx| {
            remember(tx, link.id, (row, link.marketo))?;
            tx.record_failure(&failure(row)).map(drop)
        })
        .unwrap();
    (servers, row)
}

fn remember(
    tx: &Tx<'_>,
    link: LinkId,
    (row, marketo): (Uuid, Option<i64>),
) -> Result<(), syncdeck::store::StoreError> {
    for (field, value) in fields() {
        tx.journal(&[JournalEntry {
            at: then(),
            cycle: CycleId(1),
            link: Some(link),
            entity: Entity::LEAD,
            dynamics_id: Some(row),
            marketo_id: marketo,
            side: Side::Marketo,
            field: field.to_owned(),
            before: value.clone(),
            after: value.clone(),
            cause: Cause::Change,
        }])?;
        tx.open_conflict(&NewConflict {
            link: Some(link),
            entity: Entity::LEAD,
            kind: ConflictKind::Field,
            field: field.to_owned(),
            dynamics_id: Some(row),
            marketo_id: marketo,
            label: format!("Ada {NAME}"),
            base: None,
            dynamics: value.clone(),
            marketo: value,
            detected: then(),
            note: String::new(),
        })?;
    }
    Ok(())
}

fn failure(row: Uuid) -> NewFailure {
    NewFailure {
        entity: Entity::LEAD,
        direction: Side::Marketo,
        refusal: Refusal {
            class: FailureClass::Data,
            code: "1003".to_owned(),
            message: format!(
                "Invalid value for field 'lastName' and value '{NAME}', {TEXT}'; also {EMAIL} and {}",
                PHONE.replace(' ', "")
            ),
            request: Some("a1#18f0c2".to_owned()),
        },
        dynamics_id: Some(row),
        marketo_id: None,
        key: RecordKey::Dynamics(row),
        field: None,
        gone: false,
        at: then(),
        next_try: None,
    }
}

#[test]
fn every_list_masks_what_is_personal_and_shows_ids_options_and_flags() {
    let (servers, row) = somebody();
    let row = row.to_string();
    for arguments in [
        vec!["history", "--record", &row],
        vec!["history", "--cycle", "1"],
        vec!["history", "rollback", "1"],
        vec!["conflicts", "list"],
    ] {
        let text = shown(&servers, &arguments);
        for personal in PERSONAL {
            assert!(
                !text.contains(personal),
                "{arguments:?}: {personal}\n{text}"
            );
        }
        for plain in PLAIN.into_iter().chain([row.as_str()]) {
            assert!(text.contains(plain), "{arguments:?}: {plain}\n{text}");
        }
        let whole = shown(&servers, &[arguments.as_slice(), &["--reveal"]].concat());
        let script = shown(&servers, &[arguments.as_slice(), &["--json"]].concat());
        for personal in PERSONAL {
            assert!(
                whole.contains(personal),
                "{arguments:?} --reveal: {personal}"
            );
            assert!(
                script.contains(personal),
                "{arguments:?} --json: {personal}"
            );
        }
    }
}

#[test]
fn a_failure_masks_the_values_its_message_repeats_and_names_the_request() {
    let (servers, row) = somebody();
    let row = row.to_string();
    for arguments in [
        vec!["failures", "list"],
        vec!["failures", "list", "--groups"],
        vec!["records", "show", &row],
    ] {
        let text = shown(&servers, &arguments);
        let phone = PHONE.replace(' ', "");
        for personal in [EMAIL, NAME, TEXT, phone.as_str()] {
            assert!(
                !text.contains(personal),
                "{arguments:?}: {personal}\n{text}"
            );
        }
        assert!(
            text.contains("Invalid value for field 'lastName'"),
            "{text}"
        );
        let whole = shown(&servers, &[arguments.as_slice(), &["--reveal"]].concat());
        assert!(whole.contains(EMAIL) && whole.contains(NAME), "{whole}");
        if !arguments.contains(&"--groups") {
            assert!(text.contains("[request a1#18f0c2]"), "{text}");
        }
    }
    let listed = documents(&servers.syncdeck(&["failures", "list", "--json"]));
    assert_eq!(listed[0]["request_id"], "a1#18f0c2");
    assert!(listed[0]["message"].as_str().unwrap().contains(EMAIL));
}

/// The people that Dynamics holds, as plain HTTP tells them.
fn leads(servers: &Servers) -> Vec<Json> {
    let found = servers.dynamics("leads?$select=emailaddress1,lastname,telephone1,leadid");
    found["value"].as_array().unwrap().clone()
}

#[test]
fn a_preview_and_a_record_are_masked_too() {
    let servers = Servers::start(12);
    let people = leads(&servers);
    let all = |text: &str, name: &str| -> usize {
        let values = people.iter().filter_map(|person| person[name].as_str());
        let values = values.filter(|value| value.len() > 5);
        values.filter(|value| text.contains(*value)).count()
    };
    let masked = shown(&servers, &["preview"]);
    for column in ["emailaddress1", "telephone1", "lastname"] {
        assert_eq!(all(&masked, column), 0, "{column}\n{masked}");
    }
    assert!(all(&masked, "leadid") > 0, "{masked}");
    assert!(masked.contains("doNotCall: '' -> 'false'"), "{masked}");
    let whole = shown(&servers, &["preview", "--reveal"]);
    assert!(all(&whole, "emailaddress1") > 0, "{whole}");
    let script = shown(&servers, &["preview", "--json"]);
    assert!(all(&script, "emailaddress1") > 0);
    servers.syncdeck(&["sync"]);
    let person = people.iter().find(|one| one["emailaddress1"].is_string());
    let person = person.unwrap();
    let (id, email) = (&person["leadid"], person["emailaddress1"].as_str().unwrap());
    let record = ["records", "show", id.as_str().unwrap()];
    let text = shown(&servers, &record);
    assert!(!text.contains(&email[..12.min(email.len())]), "{text}");
    assert!(text.contains("false"), "flags are shown: {text}");
    let whole = shown(&servers, &[record.as_slice(), &["--reveal"]].concat());
    assert!(whole.contains(&email[..12.min(email.len())]), "{whole}");
    let tested = ["filter", "test", "lead", "donotphone == false"];
    let text = shown(&servers, &tested);
    for column in ["emailaddress1", "lastname"] {
        assert_eq!(all(&text, column), 0, "{text}");
    }
}
