//! Roles that several rows stand for: the same contact connected twice in the same part, or as the customer and as a
//! stakeholder of that name. Marketo keeps one role for all of them.
//!
//! It is written as the first of them has it, and deleted only with the last. No two slices work on one role at a time.

use std::collections::HashSet;

use uuid::Uuid;

use super::end::ObjectEnd;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::slice::{Item, Seen, Slice};
use crate::model::{Entity, LinkId, RecordKey, Value};
use crate::store::{Dirty, Link, LinkState, Reader, StoreError};

type Key = Vec<(String, Value)>;

/// Claims the roles a slice's rows stand for; those whose role another is working on are given back.
pub(super) fn claim(end: &ObjectEnd, slice: &mut Slice) -> Vec<Dirty> {
    slice.claim_texts(|item| {
        let keys = [now(end, item), end.key_in_base(&item.base)];
        let texts: HashSet<String> = keys.into_iter().flatten().map(|key| text(&key)).collect();
        texts.into_iter().collect()
    })
}

/// Leaves to the others what several rows stand for: a later one writes nothing, and one that leaves takes nothing along.
pub(super) async fn share(
    context: &Context,
    lane: &Lane,
    end: &ObjectEnd,
    items: &mut [Item],
) -> Result<(), EngineError> {
    let asked: Vec<Asked> = items.iter().map(|item| Asked::of(end, item)).collect();
    let (keys, before) = (end.clone(), asked.clone());
    let found = context
        .store
        .read(move |reader| before.iter().map(|one| one.found(reader, &keys)).collect())
        .await?;
    let found: Vec<Found> = found;
    for ((item, asked), found) in items.iter_mut().zip(asked).zip(found) {
        if found.others_hold_old && (asked.now != asked.old || leaves(lane, item)) {
            item.base.retain(|name, _| !end.keys.contains(name));
        }
        if found.is_later
            && let Seen::Here(row) = &mut item.row
        {
            for field in &lane.map.fields {
                row.fields.remove(&field.map.dynamics);
            }
        }
    }
    Ok(())
}

fn leaves(lane: &Lane, item: &Item) -> bool {
    let row = item.row.record();
    item.taken_along.is_some() || row.is_none_or(|row| !lane.scope.holds(row))
}

fn now(end: &ObjectEnd, item: &Item) -> Option<Key> {
    item.row.record().and_then(|row| end.key_of(row))
}

/// A key as one text; Marketo compares without regard to case.
fn text(key: &Key) -> String {
    super::roles::spelled(key.iter().map(|(_, value)| Some(value)))
}

/// What is to be found out about an item.
#[derive(Clone)]
struct Asked {
    link: Option<LinkId>,
    now: Option<String>,
    old: Option<String>,
    opportunities: HashSet<Uuid>,
}

/// Who else stands for an item's role.
struct Found {
    /// Another row stands for the role it had.
    others_hold_old: bool,
    /// Another row stood first for the role it has.
    is_later: bool,
}

impl Asked {
    fn of(end: &ObjectEnd, item: &Item) -> Self {
        let (now, old) = (now(end, item), end.key_in_base(&item.base));
        let opportunity = |key: &Key| key.first()?.1.as_text()?.parse::<Uuid>().ok();
        Self {
            link: item.link_id(),
            opportunities: [&now, &old]
                .into_iter()
                .flatten()
                .filter_map(opportunity)
                .collect(),
            now: now.as_ref().map(text),
            old: old.as_ref().map(text),
        }
    }

    fn found(&self, reader: &Reader<'_>, end: &ObjectEnd) -> Result<Found, StoreError> {
        let mut found = Found {
            others_hold_old: false,
            is_later: false,
        };
        for opportunity in &self.opportunities {
            for (link, key) in holders(reader, end, *opportunity)? {
                if Some(link) == self.link {
                    continue;
                }
                found.others_hold_old |= self.old.as_ref() == Some(&key);
                let first = self.link.is_none_or(|own| link.0 < own.0);
                found.is_later |= first && self.now.as_ref() == Some(&key);
            }
        }
        Ok(found)
    }
}

/// Whether Marketo has a role of this opportunity, as far as we know.
pub(in crate::engine) fn has_role(
    reader: &Reader<'_>,
    opportunity: Uuid,
) -> Result<bool, StoreError> {
    let held = holding(reader, &ObjectEnd::named("role"), opportunity)?;
    Ok(held.iter().any(|(link, _)| link.state == LinkState::Live))
}

/// The rows that stand for roles Marketo has of this opportunity.
pub(super) fn roles_of(
    reader: &Reader<'_>,
    opportunity: Uuid,
    entities: &[Entity],
) -> Result<Vec<Uuid>, StoreError> {
    let end = ObjectEnd::named("role");
    let held = holding(reader, &end, opportunity)?.into_iter();
    let held = held.filter(|(link, _)| entities.contains(&link.entity));
    Ok(held.filter_map(|(link, _)| link.dynamics).collect())
}

/// The links that stand for a role of this opportunity, and the role each was last written under.
fn holders(
    reader: &Reader<'_>,
    end: &ObjectEnd,
    opportunity: Uuid,
) -> Result<Vec<(LinkId, String)>, StoreError> {
    let held = holding(reader, end, opportunity)?.into_iter();
    Ok(held.map(|(link, key)| (link.id, key)).collect())
}

fn holding(
    reader: &Reader<'_>,
    end: &ObjectEnd,
    opportunity: Uuid,
) -> Result<Vec<(Link, String)>, StoreError> {
    let mut keys: Vec<RecordKey> = Vec::new();
    for entity in Entity::ROLES {
        keys.extend(reader.dependants(opportunity, &entity)?);
    }
    let links = reader.links_by_key(&keys)?.into_values();
    let links: Vec<Link> = links
        .filter(|link| link.state != LinkState::Tombstone)
        .collect();
    let ids: Vec<LinkId> = links.iter().map(|link| link.id).collect();
    let bases = reader.bases(&ids)?;
    let held = links.into_iter().filter_map(|link| {
        let key = end.key_in_base(bases.get(&link.id)?)?;
        Some((link, text(&key)))
    });
    Ok(held.collect())
}
