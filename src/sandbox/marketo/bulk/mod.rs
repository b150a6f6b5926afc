//! Bulk jobs: extracts and imports, their states in time, their files.

pub(crate) mod csv;
pub(crate) mod export;
pub(crate) mod filter;
pub(crate) mod import;
pub(crate) mod multipart;
pub(crate) mod rows;

/// Jobs that run at the same time; the others wait.
pub(crate) const RUNNING_MAX: usize = 2;
/// Jobs that wait or run.
pub(crate) const QUEUE_MAX: usize = 10;

/// Jobs remembered; the oldest finished ones are forgotten beyond.
pub(crate) const JOBS_KEPT: usize = 200;

use super::answer::{Answer, Refusal};
use super::call::{Call, Verb};
use super::custom;
use super::state::State;

/// What a job is about: people, activities, or the custom object of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    People,
    Activities,
    Custom(String),
}

/// Builds the files that are due, one part at a time: others are served in between. Whether one is only half built.
pub(crate) fn build_some(state: &mut State, now_ms: i64) -> bool {
    export::advance(state, now_ms)
}

/// Answers the `/bulk/v1/...` calls; `rest` follows `v1`.
pub(crate) fn dispatch(state: &mut State, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    export::advance(state, call.now_ms);
    import::advance(state, call.now_ms);
    match (call.verb, rest) {
        (Verb::Post, ["leads"]) => import::people(state, call),
        (Verb::Get, ["leads", "batch", id] | ["customobjects", _, "import", id, "status"]) => {
            import::status(state, call, id)
        }
        (Verb::Get, ["leads", "batch", id, file] | ["customobjects", _, "import", id, file]) => {
            import::file(state, id, file)
        }
        (_, ["leads", "export", rest @ ..]) => jobs(state, call, Subject::People, rest),
        (_, ["activities", "export", rest @ ..]) => jobs(state, call, Subject::Activities, rest),
        (_, ["customobjects", name, "export", rest @ ..]) => {
            let subject = Subject::Custom(object_path(state, name)?);
            jobs(state, call, subject, rest)
        }
        (Verb::Post, ["customobjects", name, "import"]) => {
            let path = object_path(state, name)?;
            import::objects(state, call, name, path)
        }
        _ => Err(Refusal::not_found()),
    }
}

fn object_path(state: &State, name: &str) -> Result<String, Refusal> {
    let path = custom::path(name);
    if state.objects.contains_key(&path) {
        return Ok(path);
    }
    Err(Refusal::new(1013, format!("Object '{name}' not found")))
}

fn jobs(
    state: &mut State,
    call: &Call,
    subject: Subject,
    rest: &[&str],
) -> Result<Answer, Refusal> {
    match (call.verb, rest) {
        (Verb::Get, []) => Ok(export::list(state, call, &subject)),
        (Verb::Post, ["create"]) => export::create(state, call, subject),
        (Verb::Post, [id, "enqueue"]) => export::enqueue(state, call, id),
        (Verb::Post, [id, "cancel"]) => export::cancel(state, call, id),
        (Verb::Get, [id, "status"]) => export::status(state, id),
        (Verb::Get, [id, "file"]) => Ok(export::file(state, call, id)),
        _ => Err(Refusal::not_found()),
    }
}
