//! Who exists in Marketo only: found once by keys-only bulk extracts, then kept current by the feeds.
//!
//! No call lists all people, and asking for ids by the hundred is cheap only where they are dense. An extract costs
//! about six calls a window of 31 days, whatever it holds, so this is the rule: windows are taken from the newest one
//! back to the first "new lead" activity of the instance, and further while they hold anybody. One job at a time,
//! remembered from its order on; a cycle never waits for one, and a lack of quota only puts the listing off.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::context::Context;
use super::error::EngineError;
use super::snapshot::NewsKind;
use crate::config::Listing;
use crate::connectors::marketo::{
    EXTRACT_DAYS, EXTRACT_POLL, ExtractFilter, ExtractJob, ExtractOf, ExtractRows, JobState,
};
use crate::connectors::{ConnectorError, Trouble};
use crate::model::{FieldInfo, FieldKind, Fields, Value};
use crate::store::Listed;

/// Where the listing stands.
const STATE: &str = "marketo/listing";
/// The activity everybody begins with.
const NEW_LEAD: i64 = 12;
/// Pages looked at for the first activity of the instance: the server walks on a bounded distance a call.
const PAGES_TO_FIRST: usize = 50;
/// A piece of a file is read in parts of this size, so that its rows stay few in memory.
const PART: usize = 64 * 1024;
/// What is not allowed today may be allowed tomorrow.
const NOT_ALLOWED_FOR: Duration = Duration::from_secs(86_400);
/// A pause after trouble that states none.
const BACK_OFF: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Progress {
    /// The end of the window that is next, or under way.
    end: DateTime<Utc>,
    /// When the first person came, as far as the feed tells.
    first: DateTime<Utc>,
    /// The job of the window.
    job: Option<String>,
    /// Nothing is asked before this.
    not_before: Option<DateTime<Utc>>,
    done: bool,
}

/// What follows a step.
enum Next {
    Again,
    Wait(Duration),
    Done,
}

/// Goes on with the listing until it is done, or until the rest of the cycle is `over`.
pub(super) async fn list(
    context: &Context,
    mut over: watch::Receiver<bool>,
) -> Result<(), EngineError> {
    if context.sync.listing == Listing::Off {
        return Ok(());
    }
    loop {
        match advance(context).await? {
            Next::Done => return Ok(()),
            Next::Again if *over.borrow() || context.control.stopping() => return Ok(()),
            Next::Again => {}
            Next::Wait(wait) => {
                let waited = tokio::time::timeout(wait, over.wait_for(|over| *over));
                if waited.await.is_ok() {
                    return Ok(());
                }
            }
        }
    }
}

/// Whether everybody was listed, as far as that is wanted.
pub(super) async fn is_listed(context: &Context) -> Result<bool, EngineError> {
    if context.sync.listing == Listing::Off {
        return Ok(true);
    }
    let stored = context.store.read(|reader| reader.setting(STATE)).await?;
    let stored: Option<Progress> = stored.and_then(|text| serde_json::from_str(&text).ok());
    Ok(stored.is_some_and(|stored| stored.done))
}

async fn advance(context: &Context) -> Result<Next, EngineError> {
    let now = context.clock.now();
    let stored = context.store.read(|reader| reader.setting(STATE)).await?;
    let stored: Option<Progress> = stored.and_then(|text| serde_json::from_str(&text).ok());
    if stored.as_ref().is_some_and(|stored| stored.done) {
        return Ok(Next::Done);
    }
    let due = stored.as_ref().and_then(|stored| stored.not_before);
    if let Some(wait) = due
        .and_then(|due| (due - now).to_std().ok())
        .filter(|wait| !wait.is_zero())
    {
        return Ok(Next::Wait(wait));
    }
    let mut state = stored.unwrap_or(Progress {
        end: now,
        first: DateTime::UNIX_EPOCH,
        job: None,
        not_before: None,
        done: false,
    });
    state.not_before = None;
    let step = step(context, &mut state).await;
    let next = match step {
        Ok(next) => next,
        Err(Failed::Engine(error)) => return Err(error),
        Err(Failed::Vendor(error)) => put_off(context, &mut state, &error),
    };
    let text = serde_json::to_string(&state).unwrap_or_default();
    context
        .store
        .transaction(move |tx| tx.set_setting(STATE, &text))
        .await?;
    Ok(next)
}

/// Why a step failed.
enum Failed {
    Vendor(ConnectorError),
    Engine(EngineError),
}

