//! Writes: up to 1,000 in one `$batch`, each with its own guard, each with its own outcome.

use bytes::Bytes;
use http::header;
use serde::Deserialize;
use uuid::Uuid;

use super::batch::{self, Part};
use super::call::{Ask, Caller, content_type, failure};
use super::fault::{Effect, Fault, Intent, request_id};
use super::payload;
use super::query::Origin;
use super::table::Table;
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::model::{FailureClass, RecordKey, Refusal, Value};

/// The vendor's limit of operations in a batch.
pub const BATCH_MAX: usize = 1_000;
/// The largest batch we make; far below what the server takes, and small enough to be done in time.
const BODY_MAX: usize = 8 * 1024 * 1024;

/// What to do with one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DynamicsAction {
    /// Create it with our id; an existing row is left alone ([`WriteOutcome::Exists`]).
    Create,
    /// Change it. With a version only if it is still that one ([`WriteOutcome::Stale`] otherwise);
    /// never creates.
    Update {
        /// [`crate::model::Record::version`] of the row the change was decided on.
        version: Option<String>,
    },
    /// Delete it, with a version only if it is still that one.
    Delete {
        /// As for an update.
        version: Option<String>,
    },
}

/// One row to write.
#[derive(Debug, Clone)]
pub struct DynamicsWrite<'a> {
    /// Its table.
    pub table: &'a Table,
    /// Its id; for a create, chosen (and stored) by us.
    pub id: Uuid,
    /// What to do.
    pub action: DynamicsAction,
    /// Values by column; nothing for a delete. A lookup that may point to several tables is named
    /// `column:table` (`customerid:account`, `ownerid:team`).
    pub fields: Vec<(String, Value)>,
}

impl DynamicsWrite<'_> {
    fn intent(&self) -> Intent {
        match self.action {
            DynamicsAction::Create => Intent::Create,
            DynamicsAction::Update { .. } => Intent::Update,
            DynamicsAction::Delete { .. } => Intent::Delete,
        }
    }

    /// The condition header. A table without row versions refuses them, so `*` has to do there.
    fn condition(&self) -> Option<(&'static str, &str)> {
        let known = |version: &'_ Option<String>| version.is_some() && self.table.optimistic;
        match &self.action {
            DynamicsAction::Create => Some(("If-None-Match", "*")),
            DynamicsAction::Update { version } | DynamicsAction::Delete { version }
                if known(version) =>
            {
                Some(("If-Match", version.as_deref().unwrap_or("*")))
            }
            DynamicsAction::Update { .. } => Some(("If-Match", "*")),
            DynamicsAction::Delete { .. } => None,
        }
    }

    fn add_to(&self, batch: &mut batch::Builder) -> Result<(), Refusal> {
        let row = format!("{}({})", self.table.set, self.id);
        let condition = self.condition();
        if matches!(self.action, DynamicsAction::Delete { .. }) {
            let headers: Vec<_> = condition.into_iter().collect();
            batch.part(&format!("DELETE {}", Origin::path(&row)), &headers, None);
            return Ok(());
        }
        let json = payload::row(self.table, &self.fields)?;
        let mut headers = vec![
            ("Content-Type", "application/json; charset=utf-8"),
            ("Accept", "application/json"),
            ("Prefer", "return=representation"),
        ];
        headers.extend(condition);
        let path = Origin::path(&format!("{row}?$select={}", self.table.key));
        batch.part(&format!("PATCH {path}"), &headers, Some(&json));
        Ok(())
    }
}

