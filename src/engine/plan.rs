//! What is to be done about one item: the outcome of a decision, before anything is stored or sent.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::mutant::{self, Mutant};
use super::objects::Missing;
use super::slice::Item;
use crate::model::{ConflictId, LinkId, MarketoId, OpId, RecordKey, Refusal, Side, Value};
use crate::reconcile::FieldWrite;
use crate::store::{Base, Link, LinkState, NewConflict, OpField, OpKind};

/// What happens to the link.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LinkPlan {
    /// Nothing; there may be none.
    Keep,
    /// A new link: to a person that is there, or (none) to one that is being created or still sought.
    New {
        marketo: Option<MarketoId>,
        state: LinkState,
    },
    /// A link without a person gets one. `trusted`: it carries our stamp, so the stored base still holds.
    Attach { marketo: MarketoId, trusted: bool },
    /// The person another row was linked to until now: that row's link ends. `base`: what was agreed with it, as this
    /// row's map says it; empty where the two rows have no history in common.
    TakeOver { from: Box<Link>, base: Base },
    /// The wanted row is there: the one that was asked for, or (with a GUID) another that is the same person.
    Found { dynamics: Option<Uuid> },
    /// Marketo has the object's record.
    Live,
    /// The link stays as a tombstone.
    Bury,
    /// The row left the scope: nothing is written any more.
    Freeze,
    /// The row is in scope again.
    Thaw,
    /// A tombstone becomes a link again, to a person that is being created.
    Revive,
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Write {
    pub(super) kind: OpKind,
    pub(super) fields: Vec<OpField>,
}

impl Write {
    /// What it sends, as base values; our stamp, like an object's key, belongs to no logical field.
    pub(super) fn sent(&self) -> Base {
        let fields = self.fields.iter().filter(|field| !field.field.is_empty());
        fields
            .map(|field| (field.field.clone(), field.canonical.clone()))
            .collect()
    }
}

/// What is to be done about one item.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The dirty entries that are settled by it.
    pub(super) settles: Vec<(RecordKey, i64)>,
    pub(super) link: Option<Link>,
    pub(super) dynamics: Option<Uuid>,
    pub(super) marketo: Option<MarketoId>,
    /// The row version that was read.
    pub(super) version: Option<String>,
    pub(super) link_plan: LinkPlan,
    pub(super) to_dynamics: Option<Write>,
    pub(super) to_marketo: Option<Write>,
    /// Base values known by equality.
    pub(super) agreed: Vec<(String, Value)>,
    pub(super) opened: Vec<NewConflict>,
    pub(super) converged: Vec<ConflictId>,
    pub(super) superseded: Vec<ConflictId>,
    pub(super) applied: Vec<ConflictId>,
    /// Settled writes about which it is known by now whether they were done.
    pub(super) answered: Vec<OpId>,
    /// Refused values: the side that does not take it, the logical field, why.
    pub(super) refused: Vec<(Side, String, Refusal)>,
    /// What the row points to and Marketo does not have, or cannot follow.
    pub(super) missing: Vec<Missing>,
    /// Rows of other entities that this record is looked at again for, whenever they become another record in Marketo.
    pub(super) follows: Vec<Uuid>,
    /// The row leaves the scope, or is in it again: whoever points to it is looked at.
    pub(super) crosses: bool,
    /// The row was deleted, and its record is kept: nothing is written, but it is noted.
    pub(super) kept: bool,
    /// The lead a contact came of, once the contact has its person.
    pub(super) origin: Option<Uuid>,
    /// The Marketo person could not be found, though nothing said that it was deleted.
    pub(super) person_missing: bool,
    /// A write of it waits for a pause to end: it is looked at again at this moment.
    pub(super) held_until: Option<DateTime<Utc>>,
}

impl Plan {
    /// Nothing to do but to settle the item's dirty entries.
    pub(super) fn nothing(item: &Item) -> Self {
        let link = item.link.clone();
        Self {
            settles: item
                .dirty
                .iter()
                .map(|dirty| (dirty.key, dirty.seq))
                .collect(),
            dynamics: item.row_key().and_then(RecordKey::dynamics),
            marketo: link.as_ref().and_then(|link| link.marketo),
            link,
            version: item.row.record().and_then(|row| row.version.clone()),
            link_plan: LinkPlan::Keep,
            to_dynamics: None,
            to_marketo: None,
            agreed: Vec::new(),
            opened: Vec::new(),
            converged: Vec::new(),
            superseded: Vec::new(),
            applied: Vec::new(),
            answered: item.rested.iter().map(|rested| rested.op.id).collect(),
            refused: Vec::new(),
            missing: item.missing.clone(),
            follows: Vec::new(),
            crosses: false,
            kept: false,
            origin: None,
            person_missing: false,
            held_until: None,
        }
    }
}

/// A field of a write, as the outbox keeps it.
pub(super) fn op_field(write: FieldWrite) -> OpField {
    let canonical = if mutant::is(Mutant::RawBase) {
        write.after.clone()
    } else {
        write.canonical
    };
    OpField {
        field: write.field,
        name: write.name,
        before: write.before,
        after: write.after,
        canonical,
        cause: write.cause,
        conflict: write.conflict,
    }
}

/// What staging a link came to: which one it is, or that another one got hold of the person.
pub(super) enum Linking {
    Done(Option<LinkId>),
    Taken,
    /// The person is being written under the link it has: looked at again then.
    Later(DateTime<Utc>),
}
