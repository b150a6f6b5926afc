//! What a plan could not do: refused before it was sent, or waiting for another record that is not there yet.

use chrono::{DateTime, TimeDelta, Utc};

use super::failing;
use super::objects;
use super::plan::Plan;
use super::stage::dirty;
use crate::model::{Entity, FailureClass, RecordKey, Refusal, Side};
use crate::store::{Dirty, DirtyReason, StoreError, Tx};

/// A record that waits for another is looked at again after this long, whatever happens.
const WAITS_LONGEST: TimeDelta = TimeDelta::hours(6);

/// A failure to be: the side that was to be written, the field, why it was not, and when it is tried again.
pub(super) type Refused = (Side, Option<String>, Refusal, Option<DateTime<Utc>>);

/// What is to be told of a plan.
pub(super) fn refusals(plan: &Plan, now: DateTime<Utc>) -> Vec<Refused> {
    let absent = plan.person_missing.then(|| Refusal {
        class: FailureClass::Data,
        code: "missing".to_owned(),
        message: "the linked person is not in Marketo, though no delete was reported: \
                  it may be in a partition our user cannot read"
            .to_owned(),
        request: None,
    });
    // The same values would be refused again: a new edit, or the admin, tries again.
    let refused = failing::together(&plan.refused).into_iter();
    let refused = refused.map(|(side, field, refusal)| (side, field, refusal, None));
    let absent = absent.map(|refusal| (Side::Marketo, None, refusal, None));
    let waits = plan.missing.iter().map(|missing| {
        let again = missing.parent.as_ref().map(|_| now + WAITS_LONGEST);
        let field = Some(missing.field.clone());
        (Side::Marketo, field, missing.refusal(), again)
    });
    refused.chain(absent).chain(waits).collect()
}

/// Has the record looked at again when what it waits for is there: at once, if that has come meanwhile.
pub(super) fn note(
    tx: &Tx<'_>,
    entity: &Entity,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(row) = plan.dynamics else {
        return Ok(());
    };
    let key = RecordKey::Dynamics(row);
    for parent in &plan.follows {
        tx.depend(*parent, entity, key, true)?;
    }
    if plan.crosses {
        tx.wake(row, now)?;
    }
    let mut due = None;
    for missing in &plan.missing {
        let Some((parent, _)) = &missing.parent else {
            continue;
        };
        tx.depend(*parent, entity, key, missing.required)?;
        let parent = RecordKey::Dynamics(*parent);
        let mut links = tx.links_by_key(&[parent])?;
        objects::without_the_gone(tx, &mut links)?;
        let there = links.get(&parent).is_some_and(objects::is_there);
        let at = if there { now } else { now + WAITS_LONGEST };
        due = Some(due.map_or(at, |due: DateTime<Utc>| due.min(at)));
    }
    let Some(due) = due else { return Ok(()) };
    tx.mark_dirty(&[Dirty {
        due,
        ..dirty(entity, key, DirtyReason::Retry, now)
    }])
}
