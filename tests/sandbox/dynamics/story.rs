//! The sandbox against documents written from the vendor's reference: a story in steps
//! (`dynamics_story.json`), each naming the bullet it proves, told with plain HTTP requests. A document
//! is a part of the answer; `<kind>` stands for any value of that kind, `<kind=name>` keeps it, `{name}`
//! uses it later; lists are whole.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::Value;
use syncdeck::sandbox::{Faults, Limits, SandboxOptions};

use super::harness::Org;

const STORY: &str = include_str!("../dynamics_story.json");

/// Values kept so far, by name.
type Known = HashMap<String, String>;

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// What is kept of a value of that kind, if it is one.
fn kept(kind: &str, value: &Value) -> Option<String> {
    let text = value.as_str();
    match kind {
        "list" => value.is_array().then(String::new),
        "number" => value.is_number().then(|| value.to_string()),
        "text" => text.filter(|text| !text.is_empty()).map(str::to_owned),
        "guid" => {
            let lower = text?
                .chars()
                .all(|c| c == '-' || c.is_ascii_digit() || c.is_ascii_lowercase());
            (lower && uuid::Uuid::try_parse(text?).is_ok()).then(|| shown(value))
        }
        "etag" => {
            let version = text?.strip_prefix("W/\"")?.strip_suffix('"')?;
            version.parse::<u64>().is_ok().then(|| shown(value))
        }
        "address" => Some(text?.strip_suffix(')')?.rsplit_once('(')?.1.to_owned()),
        _ => panic!("no such kind: {kind}"),
    }
}

/// Says where a value differs from its document, if it does.
fn differs(document: &Value, value: &Value, known: &mut Known) -> Option<String> {
    match (document, value) {
        (Value::String(mark), _) if mark.starts_with('<') => {
            let mark = mark.trim_matches(['<', '>']);
            let (kind, name) = mark.split_once('=').unwrap_or((mark, ""));
            let Some(kept) = kept(kind, value) else {
                return Some(format!("{value} is no {kind}"));
            };
            known.insert(name.to_owned(), kept);
            None
        }
        (Value::String(text), Value::String(found)) => {
            let wanted = filled(text, known);
            // Codes come in either case.
            let same = wanted == *found
                || (wanted.starts_with("0x") && wanted.eq_ignore_ascii_case(found));
            (!same).then(|| format!("{found} instead of {wanted}"))
        }
        (Value::Object(members), Value::Object(found)) => members.iter().find_map(|(name, one)| {
            let value = found.get(name).unwrap_or(&Value::Null);
            differs(one, value, known).map(|what| format!("{name}: {what}"))
        }),
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            let mut pairs = wanted.iter().zip(found);
            pairs.find_map(|(one, value)| differs(one, value, known))
        }
        _ => (document != value).then(|| format!("{value} instead of {document}")),
    }
}

/// Puts kept values into a text.
fn filled(text: &str, known: &Known) -> String {
    let named = known.iter().filter(|(name, _)| !name.is_empty());
    named.fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[tokio::test]
async fn each_bullet_is_kept_to_the_letter_of_its_document() {
    let faults = Faults::seeded(1);
    let options = SandboxOptions {
        people: 20,
        limits: Limits::Real,
        faults: faults.clone(),
        ..SandboxOptions::default()
    };
    let org = Org::start(options).await;
    let mut known = Known::from([("root".to_owned(), format!("{}/api/data/v9.2/", org.origin))]);
    let story: Vec<Value> = serde_json::from_str(STORY).unwrap();
    for step in &story {
        let bullet = &step["bullet"];
        faults.set(step["dial"].as_str().unwrap_or("")).unwrap();
        let call = filled(step["call"].as_str().unwrap(), &known);
        let (method, path) = call.split_once(' ').unwrap();
        let send = step["send"].as_array().into_iter().flatten();
        let send: Vec<String> = send
            .map(|header| filled(header.as_str().unwrap(), &known))
            .collect();
        let send: Vec<&str> = send.iter().map(String::as_str).collect();
        let body = step
            .get("body")
            .map(|body| filled(&body.to_string(), &known));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let got = org.call(method, path, &send, body).await;
        assert_eq!(step["status"], got.status, "{bullet}: {}", got.text);
        for (name, wanted) in step["headers"].as_object().into_iter().flatten() {
            let wrong = differs(wanted, &got.header(name).into(), &mut known);
            assert_eq!(wrong, None, "{bullet}: {name}");
        }
        if let Some(document) = step.get("document") {
            let wrong = differs(document, &got.json(), &mut known);
            assert_eq!(wrong, None, "{bullet}: {}", got.text);
        } else {
            assert_eq!(got.text, "", "{bullet}");
        }
    }
}
