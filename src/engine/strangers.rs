//! People the Marketo feed named whose link is not known: linked by now, stamped by us in a lost state, or Marketo's own.

use std::sync::Arc;

use uuid::Uuid;

use super::context::Context;
use super::create_rules::{self, CreateRules};
use super::error::EngineError;
use super::lane::Lane;
use super::pull_marketo::STRANGER;
use super::records::NewRow;
use super::slice::SLICE;
use super::stage::dirty;
use super::stamp;
use crate::model::{Entity, Record, RecordKey};
use crate::store::{Dirty, DirtyReason, StoreError, Tx};

/// Routes every due stranger. A person without a stamp exists only in Marketo: it is created in
/// Dynamics where a rule says so, else on request only.
pub(super) async fn route(
    context: &Context,
    lanes: &[Arc<Lane>],
    organization: Uuid,
) -> Result<(), EngineError> {
    while !context.control.holds_writes() {
        let now = context.clock.now();
        let strangers = context
            .store
            .transaction(move |tx| {
                let none = std::collections::HashSet::new();
                let taken = tx.take_dirty(&Entity::named(STRANGER), now, false, SLICE, &none)?;
                known(tx, taken)
            })
            .await?;
        let Some(unknown) = strangers else {
            return Ok(());
        };
        let Some(lane) = lanes.first() else {
            return Ok(());
        };
        let ids: Vec<String> = unknown.iter().map(|dirty| dirty.key.to_string()).collect();
        let rules = CreateRules::of(context, lanes.iter().map(|lane| &**lane));
        let lane = rules.reading(lane);
        let people = if ids.is_empty() {
            Vec::new()
        } else {
            context
                .marketo
                .people("id", &ids, &lane.fields, &lane.person)
                .await?
        };
        let wanted: Vec<NewRow> = people.iter().filter_map(|one| rules.wanted(one)).collect();
        let listed: Vec<_> = people
            .iter()
            .filter(|person| stamped_row(person, lanes, organization).is_none())
            .filter_map(|person| Some((person.key.marketo()?, person.modified)))
            .collect();
        let ours: Vec<Dirty> = people
            .iter()
            .filter_map(|person| stamped_row(person, lanes, organization))
            .map(|(entity, row)| dirty(&entity, RecordKey::Dynamics(row), DirtyReason::Feed, now))
            .collect();
        context
            .store
            .transaction(move |tx| {
                tx.mark_dirty(&ours)?;
                tx.add_marketo_only(&listed)?;
                create_rules::ask(tx, &wanted, now)?;
                clear(tx, &unknown)
            })
            .await?;
    }
    Ok(())
}

/// Hands on those that are linked by now; returns the others, or nothing when there were none at all.
fn known(tx: &Tx<'_>, taken: Vec<Dirty>) -> Result<Option<Vec<Dirty>>, StoreError> {
    if taken.is_empty() {
        return Ok(None);
    }
    let keys: Vec<RecordKey> = taken.iter().map(|dirty| dirty.key).collect();
    let links = tx.links_by_key(&keys)?;
    let (linked, unknown): (Vec<Dirty>, Vec<Dirty>) = taken
        .into_iter()
        .partition(|dirty| links.contains_key(&dirty.key));
    let moved: Vec<Dirty> = linked
        .iter()
        .filter_map(|entry| {
            let entity = links.get(&entry.key)?.entity.clone();
            Some(Dirty {
                entity,
                ..entry.clone()
            })
        })
        .collect();
    tx.mark_dirty(&moved)?;
    clear(tx, &linked)?;
    Ok(Some(unknown))
}

fn clear(tx: &Tx<'_>, settled: &[Dirty]) -> Result<(), StoreError> {
    let keys: Vec<(RecordKey, i64)> = settled.iter().map(|entry| (entry.key, entry.seq)).collect();
    tx.clear_dirty(&Entity::named(STRANGER), &keys)
}

/// The row a person is stamped with, when the stamp is of this organisation and its entity is kept in step.
fn stamped_row(person: &Record, lanes: &[Arc<Lane>], organization: Uuid) -> Option<(Entity, Uuid)> {
    let row = stamp::row_of(person)?;
    let entity = stamp::entity_of(person)?;
    let ours = stamp::organization_of(person) == Some(organization);
    let kept = lanes.iter().any(|lane| *lane.entity() == entity);
    (ours && kept).then_some((entity, row))
}
