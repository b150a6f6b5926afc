//! The file of an extract: header and one row a record, empty cells as the word `null`.

use serde_json::{Map, Value as Json};

use super::Subject;
use super::csv::push_row;
use super::export::Job;
use crate::sandbox::marketo::activities::feed;
use crate::sandbox::marketo::activities::log::Activity;
use crate::sandbox::marketo::objects::read;
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::table::Row;
use crate::sandbox::marketo::value::stamp;

/// Columns of an activity extract unless others are asked for.
pub(crate) const ACTIVITY_COLUMNS: &[&str] = &[
    "marketoGUID",
    "leadId",
    "activityDate",
    "activityTypeId",
    "campaignId",
    "primaryAttributeValueId",
    "primaryAttributeValue",
    "attributes",
];

/// A column only on request.
pub(crate) const ACTION_RESULT: &str = "actionResult";

fn cell(json: Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::String(text) => text,
        other => other.to_string(),
    }
}

/// Records looked at in one go: nobody else is served meanwhile.
const AT_ONCE: usize = 5_000;

/// A part of a job's file.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub bytes: Vec<u8>,
    pub records: usize,
    /// The number of the record the next part begins with; none when this was the last.
    pub next: Option<i64>,
}

/// The part of a job's file that begins with record `from`; the first one (0) has the header.
pub(crate) fn build(state: &State, job: &Job, from: i64) -> Part {
    let mut part = Part::default();
    if from == 0 {
        let titles = job
            .fields
            .iter()
            .map(|name| job.titles.get(name).unwrap_or(name).as_str());
        push_row(&mut part.bytes, job.separator, titles);
    }
    let (out, count) = (&mut part.bytes, &mut part.records);
    let mut push = |cells: &[String]| {
        push_row(out, job.separator, cells.iter().map(String::as_str));
        *count += 1;
    };
    part.next = match &job.subject {
        Subject::People => people(state, job, from, &mut push),
        Subject::Activities => activities(state, job, from, &mut push),
        Subject::Custom(path) => objects(state, job, path, from, &mut push),
    };
    part
}

fn within(span: Option<(i64, i64)>, at_ms: i64) -> bool {
    span.is_none_or(|(start, end)| (start..=end).contains(&at_ms.div_euclid(1000)))
}

fn people(state: &State, job: &Job, from: i64, push: &mut impl FnMut(&[String])) -> Option<i64> {
    let slots: Vec<u16> = job
        .fields
        .iter()
        .filter_map(|name| state.people.schema.slot(name))
        .collect();
    let members = job.filter.list.and_then(|list| state.lists.get(list).ok());
    let wanted = |id: i64, row: &Row| {
        // The filter goes by the last change of any field, unlike the visible updatedAt.
        within(job.filter.created, row.created_ms)
            && within(job.filter.updated, row.touched_ms)
            && members.is_none_or(|list| list.members.contains(&id))
    };
    let (rows, next) = state.people.part(from, AT_ONCE);
    for (id, _) in rows.filter(|(id, row)| wanted(*id, row)) {
        let cells = slots.iter().filter_map(|slot| {
            let field = state.people.schema.field(*slot)?;
            Some(cell(state.person_value(id, *slot, field)))
        });
        push(&cells.collect::<Vec<_>>());
    }
    next
}

fn objects(
    state: &State,
    job: &Job,
    path: &str,
    from: i64,
    push: &mut impl FnMut(&[String]),
) -> Option<i64> {
    let object = state.objects.get(path)?;
    let slots: Vec<u16> = job
        .fields
        .iter()
        .filter_map(|name| object.table.schema.slot(name))
        .collect();
    let (rows, next) = object.table.part(from, AT_ONCE);
    for (id, _) in rows.filter(|(_, row)| within(job.filter.updated, row.touched_ms)) {
        let cells = slots.iter().filter_map(|slot| {
            let field = object.table.schema.field(*slot)?;
            Some(cell(read::value(object, id, *slot, field)))
        });
        push(&cells.collect::<Vec<_>>());
    }
    next
}

fn activities(
    state: &State,
    job: &Job,
    from: i64,
    push: &mut impl FnMut(&[String]),
) -> Option<i64> {
    let visible = job.started_ms - state.options.activity_lag.as_millis() as i64;
    let members = job.filter.list.and_then(|list| state.lists.get(list).ok());
    for (seen, (number, entry)) in state.log.from(from).enumerate() {
        if entry.committed_ms > visible {
            return None;
        }
        if seen >= AT_ONCE {
            return Some(number);
        }
        let kind = i64::from(entry.kind);
        let wanted = within(job.filter.created, entry.date_ms)
            && entry.kind != crate::sandbox::marketo::activities::types::DELETE
            && (job.filter.kinds.is_empty() || job.filter.kinds.contains(&kind))
            && members.is_none_or(|list| list.members.contains(&entry.lead));
        if !wanted {
            continue;
        }
        let (primary_id, primary) = feed::primary(state, entry);
        let by_id = &job.filter.primary_ids;
        let by_value = &job.filter.primary_values;
        if (by_id.is_empty() || by_id.contains(&primary_id))
            && (by_value.is_empty() || by_value.contains(&primary))
        {
            let row = |name: &String| column(state, number, entry, name);
            push(&job.fields.iter().map(row).collect::<Vec<_>>());
        }
    }
    None
}

fn column(state: &State, number: i64, entry: &Activity, name: &str) -> String {
    match name {
        "marketoGUID" => number.to_string(),
        "leadId" => entry.lead.to_string(),
        "activityDate" => stamp(entry.date_ms.div_euclid(1000)),
        "activityTypeId" => entry.kind.to_string(),
        "primaryAttributeValueId" => feed::primary(state, entry).0.to_string(),
        "primaryAttributeValue" => feed::primary(state, entry).1,
        "attributes" => {
            let mut members = Map::new();
            for attribute in feed::attributes(state, entry) {
                if let Some(name) = attribute["name"].as_str() {
                    members.insert(name.to_owned(), attribute["value"].clone());
                }
            }
            Json::Object(members).to_string()
        }
        "actionResult" => "succeeded".to_owned(),
        _ => "null".to_owned(),
    }
}
