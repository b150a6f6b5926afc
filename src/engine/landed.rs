//! Was a write without an answer done? Its record tells, once it has settled.
//!
//! Where the target holds what was sent, or Marketo's feed has shown the write, it was: what was sent is then agreed, just
//! as if the answer had come. Else an edit made meanwhile on the other side would clash with our own value.

use std::collections::HashMap;

use super::lane::Lane;
use super::slice::Item;
use crate::model::{ConflictKind, LinkId, Record, Side, Take, Value};
use crate::store::{Op, OpField, OpKind, StoreError, Tx};

/// A settled write of unknown outcome.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rested {
    pub(super) op: Op,
    /// The logical fields that the feed has shown to be written.
    pub(super) shown: Vec<String>,
}

/// Whether a record can tell about this write: an update of a linked one.
pub(super) fn may_tell(op: &Op) -> bool {
    op.kind == OpKind::Update && op.link.is_some()
}

/// The settled writes of these links.
pub(super) fn rested(
    tx: &Tx<'_>,
    links: &[LinkId],
) -> Result<HashMap<LinkId, Vec<Rested>>, StoreError> {
    let mut found: HashMap<LinkId, Vec<Rested>> = HashMap::new();
    for (link, ops) in tx.rested(links)? {
        for op in ops {
            let shown = shown(tx, &op)?;
            found.entry(link).or_default().push(Rested { op, shown });
        }
    }
    Ok(found)
}

/// A write without an answer is in the journal all the same, and stays unverified there until the feed shows it.
fn shown(tx: &Tx<'_>, op: &Op) -> Result<Vec<String>, StoreError> {
    let (Side::Marketo, Some(person), Some(sent)) = (op.side, op.marketo, op.sent) else {
        return Ok(Vec::new());
    };
    let mut shown = Vec::new();
    for field in op.fields.iter().filter(|field| !field.field.is_empty()) {
        let unseen = tx.recent_marketo_writes(person, &field.field, sent)?;
        if !unseen.iter().any(|row| row.entry.after == field.after) {
            shown.push(field.field.clone());
        }
    }
    Ok(shown)
}

/// What settled writes have made the agreed values of their fields.
pub(super) fn fields(
    lane: &Lane,
    item: &Item,
    row: &Record,
    person: &Record,
) -> Vec<(String, Value)> {
    let mut agreed = Vec::new();
    for rested in &item.rested {
        let target = match rested.op.side {
            Side::Dynamics => row,
            Side::Marketo => person,
        };
        let sent = rested.op.fields.iter().filter(|sent| alone(item, sent));
        for sent in sent {
            let mut mapped = lane.map.fields.iter();
            let Some(field) = mapped.find(|field| field.map.name == sent.field) else {
                continue;
            };
            let there = field.canonical(rested.op.side, target.get(&sent.name)) == sent.canonical;
            if there || rested.shown.contains(&sent.field) {
                agreed.push((sent.field.clone(), sent.canonical.clone()));
            }
        }
    }
    agreed
}

/// Whether a field's write made an agreement by itself: half of a decision that is written to both sides does not.
fn alone(item: &Item, sent: &OpField) -> bool {
    let Some(id) = sent.conflict else {
        return !sent.field.is_empty();
    };
    let decided = item.open.iter().find(|conflict| conflict.id == id);
    let decided = decided.filter(|conflict| conflict.kind == ConflictKind::Field);
    let resolution = decided.and_then(|conflict| conflict.resolution.as_ref());
    resolution.is_some_and(|made| matches!(made.take, Take::Side(_)))
}
