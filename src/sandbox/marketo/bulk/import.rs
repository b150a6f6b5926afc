//! Import jobs: a file of rows that are written as batches would be, in the background.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use super::{JOBS_KEPT, QUEUE_MAX, RUNNING_MAX, csv, multipart};
use crate::sandbox::marketo::answer::{Answer, File, Refusal};
use crate::sandbox::marketo::call::{Body, Call};
use crate::sandbox::marketo::leads::sync::{self, Action, Plan};
use crate::sandbox::marketo::objects::write;
use crate::sandbox::marketo::state::{Hand, State};

/// The number of the first import.
const FIRST_BATCH: i64 = 3501;

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Queued,
    Importing,
    Complete,
    Failed,
}

/// Where the rows go.
#[derive(Clone, Debug)]
enum Target {
    People {
        lookup: u16,
        action: Action,
        partition: Option<u16>,
        list: Option<i64>,
    },
    Objects {
        name: String,
        path: String,
    },
}

/// One import job.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    target: Target,
    phase: Phase,
    queued_ms: i64,
    started_ms: i64,
    finished_ms: i64,
    names: Vec<String>,
    rows: Vec<Vec<String>>,
    separator: u8,
    call: u32,
    done: usize,
    failures: Bytes,
    failed: usize,
    message: String,
}

/// All import jobs by number.
pub(crate) type Imports = BTreeMap<i64, Import>;

/// Reads the call's file and adds a job.
fn add(state: &mut State, call: &Call, target: Target) -> Result<i64, Refusal> {
    let format = call.param("format").unwrap_or("csv");
    let bad = || Refusal::new(1003, format!("Invalid value '{format}' for 'format'"));
    let separator = csv::separator(format).ok_or_else(bad)?;
    let Body::Multipart(boundary, body) = &call.body else {
        return Err(Refusal::new(612, "Invalid Content Type"));
    };
    let broken = || Refusal::new(613, "Invalid Multipart Request");
    let file = multipart::file(boundary, body).ok_or_else(broken)?;
    let mut rows = csv::rows(file, separator).ok_or_else(broken)?;
    if rows.is_empty() {
        return Err(Refusal::new(1003, "Empty file"));
    }
    let waiting = |job: &&Import| matches!(job.phase, Phase::Queued | Phase::Importing);
    if state.imports.values().filter(waiting).count() >= QUEUE_MAX {
        let text = format!(
            "There are {QUEUE_MAX} imports currently being processed. Please try again later"
        );
        return Err(Refusal::new(1016, text));
    }
    let names = rows
        .remove(0)
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    let id = state
        .imports
        .keys()
        .last()
        .map_or(FIRST_BATCH, |last| last + 1);
    let job = Import {
        target,
        phase: Phase::Queued,
        queued_ms: call.now_ms,
        started_ms: 0,
        finished_ms: 0,
        names,
        rows,
        separator,
        call: call.number,
        done: 0,
        failures: Bytes::new(),
        failed: 0,
        message: String::new(),
    };
    state.imports.insert(id, job);
    if state.imports.len() > JOBS_KEPT {
        state.imports.pop_first();
    }
    Ok(id)
}

/// `POST /bulk/v1/leads.json`.
pub(crate) fn people(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let by_id = call.param("lookupField") == Some("id");
    let action = if by_id {
        Action::UpdateOnly
    } else {
        Action::CreateOrUpdate
    };
    let lookup = sync::lookup(state, call.param("lookupField"), action)?;
    let partition = sync::partition(state, call.param("partitionName"), action)?;
    let list = match call.param("listId") {
        Some(text) => {
            let bad = || Refusal::new(1001, format!("Invalid value '{text}' for 'listId'"));
            let id = text.parse().map_err(|_| bad())?;
            state.lists.get(id)?;
            Some(id)
        }
        None => None,
    };
    let id = add(
        state,
        call,
        Target::People {
            lookup,
            action,
            partition,
            list,
        },
    )?;
    let row = json!({"batchId": id, "importId": id.to_string(), "status": "Queued"});
    Ok(Answer::result(vec![row]))
}

/// `POST /bulk/v1/customobjects/{name}/import.json`.
pub(crate) fn objects(
    state: &mut State,
    call: &Call,
    name: &str,
    path: String,
) -> Result<Answer, Refusal> {
    let id = add(
        state,
        call,
        Target::Objects {
            name: name.to_owned(),
            path,
        },
    )?;
    let row = json!({
        "batchId": id, "operation": "import", "objectApiName": name, "status": "Queued",
    });
    Ok(Answer::result(vec![row]))
}

fn find<'a>(state: &'a State, id: &str) -> Option<&'a Import> {
    state.imports.get(&id.parse().ok()?)
}

