//! Extract jobs: created, queued, processing, completed; two run at a time, ten may wait.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::filter::{self, Filter};
use super::{JOBS_KEPT, QUEUE_MAX, RUNNING_MAX, Subject, csv, rows};
use crate::sandbox::marketo::answer::{Answer, File, Refusal};
use crate::sandbox::marketo::call::Call;
use crate::sandbox::marketo::limits;
use crate::sandbox::marketo::state::State;
use crate::sandbox::marketo::value::stamp;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Created,
    Queued,
    Processing,
    Completed,
    Cancelled,
}

impl Phase {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Queued => "Queued",
            Self::Processing => "Processing",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// One extract job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub subject: Subject,
    pub fields: Vec<String>,
    /// Column titles other than the field's name.
    pub titles: HashMap<String, String>,
    pub format: String,
    pub separator: u8,
    pub filter: Filter,
    pub phase: Phase,
    pub created_ms: i64,
    pub queued_ms: i64,
    pub started_ms: i64,
    pub finished_ms: i64,
    pub file: Bytes,
    /// What there is of the file while it is built, and the record to go on with.
    pub part: Vec<u8>,
    pub next: i64,
    /// `sha256:…` over the file, once there is one.
    pub checksum: String,
    pub records: usize,
}

/// All extract jobs by id, in order of creation.
pub(crate) type Jobs = BTreeMap<(i64, String), Job>;

/// `create.json`.
pub(crate) fn create(state: &mut State, call: &Call, subject: Subject) -> Result<Answer, Refusal> {
    let body = call.json()?;
    let format = body
        .get("format")
        .and_then(Json::as_str)
        .unwrap_or("CSV")
        .to_owned();
    let bad = || Refusal::new(1003, format!("Invalid value '{format}' for 'format'"));
    let separator = csv::separator(&format).ok_or_else(bad)?;
    let fields = fields(state, &subject, body.get("fields"))?;
    let filter = filter::read(state, &subject, body.get("filter"))?;
    let titles = body.get("columnHeaderNames").and_then(Json::as_object);
    let titles = titles.into_iter().flatten();
    let titles =
        titles.filter_map(|(name, title)| Some((name.clone(), title.as_str()?.to_owned())));
    let job = Job {
        subject,
        fields,
        titles: titles.collect(),
        format: format.to_ascii_uppercase(),
        separator,
        filter,
        phase: Phase::Created,
        created_ms: call.now_ms,
        queued_ms: 0,
        started_ms: 0,
        finished_ms: 0,
        file: Bytes::new(),
        part: Vec::new(),
        next: 0,
        checksum: String::new(),
        records: 0,
    };
    let bytes = state.rng.u128(..).to_le_bytes();
    let id = uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string();
    let row = row(&id, &job);
    if state.exports.len() >= JOBS_KEPT {
        let over = |job: &Job| matches!(job.phase, Phase::Completed | Phase::Cancelled);
        let oldest = state
            .exports
            .iter()
            .find(|(_, job)| over(job))
            .map(|(key, _)| key.clone());
        state.exports.remove(&oldest.unwrap_or_default());
    }
    state.exports.insert((call.now_ms, id), job);
    Ok(Answer::result(vec![row]))
}

/// The columns of a job; 1003 names those that are no fields.
fn fields(state: &State, subject: &Subject, asked: Option<&Json>) -> Result<Vec<String>, Refusal> {
    let asked = asked.and_then(Json::as_array).into_iter().flatten();
    let asked: Vec<String> = asked.filter_map(Json::as_str).map(str::to_owned).collect();
    let known = |name: &String| match subject {
        Subject::People => state.people.schema.slot(name).is_some(),
        Subject::Activities => {
            rows::ACTIVITY_COLUMNS.contains(&name.as_str()) || name == rows::ACTION_RESULT
        }
        Subject::Custom(path) => state
            .objects
            .get(path)
            .is_some_and(|object| object.table.schema.slot(name).is_some()),
    };
    let unknown: Vec<&str> = asked
        .iter()
        .filter(|name| !known(name))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        return Err(Refusal::new(
            1003,
            format!("Invalid fields [{}]", unknown.join(", ")),
        ));
    }
    match (asked.is_empty(), subject) {
        (true, Subject::Activities) => Ok(rows::ACTIVITY_COLUMNS
            .iter()
            .map(|name| (*name).to_owned())
            .collect()),
        (true, _) => Err(Refusal::missing("fields")),
        (false, _) => Ok(asked),
    }
}

/// A job as every call shows it.
fn row(id: &str, job: &Job) -> Json {
    let mut row = json!({
        "exportId": id, "format": job.format, "status": job.phase.word(),
        "createdAt": stamp(job.created_ms / 1000),
    });
    let mut set = |name: &str, value: Json| row[name] = value;
    for (name, at_ms) in [
        ("queuedAt", job.queued_ms),
        ("startedAt", job.started_ms),
        ("finishedAt", job.finished_ms),
    ] {
        if at_ms > 0 {
            set(name, stamp(at_ms / 1000).into());
        }
    }
    if job.phase == Phase::Completed {
        set("numberOfRecords", job.records.into());
        set("fileSize", job.file.len().into());
        set("fileChecksum", job.checksum.as_str().into());
    }
    row
}

