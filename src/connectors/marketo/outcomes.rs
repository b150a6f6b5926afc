//! What became of each record: reading the rows of a write's answer.

use serde::Deserialize;

use super::codes::{self, Operation};
use super::envelope::{self, Answer, Reason};
use super::error;
use super::object::ObjectOutcome;
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::model::{FailureClass, MarketoId, RecordKey, Refusal};

/// One row of a write's answer, of any object.
#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(default)]
    pub(super) seq: Option<usize>,
    #[serde(default)]
    pub(super) id: Option<MarketoId>,
    #[serde(default, rename = "marketoGUID", alias = "marketoGuid")]
    guid: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    reasons: Option<Vec<Reason>>,
    /// Custom activities write `errors` where everything else writes `reasons`.
    #[serde(default)]
    errors: Option<Vec<Reason>>,
}

impl Row {
    pub(super) fn reason(&self) -> Option<&Reason> {
        let reasons = self.reasons.iter().chain(&self.errors);
        reasons.flatten().next()
    }

    fn any_id(&self) -> Option<String> {
        let number = || self.id.map(|id| id.to_string());
        self.guid.clone().or_else(number)
    }

    /// None when the row says nothing that can be understood: then the record may or may not have been written.
    pub(super) fn outcome(&self, operation: Operation) -> Option<WriteOutcome> {
        match self.status.as_str() {
            "created" | "added" => Some(WriteOutcome::Created {
                key: RecordKey::Marketo(self.id.unwrap_or_default()),
                version: None,
            }),
            "updated" => Some(WriteOutcome::Updated { version: None }),
            "deleted" | "removed" => Some(WriteOutcome::Deleted),
            "skipped" | "failed" => {
                let reason = self.reason();
                let code = reason.map_or("none", |reason| reason.code.as_str());
                let message = reason.map_or("skipped without a reason", |reason| &reason.message);
                Some(codes::skipped(operation, code, &envelope::short(message)))
            }
            _ => None,
        }
    }
}

/// Reads the rows of a people write: one a record, in the order sent, without `seq`.
pub(super) fn in_order(
    answer: &Answer,
    count: usize,
    operation: Operation,
) -> Result<Vec<WriteOutcome>, ConnectorError> {
    let unknown = |message| error::unknown(message, &answer.request_id);
    let rows: Vec<Row> = answer
        .rows()
        .map_err(|_| unknown("the outcomes cannot be read"))?;
    if rows.len() != count {
        return Err(unknown("there are not as many outcomes as records"));
    }
    native_sync(&rows, &answer.request_id)?;
    let outcomes: Option<Vec<WriteOutcome>> = rows
        .iter()
        .map(|row| {
            let outcome = created_has_id(row)?.outcome(operation)?;
            Some(outcome.said_by(answer.id()))
        })
        .collect();
    outcomes.ok_or_else(|| unknown("an outcome is none of the known ones"))
}

/// Reads the rows of any other write: each says by `seq` which record it is about.
pub(super) fn by_seq(
    answer: &Answer,
    count: usize,
    operation: Operation,
) -> Result<Vec<ObjectOutcome>, ConnectorError> {
    let unknown = |message| error::unknown(message, &answer.request_id);
    let rows: Vec<Row> = answer
        .rows()
        .map_err(|_| unknown("the outcomes cannot be read"))?;
    native_sync(&rows, &answer.request_id)?;
    let mut outcomes: Vec<Option<ObjectOutcome>> = vec![None; count];
    for (place, row) in rows.iter().enumerate() {
        let outcome = match row.status.as_str() {
            "created" => row.any_id().map(ObjectOutcome::Created),
            _ => row
                .outcome(operation)
                .map(|outcome| outcome.said_by(answer.id()).into()),
        };
        let outcome = outcome.ok_or_else(|| unknown("an outcome is none of the known ones"))?;
        match outcomes.get_mut(row.seq.unwrap_or(place)) {
            Some(free @ None) => *free = Some(outcome),
            _ => return Err(unknown("an outcome belongs to no record")),
        }
    }
    let all: Option<Vec<ObjectOutcome>> = outcomes.into_iter().collect();
    all.ok_or_else(|| unknown("a record has no outcome"))
}

fn created_has_id(row: &Row) -> Option<&Row> {
    (row.status != "created" || row.id.is_some()).then_some(row)
}

/// 1018 for every record is not the records' fault: the native sync owns the object, a person has to act.
pub(super) fn native_sync(rows: &[Row], request_id: &str) -> Result<(), ConnectorError> {
    let is_native = |row: &Row| row.reason().is_some_and(|reason| reason.code == "1018");
    if rows.is_empty() || !rows.iter().all(is_native) {
        return Ok(());
    }
    let error = error::of(Trouble::Configuration, "1018", codes::NATIVE_SYNC);
    Err(error::said_by(error, request_id))
}

/// The outcomes of a write that takes several calls, by place in the input.
pub(super) struct Sent<T> {
    outcomes: Vec<Option<T>>,
    /// Whether a call has been acknowledged: from then on an error would hide what is done.
    acknowledged: bool,
    stopped: Option<Refusal>,
}

impl<T: Clone + From<WriteOutcome>> Sent<T> {
    pub(super) fn new(count: usize) -> Self {
        Self {
            outcomes: vec![None; count],
            acknowledged: false,
            stopped: None,
        }
    }

    /// Whether an earlier call failed: nothing more is sent.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.is_some()
    }

    pub(super) fn settle(&mut self, place: usize, outcome: T) {
        self.outcomes[place] = Some(outcome);
    }

    /// Takes one call's outcomes. Its error is the whole write's when nothing was acknowledged before, or when it is
    /// unknown what happened; else the rest waits for another try.
    pub(super) fn record(
        &mut self,
        places: &[usize],
        read: Result<Vec<T>, ConnectorError>,
    ) -> Result<(), ConnectorError> {
        match read {
            Ok(outcomes) => {
                self.acknowledged = true;
                for (&place, outcome) in places.iter().zip(outcomes) {
                    self.settle(place, outcome);
                }
                Ok(())
            }
            Err(error) if self.acknowledged && error.trouble != Trouble::Unknown => {
                self.stopped = Some(Refusal {
                    class: match error.trouble {
                        Trouble::Retry { .. } | Trouble::Quota { .. } => FailureClass::Throttled,
                        Trouble::Configuration => FailureClass::Privilege,
                        _ => FailureClass::Vendor,
                    },
                    code: error.code,
                    message: error.message,
                    request: error.request,
                });
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// One outcome an input; what was not sent waits for another try.
    pub(super) fn outcomes(self) -> Vec<T> {
        let unsent = self.stopped.unwrap_or_else(|| Refusal {
            class: FailureClass::Vendor,
            code: "unsent".to_owned(),
            message: "not sent".to_owned(),
            request: None,
        });
        let waits = || T::from(WriteOutcome::Retry(unsent.clone()));
        self.outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(waits))
            .collect()
    }
}