impl From<ConnectorError> for Failed {
    fn from(error: ConnectorError) -> Self {
        Self::Vendor(error)
    }
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// The listing waits and says so; the cycle goes on.
fn put_off(context: &Context, state: &mut Progress, error: &ConnectorError) -> Next {
    let wait = match error.trouble {
        Trouble::Quota { wait } => wait,
        Trouble::Retry { wait } => wait.unwrap_or(BACK_OFF),
        Trouble::Configuration => NOT_ALLOWED_FOR,
        // The job's state will tell what became of a call without an answer.
        Trouble::Unknown | Trouble::Protocol => BACK_OFF,
        // Not this job: another one is ordered.
        Trouble::Refused | Trouble::CursorExpired => {
            state.job = None;
            BACK_OFF
        }
    };
    state.not_before = Some(context.clock.after(wait));
    let minutes = wait.as_secs().div_ceil(60);
    let text = format!("listing who exists in Marketo only waits {minutes} min: {error}");
    context.progress.tell(NewsKind::Waiting, None, text);
    Next::Wait(wait)
}

async fn step(context: &Context, state: &mut Progress) -> Result<Next, Failed> {
    let marketo = &context.marketo;
    let Some(id) = state.job.clone() else {
        if state.first == DateTime::UNIX_EPOCH {
            state.first = first_activity(context).await?;
        }
        let filter = ExtractFilter::CreatedAt(begin(state), state.end);
        let fields = ["id".to_owned(), "updatedAt".to_owned()];
        let job = marketo
            .create_extract(&ExtractOf::People, &fields, &filter)
            .await?;
        state.job = Some(job.id);
        return Ok(Next::Again);
    };
    let job = marketo.extract(&ExtractOf::People, &id).await?;
    match job.state {
        JobState::Created => {
            marketo.enqueue_extract(&ExtractOf::People, &id).await?;
            Ok(Next::Wait(EXTRACT_POLL))
        }
        JobState::Queued | JobState::Running => Ok(Next::Wait(EXTRACT_POLL)),
        JobState::Failed | JobState::Cancelled => {
            state.job = None;
            Ok(Next::Wait(EXTRACT_POLL))
        }
        JobState::Completed => {
            let people = fetch(context, &job).await?;
            state.end = begin(state);
            state.job = None;
            state.done = people == 0 && state.end <= state.first;
            if !state.done {
                return Ok(Next::Again);
            }
            told(context).await?;
            Ok(Next::Done)
        }
    }
}

fn begin(state: &Progress) -> DateTime<Utc> {
    state.end - TimeDelta::days(EXTRACT_DAYS)
}

/// When the first person came that an activity tells of; now, when none does.
async fn first_activity(context: &Context) -> Result<DateTime<Utc>, ConnectorError> {
    let ages_ago = Utc.with_ymd_and_hms(2006, 1, 1, 0, 0, 0).single();
    let mut token = context
        .marketo
        .paging_token(ages_ago.unwrap_or_default())
        .await?;
    for _page in 0..PAGES_TO_FIRST {
        let page = context.marketo.touched_people(&token, &[NEW_LEAD]).await?;
        if let Some(first) = page.items.iter().map(|item| item.at).min() {
            return Ok(first);
        }
        if !page.more {
            break;
        }
        token = page.token;
    }
    Ok(context.clock.now())
}

/// Reads a job's file, a part at a time; how many people it holds.
async fn fetch(context: &Context, job: &ExtractJob) -> Result<u64, Failed> {
    let kinds = [
        FieldInfo::new("id", FieldKind::Integer),
        FieldInfo::new("updatedAt", FieldKind::DateTime),
    ];
    let mut file = context.marketo.extract_file(&ExtractOf::People, job);
    let mut rows = ExtractRows::new(&kinds);
    let mut people = 0;
    while let Some(piece) = file.next().await? {
        for part in piece.chunks(PART) {
            people += keep(context, rows.feed(part)?).await?;
        }
    }
    people += keep(context, rows.finish()?).await?;
    Ok(people)
}

async fn keep(context: &Context, rows: Vec<Fields>) -> Result<u64, Failed> {
    let people: Vec<Listed> = rows
        .iter()
        .filter_map(|row| {
            let Some(Value::Integer(id)) = row.get("id") else {
                return None;
            };
            let updated = match row.get("updatedAt") {
                Some(Value::DateTime(at)) => Some(*at),
                _ => None,
            };
            Some((*id, updated))
        })
        .collect();
    let count = people.len() as u64;
    if count > 0 {
        let kept = context
            .store
            .transaction(move |tx| tx.add_marketo_only(&people));
        kept.await.map_err(EngineError::from)?;
    }
    Ok(count)
}

async fn told(context: &Context) -> Result<(), EngineError> {
    let count = context
        .store
        .read(|reader| reader.marketo_only_count())
        .await?;
    let text = format!("everybody in Marketo was listed: {count} people exist there only");
    context.progress.tell(NewsKind::Done, None, text);
    Ok(())
}