/// The state of an import.
pub(crate) fn status(state: &State, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let unknown = || Refusal::new(1013, format!("Import job '{id}' not found"));
    let job = find(state, id).ok_or_else(unknown)?;
    let word = match job.phase {
        Phase::Queued => "Queued",
        Phase::Importing => "Importing",
        Phase::Complete => "Complete",
        Phase::Failed => "Failed",
    };
    let number: i64 = id.parse().unwrap_or_default();
    let row = match &job.target {
        Target::People { .. } => json!({
            "batchId": number, "importId": id, "status": word, "numOfLeadsProcessed": job.done,
            "numOfRowsFailed": job.failed, "numOfRowsWithWarning": 0, "message": job.message,
        }),
        Target::Objects { name, .. } => {
            let until = if job.finished_ms > 0 {
                job.finished_ms
            } else {
                call.now_ms
            };
            let seconds = if job.started_ms > 0 {
                (until - job.started_ms) / 1000
            } else {
                0
            };
            json!({
                "batchId": number, "operation": "import", "objectApiName": name, "status": word,
                "numOfObjectsProcessed": job.done, "numOfRowsFailed": job.failed,
                "numOfRowsWithWarning": 0, "importTime": format!("{seconds} second(s)"),
                "message": job.message,
            })
        }
    };
    Ok(Answer::result(vec![row]))
}

/// `failures.json` and `warnings.json`: 404 in plain text when there is nothing to show.
pub(crate) fn file(state: &State, id: &str, file: &str) -> Result<Answer, Refusal> {
    let Some(job) = find(state, id) else {
        return Ok(Answer::NoFile);
    };
    let finished = matches!(job.phase, Phase::Complete | Phase::Failed);
    let of_people = matches!(job.target, Target::People { .. });
    match file {
        "failures" if finished && (job.failed > 0 || of_people) => Ok(Answer::File(File {
            bytes: job.failures.clone(),
            range: None,
        })),
        "warnings" if finished && of_people => Ok(Answer::File(File {
            bytes: Bytes::new(),
            range: None,
        })),
        "failures" | "warnings" => Ok(Answer::NoFile),
        _ => Err(Refusal::not_found()),
    }
}

/// Moves the imports on to where they are now: oldest first, two at a time.
pub(crate) fn advance(state: &mut State, now_ms: i64) {
    let pause = state.options.bulk_time.as_millis() as i64;
    let ids: Vec<i64> = state.imports.keys().copied().collect();
    for id in ids {
        let running = state
            .imports
            .values()
            .filter(|job| job.phase == Phase::Importing)
            .count();
        let Some(job) = state.imports.get_mut(&id) else {
            continue;
        };
        if job.phase == Phase::Queued && now_ms >= job.queued_ms + pause && running < RUNNING_MAX {
            job.phase = Phase::Importing;
            job.started_ms = now_ms;
        }
        if job.phase == Phase::Importing && now_ms >= job.started_ms + pause {
            let mut job = job.clone();
            run(state, &mut job, now_ms);
            job.finished_ms = now_ms;
            state.imports.insert(id, job);
        }
    }
}

/// A row as a record. Empty cells and the word `null` clear.
fn record(state: &State, names: &[String], row: &[String]) -> Json {
    let mut members = Map::new();
    for (name, cell) in names.iter().zip(row) {
        let is_empty = cell.is_empty() || cell == "null";
        if cell.is_empty() && !state.options.open.import_empty_clears {
            continue;
        }
        let value = if is_empty {
            Json::Null
        } else {
            Json::from(cell.as_str())
        };
        members.insert(name.clone(), value);
    }
    Json::Object(members)
}

fn run(state: &mut State, job: &mut Import, now_ms: i64) {
    let actor_call = job.call;
    let hand = state.api_hand("importLead", actor_call, now_ms);
    let mut failures = Vec::new();
    let titles = job
        .names
        .iter()
        .map(String::as_str)
        .chain(["Import Failure Reason"]);
    csv::push_row(&mut failures, job.separator, titles);
    for row in std::mem::take(&mut job.rows) {
        let fields = record(state, &job.names, &row);
        let outcome = match &job.target {
            Target::People {
                lookup,
                action,
                partition,
                list,
            } => {
                let plan = Plan {
                    action: *action,
                    lookup: *lookup,
                    partition: *partition,
                    hand,
                };
                person(state, plan, *list, fields)
            }
            Target::Objects { path, .. } => object(state, path, hand, &fields),
        };
        match outcome {
            Ok(()) => job.done += 1,
            Err(refusal) => {
                job.failed += 1;
                let cells = row
                    .iter()
                    .map(String::as_str)
                    .chain([refusal.message.as_str()]);
                csv::push_row(&mut failures, job.separator, cells);
            }
        }
    }
    job.failures = failures.into();
    job.phase = if job.done == 0 && job.failed > 0 {
        Phase::Failed
    } else {
        Phase::Complete
    };
    let (done, failed) = (job.done, job.failed);
    job.message = if failed == 0 {
        format!("Import succeeded, {done} records imported ({done} members)")
    } else {
        format!(
            "Import completed with errors, {done} records imported ({done} members), {failed} failed"
        )
    };
}

fn person(state: &mut State, plan: Plan, list: Option<i64>, record: Json) -> Result<(), Refusal> {
    let (id, _) = match sync::run(state, plan, &[record])?.pop() {
        Some(outcome) => outcome?,
        None => return Ok(()),
    };
    if let Some(list) = list {
        state.join_list(list, id, plan.hand);
    }
    Ok(())
}

fn object(state: &mut State, path: &str, hand: Hand, record: &Json) -> Result<(), Refusal> {
    crate::sandbox::marketo::objects::with(state, path, |state, object| {
        let how = (Action::CreateOrUpdate, true, hand);
        write::one(state, object, how, &mut HashSet::new(), record).map(|_| ())
    })
}