/// Sends the writes as one batch; the outcomes are in the order of the writes.
pub(super) async fn write(
    caller: &Caller,
    origin: &Origin,
    writes: &[DynamicsWrite<'_>],
) -> Result<Vec<WriteOutcome>, ConnectorError> {
    if writes.len() > BATCH_MAX {
        return Err(too_large());
    }
    let mut batch = batch::Builder::default();
    let added: Vec<_> = writes
        .iter()
        .map(|write| write.add_to(&mut batch))
        .collect();
    if batch.len() > BODY_MAX {
        return Err(too_large());
    }
    let sent: Vec<_> = writes
        .iter()
        .zip(&added)
        .filter_map(|(write, added)| added.is_ok().then_some(write))
        .collect();
    let mut outcomes = if sent.is_empty() {
        Vec::new()
    } else {
        let ask = Ask::post(origin.api("$batch"), &batch::content_type(), batch.finish())
            .prefer("odata.continue-on-error");
        let response = caller.write(&ask).await?;
        outcomes(caller, &response, &sent)?
    }
    .into_iter();
    let merged = added.into_iter().map(|added| match added {
        Ok(()) => outcomes.next().unwrap_or_else(|| unanswered("no answer")),
        Err(refusal) => WriteOutcome::Refused(refusal),
    });
    Ok(merged.collect())
}

fn too_large() -> ConnectorError {
    let message = "too much for one batch: split it".to_owned();
    failure(Trouble::Refused, "too_large", message)
}

/// One outcome a write that was sent.
fn outcomes(
    caller: &Caller,
    response: &http::Response<Bytes>,
    sent: &[&DynamicsWrite<'_>],
) -> Result<Vec<WriteOutcome>, ConnectorError> {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let Some(boundary) = batch::boundary(kind) else {
        if response.status().is_success() {
            let message = format!(
                "a batch was answered with '{}'",
                content_type(response.headers())
            );
            return Err(failure(Trouble::Unknown, "answer", message));
        }
        return Err(Fault::of(response).whole(Effect::Write));
    };
    let answers = batch::parse(response.body(), boundary);
    let call = request_id(response.headers());
    let rest = unreached(response, &answers).said_by(call.as_deref());
    let mut parts = answers.parts.into_iter();
    let outcomes = sent.iter().map(|write| match parts.next() {
        Some(part) => outcome(caller, write, &part).said_by(call.as_deref()),
        None => rest.clone(),
    });
    Ok(outcomes.collect())
}

/// What became of writes without an answer: a batch that stopped at a failure (as servers do that
/// ignore
/// `continue-on-error`) did not reach them; of a cut answer nothing is known.
fn unreached(response: &http::Response<Bytes>, answers: &batch::Answers) -> WriteOutcome {
    let stopped = answers
        .parts
        .last()
        .is_some_and(|part| !part.status.is_success());
    let ignored = !response.headers().contains_key("preference-applied");
    let told = response.status().is_client_error() || ignored;
    if answers.complete && stopped && told {
        WriteOutcome::Retry(Refusal {
            class: FailureClass::Vendor,
            code: "batch_stopped".to_owned(),
            message: "the batch stopped at an earlier record".to_owned(),
            request: None,
        })
    } else {
        unanswered("the answer ended before this record's part")
    }
}

fn unanswered(why: &str) -> WriteOutcome {
    WriteOutcome::Unknown(Refusal {
        class: FailureClass::Vendor,
        code: "unanswered".to_owned(),
        message: why.to_owned(),
        request: None,
    })
}

fn outcome(caller: &Caller, write: &DynamicsWrite<'_>, part: &Part) -> WriteOutcome {
    if part.status.is_success() {
        let version = version(part);
        return match write.intent() {
            Intent::Create => WriteOutcome::Created {
                key: RecordKey::Dynamics(write.id),
                version,
            },
            Intent::Update => WriteOutcome::Updated { version },
            Intent::Delete => WriteOutcome::Deleted,
        };
    }
    let fault = Fault::read(part.status, &part.headers, &part.body);
    if fault.is_throttling() {
        caller.steering().slow_down(fault.retry_after);
    }
    fault.part(write.intent(), write.id)
}

#[derive(Deserialize)]
struct Representation {
    #[serde(rename = "@odata.etag")]
    etag: String,
}

/// The row's new version, from the representation or the header.
fn version(part: &Part) -> Option<String> {
    let shown = serde_json::from_slice::<Representation>(&part.body);
    shown.map(|row| row.etag).ok().or_else(|| {
        let header = part.headers.get(header::ETAG)?;
        header.to_str().ok().map(str::to_owned)
    })
}