fn find(state: &State, id: &str) -> Result<(i64, String), Refusal> {
    let found = state.exports.keys().find(|(_, known)| known == id);
    found
        .cloned()
        .ok_or_else(|| Refusal::new(1013, format!("Export job '{id}' not found")))
}

fn count(state: &State, phases: &[Phase]) -> usize {
    state
        .exports
        .values()
        .filter(|job| phases.contains(&job.phase))
        .count()
}

/// `enqueue.json`: 1029 when the queue is full, the day's volume is used up, or it was done before.
pub(crate) fn enqueue(state: &mut State, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let key = find(state, id)?;
    if count(state, &[Phase::Queued, Phase::Processing]) >= QUEUE_MAX {
        return Err(Refusal::new(
            1029,
            format!("Too many jobs ({QUEUE_MAX}) in queue"),
        ));
    }
    let today = limits::day(call.now_ms);
    let done = state
        .exports
        .values()
        .filter(|job| limits::day(job.finished_ms) == today);
    let used: u64 = done.map(|job| job.file.len() as u64).sum();
    if used >= state.options.bulk_daily_bytes {
        let size = state.options.bulk_daily_bytes / (1024 * 1024);
        return Err(Refusal::new(
            1029,
            format!("Export daily quota {size}MB exceeded."),
        ));
    }
    let Some(job) = state.exports.get_mut(&key) else {
        return Err(Refusal::not_found());
    };
    if job.phase != Phase::Created {
        return Err(Refusal::new(1029, "Export job already queued"));
    }
    job.phase = Phase::Queued;
    job.queued_ms = call.now_ms;
    Ok(Answer::result(vec![row(id, job)]))
}

/// `cancel.json`.
pub(crate) fn cancel(state: &mut State, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let key = find(state, id)?;
    let Some(job) = state.exports.get_mut(&key) else {
        return Err(Refusal::not_found());
    };
    if matches!(job.phase, Phase::Completed | Phase::Cancelled) {
        return Err(Refusal::new(
            1003,
            "Export job cannot be cancelled any more",
        ));
    }
    job.phase = Phase::Cancelled;
    job.finished_ms = call.now_ms;
    Ok(Answer::result(vec![row(id, job)]))
}

/// `status.json`.
pub(crate) fn status(state: &State, id: &str) -> Result<Answer, Refusal> {
    let key = find(state, id)?;
    let row = state.exports.get(&key).map(|job| row(id, job));
    Ok(Answer::result(row.into_iter().collect()))
}

/// `export.json`: the jobs about a subject, by status when asked.
pub(crate) fn list(state: &State, call: &Call, subject: &Subject) -> Answer {
    let wanted = call.list("status");
    let jobs = state.exports.iter().filter(|(_, job)| {
        job.subject == *subject
            && (wanted.is_empty()
                || wanted
                    .iter()
                    .any(|word| word.eq_ignore_ascii_case(job.phase.word())))
    });
    Answer::result(jobs.map(|((_, id), job)| row(id, job)).collect())
}

/// `file.json`: 404 in plain text until there is one.
pub(crate) fn file(state: &State, call: &Call, id: &str) -> Answer {
    let job = find(state, id).ok().and_then(|key| state.exports.get(&key));
    match job {
        Some(job) if job.phase == Phase::Completed => Answer::File(File {
            bytes: job.file.clone(),
            range: call.range.clone(),
        }),
        _ => Answer::NoFile,
    }
}

/// Moves the jobs on to where they are now: oldest first, two at a time. Whether a file is only half built.
pub(crate) fn advance(state: &mut State, now_ms: i64) -> bool {
    let pause = state.options.bulk_time.as_millis() as i64;
    let keys: Vec<(i64, String)> = state.exports.keys().cloned().collect();
    let mut more = false;
    for key in keys {
        let running = count(state, &[Phase::Processing]);
        let Some(job) = state.exports.get_mut(&key) else {
            continue;
        };
        if job.phase == Phase::Queued && now_ms >= job.queued_ms + pause && running < RUNNING_MAX {
            job.phase = Phase::Processing;
            job.started_ms = now_ms;
        }
        if job.phase == Phase::Processing && now_ms >= job.started_ms + pause {
            more |= build(state, &key, now_ms);
        }
    }
    more
}

/// Builds the next part of a job's file; whether there is more to build.
fn build(state: &mut State, key: &(i64, String), now_ms: i64) -> bool {
    // Out of the way while the rest of the state is read.
    let Some(mut job) = state.exports.remove(key) else {
        return false;
    };
    let part = rows::build(state, &job, job.next);
    job.part.extend_from_slice(&part.bytes);
    job.records += part.records;
    if let Some(next) = part.next {
        job.next = next;
    } else {
        job.phase = Phase::Completed;
        job.finished_ms = now_ms;
        job.checksum = format!("sha256:{:x}", Sha256::digest(&job.part));
        job.file = std::mem::take(&mut job.part).into();
    }
    state.exports.insert(key.clone(), job);
    part.next.is_some()
}
