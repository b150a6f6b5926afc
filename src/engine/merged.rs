//! A merge in Marketo: the losers' ids are gone without a delete activity, so their links follow the winner.

use chrono::{DateTime, Utc};

use super::merged_away;
use super::pull_marketo::STRANGER;
use crate::model::{ConflictKind, Entity, MarketoId, RecordKey, Side, Value};
use crate::store::{Dirty, DirtyReason, Link, LinkState, NewConflict, StoreError, Tx};

/// Re-points the links of `losers` to `winner`. Where the winner is linked already, two Dynamics rows now stand for
/// one person: the loser's link is held and the admin is asked; nothing is merged or deleted in Dynamics.
pub(super) fn follow(
    tx: &Tx<'_>,
    winner: MarketoId,
    losers: &[MarketoId],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let keys: Vec<RecordKey> = losers
        .iter()
        .chain([&winner])
        .copied()
        .map(RecordKey::Marketo)
        .collect();
    let links = tx.links_by_key(&keys)?;
    let live = |key| {
        links
            .get(&key)
            .filter(|link| link.state != LinkState::Tombstone)
    };
    let mut held = live(RecordKey::Marketo(winner)).cloned();
    for loser in losers {
        let key = RecordKey::Marketo(*loser);
        let Some(link) = live(key) else { continue };
        if let Some(winners) = &held {
            if let Some(kept) = merged_away::gives_way(tx, (link, winners), winner, now)? {
                held = Some(kept);
                tx.add_alias(key, link.id)?;
                continue;
            }
            split(tx, link, winners, winner, now)?;
        } else {
            tx.set_link_marketo(link.id, Some(winner))?;
            // Roles are keyed by the person: they follow.
            if let Some(row) = link.dynamics {
                tx.wake(row, now)?;
            }
            held = Some(link.clone());
        }
        tx.add_alias(key, link.id)?;
    }
    let entity = held.map_or_else(|| Entity::named(STRANGER), |link| link.entity);
    tx.mark_dirty(&[Dirty {
        entity,
        key: RecordKey::Marketo(winner),
        reason: DirtyReason::Feed,
        since: now,
        due: now,
        seq: 0,
        gone: false,
        record: None,
    }])
}

fn split(
    tx: &Tx<'_>,
    loser: &Link,
    winners: &Link,
    winner: MarketoId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.set_link_marketo(loser.id, None)?;
    tx.set_link_state(loser.id, LinkState::Frozen)?;
    tx.let_fields_go(loser.id, now)?;
    if let Some(row) = loser.dynamics {
        // That he could not be found is explained by now; whoever points to him is to say so.
        let both = Side::BOTH.map(|side| (loser.entity.clone(), side, RecordKey::Dynamics(row)));
        tx.heal_failures(&both, now)?;
        tx.wake(row, now)?;
    }
    let other = winners
        .dynamics
        .map(|id| id.to_string())
        .unwrap_or_default();
    tx.open_conflict(&NewConflict {
        link: Some(loser.id),
        entity: loser.entity.clone(),
        kind: ConflictKind::SplitMerge,
        field: String::new(),
        dynamics_id: loser.dynamics,
        marketo_id: Some(winner),
        label: String::new(),
        base: None,
        dynamics: loser.dynamics.map_or(Value::Null, |id| Value::text(id.to_string())),
        marketo: Value::text(other.clone()),
        detected: now,
        note: format!(
            "Marketo merged this person into {winner}, which is linked to the {} {other}: \
             merge the two rows in Dynamics, or keep this one unlinked (take dynamics), or give the person to it \
             (type its GUID)",
            winners.entity
        ),
    })?;
    Ok(())
}
