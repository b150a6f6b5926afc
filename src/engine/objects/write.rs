//! Sending a batch of an object's writes: what an operation says is what goes over the wire.

use super::describe;
use super::end::ObjectEnd;
use crate::connectors::marketo::{ObjectOutcome, PeopleAction};
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::model::{FailureClass, RecordKey, Value};
use crate::store::{Op, OpKind};

/// Writes or deletes records of one kind of operation. One outcome each, in order. What is
/// refused has the object described anew in the next cycle.
pub(in crate::engine) async fn write(
    context: &Context,
    end: &ObjectEnd,
    ops: &[Op],
) -> Result<Result<Vec<WriteOutcome>, ConnectorError>, EngineError> {
    let kind = ops.first().map_or(OpKind::Update, |op| op.kind);
    let deletes = matches!(kind, OpKind::Delete | OpKind::Drop);
    let records: Vec<Vec<(String, Value)>> = ops.iter().map(|op| record(op, deletes)).collect();
    let (marketo, object, keys) = (&context.marketo, &end.object, end.keys.as_slice());
    let answer = match kind {
        OpKind::Delete | OpKind::Drop => marketo.delete_objects(object, keys, &records).await,
        OpKind::Create => {
            let action = PeopleAction::CreateOnly;
            marketo.sync_objects(object, action, keys, &records).await
        }
        OpKind::Update | OpKind::Flag => {
            let action = PeopleAction::UpdateOnly;
            marketo.sync_objects(object, action, keys, &records).await
        }
    };
    let outcomes: Vec<WriteOutcome> = match answer {
        Ok(outcomes) => {
            let pairs = ops.iter().zip(outcomes);
            pairs
                .map(|(op, outcome)| in_our_words(op, outcome))
                .collect()
        }
        Err(error) => {
            if error.trouble == Trouble::Refused {
                describe::forget(context, object).await?;
            }
            return Ok(Err(error));
        }
    };
    if outcomes.iter().any(is_refused) {
        describe::forget(context, object).await?;
    }
    Ok(Ok(outcomes))
}

/// Refused for what it says: a field may have changed since the object was described.
fn is_refused(outcome: &WriteOutcome) -> bool {
    matches!(outcome, WriteOutcome::Refused(refusal)
        if matches!(refusal.class, FailureClass::Mapping | FailureClass::Data))
}

/// What goes over the wire; of a record that is deleted its key alone: the journal keeps the rest.
fn record(op: &Op, key_alone: bool) -> Vec<(String, Value)> {
    let fields = op.fields.iter();
    fields
        .filter(|field| !key_alone || field.field.is_empty())
        .map(|field| (field.name.clone(), field.after.clone()))
        .collect()
}

/// Marketo's id of an object's record is of no use to us: our key tells who is who.
fn in_our_words(op: &Op, outcome: ObjectOutcome) -> WriteOutcome {
    match outcome {
        ObjectOutcome::Created(_) => WriteOutcome::Created {
            key: RecordKey::Dynamics(op.dynamics.unwrap_or_default()),
            version: None,
        },
        ObjectOutcome::Updated => WriteOutcome::Updated { version: None },
        ObjectOutcome::Deleted => WriteOutcome::Deleted,
        ObjectOutcome::Skipped(outcome) => outcome,
    }
}
