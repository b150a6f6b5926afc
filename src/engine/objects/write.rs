//! Sending a batch of an object's writes: what an operation says is what goes over the wire.

use super::end::ObjectEnd;
use crate::connectors::marketo::{ObjectOutcome, PeopleAction};
use crate::connectors::{ConnectorError, WriteOutcome};
use crate::engine::context::Context;
use crate::model::{RecordKey, Value};
use crate::store::{Op, OpKind};

/// Writes or deletes records of one kind of operation. One outcome each, in order.
pub(in crate::engine) async fn write(
    context: &Context,
    end: &ObjectEnd,
    ops: &[Op],
) -> Result<Vec<WriteOutcome>, ConnectorError> {
    let kind = ops.first().map_or(OpKind::Update, |op| op.kind);
    let records: Vec<Vec<(String, Value)>> = ops.iter().map(record).collect();
    let (marketo, object, keys) = (&context.marketo, &end.object, end.keys.as_slice());
    let outcomes = match kind {
        OpKind::Delete | OpKind::Drop => marketo.delete_objects(object, keys, &records).await?,
        OpKind::Create => {
            let action = PeopleAction::CreateOnly;
            marketo.sync_objects(object, action, keys, &records).await?
        }
        OpKind::Update | OpKind::Flag => {
            let action = PeopleAction::UpdateOnly;
            marketo.sync_objects(object, action, keys, &records).await?
        }
    };
    let pairs = ops.iter().zip(outcomes);
    Ok(pairs
        .map(|(op, outcome)| in_our_words(op, outcome))
        .collect())
}

fn record(op: &Op) -> Vec<(String, Value)> {
    let fields = op.fields.iter();
    fields
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
