//! `sdkmessagefilters`: which operations each table has, as programs ask before they use them.

use serde_json::{Value, json};

use super::data::Data;
use super::describe::metadata_id;
use super::metadata::{pick, visible};
use super::reply::Answer;
use super::request::Call;
use super::resource::Segment;
use super::schema::Table;

/// Operations of every table that is more than links.
const COMMON: [&str; 8] = [
    "Create",
    "CreateMultiple",
    "Delete",
    "Retrieve",
    "RetrieveMultiple",
    "Update",
    "UpdateMultiple",
    "UpsertMultiple",
];

/// Answers `sdkmessagefilters` or `sdkmessages`; nothing when the name is neither.
pub fn answer(data: &Data, call: &Call, first: &Segment) -> Option<Answer> {
    let all: Vec<Value> = match first.name.as_str() {
        "sdkmessagefilters" => visible(data)
            .flat_map(|table| {
                operations(table)
                    .into_iter()
                    .map(move |name| filter(table, name))
            })
            .collect(),
        "sdkmessages" => {
            let mut names: Vec<&str> = visible(data).flat_map(operations).collect();
            names.sort_unstable();
            names.dedup();
            names.into_iter().map(message).collect()
        }
        _ => return None,
    };
    let context = format!("{}$metadata#{}", call.caller.root(), first.name);
    let key = format!("{}id", first.name.trim_end_matches('s'));
    Some(pick(call, &context, all, first, &key))
}

fn operations(table: &Table) -> Vec<&'static str> {
    if table.intersect.is_some() {
        return vec!["Retrieve", "RetrieveMultiple", "Associate", "Disassociate"];
    }
    let more: &[&str] = match table.name.as_str() {
        "lead" => &["Merge", "QualifyLead"],
        "contact" | "account" => &["Merge"],
        "opportunity" => &["Win", "Lose"],
        _ => &[],
    };
    COMMON.iter().chain(more).copied().collect()
}

fn message(name: &str) -> Value {
    json!({"sdkmessageid": metadata_id(&format!("message.{name}")), "name": name})
}

fn filter(table: &Table, name: &str) -> Value {
    let message = message(name);
    json!({
        "sdkmessagefilterid": metadata_id(&format!("message.{name}.{}", table.name)),
        "primaryobjecttypecode": table.name,
        "_sdkmessageid_value": message["sdkmessageid"],
        "sdkmessageid": message,
    })
}
