//! The sandbox against documents written from the vendor's reference: a story in steps
//! (`marketo_story.json`), each naming the promise it proves. A document is a subset of the answer; `<kind>` stands for any value of that
//! kind, `<kind=name>` keeps the value, `{name}` uses it later.

use std::collections::HashMap;

use serde_json::Value;
use syncdeck::sandbox::marketo::InstanceOptions;

use super::harness::Server;

const STORY: &str = include_str!("../marketo_story.json");

fn fits(kind: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match kind {
        "any" => true,
        "number" => value.is_number(),
        "text" => value.is_string(),
        "token" => text.len().is_multiple_of(8) && !text.is_empty(),
        "guid" => text.len() == 36 && text.split('-').count() == 5,
        "moment" => text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T',
        "request" => text.contains('#'),
        "file" => text.lines().count() > 1,
        _ => panic!("no such kind: {kind}"),
    }
}

/// Says where a value differs from its document, if it does.
fn differs(document: &Value, value: &Value, known: &mut HashMap<String, Value>) -> Option<String> {
    match (document, value) {
        (Value::String(mark), _) if mark.starts_with('<') => {
            let mark = mark.trim_matches(['<', '>']);
            let (kind, name) = mark.split_once('=').unwrap_or((mark, ""));
            known.insert(name.to_owned(), value.clone());
            (!fits(kind, value)).then(|| format!("{value} is no {kind}"))
        }
        (Value::String(text), Value::String(file)) if file.contains('\n') => {
            let wanted = filled(text, known);
            (!file.contains(&wanted)).then(|| format!("{file} without {wanted}"))
        }
        (Value::String(text), _) => {
            let wanted = filled(text, known);
            let shown = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (wanted != shown).then(|| format!("{shown} instead of {wanted}"))
        }
        (Value::Object(members), Value::Object(found)) => members.iter().find_map(|(name, one)| {
            let Some(value) = found.get(name) else {
                return Some(format!("no {name}"));
            };
            differs(one, value, known).map(|what| format!("{name}: {what}"))
        }),
        (Value::Array(wanted), Value::Array(found)) => {
            if wanted.len() != found.len() {
                return Some(format!(
                    "{} elements instead of {}",
                    found.len(),
                    wanted.len()
                ));
            }
            wanted
                .iter()
                .zip(found)
                .find_map(|(one, value)| differs(one, value, known))
        }
        _ => (document != value).then(|| format!("{value} instead of {document}")),
    }
}

/// Puts kept values into a text.
fn filled(text: &str, known: &HashMap<String, Value>) -> String {
    known.iter().filter(|(name, _)| !name.is_empty()).fold(
        text.to_owned(),
        |text, (name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            text.replace(&format!("{{{name}}}"), &value)
        },
    )
}

/// Plays a story; panics where an answer differs from its document.
pub async fn play(server: &Server, story: &[Value]) {
    let mut known = HashMap::new();
    for step in story {
        let call = filled(step["call"].as_str().unwrap(), &known).replace("==", "%3D%3D");
        let (verb, path) = call.split_once(' ').unwrap();
        let body = match step.get("body") {
            Some(Value::String(text)) => text.clone(),
            Some(body) => body.to_string(),
            None => String::new(),
        };
        let kind = step["type"].as_str().unwrap_or("application/json");
        let bearer = format!("Bearer {}", server.token);
        let bearer = step["bearer"].as_str().unwrap_or(&bearer);
        let headers = [("authorization", bearer), ("content-type", kind)];
        let raw = server
            .send(verb, path, &headers, filled(&body, &known))
            .await;
        let answer = serde_json::from_slice(&raw.body).unwrap_or_else(|_| raw.text().into());
        let wrong = differs(&step["document"], &answer, &mut known);
        assert_eq!(wrong, None, "{}: {answer}", step["promise"]);
    }
}

#[tokio::test(start_paused = true)]
async fn each_promise_is_kept_to_the_letter_of_its_document() {
    let options = InstanceOptions {
        bulk_time: std::time::Duration::ZERO,
        ..Default::default()
    };
    let server = Server::direct(options).await;
    let story: Vec<Value> = serde_json::from_str(STORY).unwrap();
    play(&server, &story).await;
}
