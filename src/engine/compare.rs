//! Everybody who is linked, read and compared: what the feeds can no longer tell.
//!
//! Marketo's change feed remembers 90 days, its delete feed 14. Behind that only the people themselves tell what has
//! become of them: each linked one is read once, whoever differs from what is agreed is looked at, whoever is not there
//! although asked for twice counts as deleted, and the brakes measure the result before anything is written. The walk
//! is resumed where it stopped: its place and the marks of a page commit together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::marketo_changes::gone;
use super::merged;
use super::snapshot::NewsKind;
use super::stamp;
use crate::connectors::marketo::PEOPLE_A_CALL;
use crate::model::{Entity, LinkId, MarketoId, Record, RecordKey, Side};
use crate::store::{
    Base, Cursor, CursorStage, Dirty, DirtyReason, Link, LinkState, StoreError, Tx,
};

/// Where the walk stands.
const WALK: &str = "marketo/compare";
/// The entities people are linked as.
const PEOPLE: [Entity; 2] = [Entity::CONTACT, Entity::LEAD];

/// Asks for the walk; one that is under way begins again, for what it has passed may be news again.
pub(super) fn request(tx: &Tx<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.set_cursor(&Place::default().cursor(now, 0))
}

/// A place in the walk: an entity, and the last link of it that was looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    entity: usize,
    after: Option<LinkId>,
}

impl Place {
    fn read(token: &str) -> Self {
        let (entity, after) = token.split_once('/').unwrap_or_default();
        Self {
            entity: entity.parse().unwrap_or_default(),
            after: after.parse().ok().map(LinkId),
        }
    }

    fn cursor(self, since: DateTime<Utc>, counted: u64) -> Cursor {
        let after = self.after.map_or(0, |link| link.0);
        Cursor {
            feed: WALK.to_owned(),
            token: format!("{}/{after}", self.entity),
            stage: CursorStage::Copying,
            since: Some(since),
            obtained: since,
            fingerprint: String::new(),
            counted,
        }
    }
}

/// Walks on, to the end; does nothing when no walk was asked for.
pub(super) async fn walk(context: &Context, lanes: &[Arc<Lane>]) -> Result<(), EngineError> {
    let Some(cursor) = context.store.read(|reader| reader.cursor(WALK)).await? else {
        return Ok(());
    };
    let (since, mut counted) = (cursor.obtained, cursor.counted);
    let mut place = Place::read(&cursor.token);
    let (mut differ, mut missing) = (0, 0);
    while let Some(entity) = PEOPLE.get(place.entity).cloned() {
        if context.control.stopping() {
            return Ok(());
        }
        let (name, after) = (entity.clone(), place.after);
        let links = context
            .store
            .read(move |reader| reader.links_page(&name, after, PEOPLE_A_CALL))
            .await?;
        place = match links.last() {
            Some(last) => Place {
                after: Some(last.id),
                ..place
            },
            None => Place {
                entity: place.entity + 1,
                after: None,
            },
        };
        let lane = lanes.iter().find(|lane| *lane.entity() == entity);
        let seen = look(context, lane, links).await?;
        counted += seen.links.len() as u64;
        let cursor = place.cursor(since, counted);
        let marks = mark(context, lane.cloned(), seen, cursor).await?;
        context.progress.expect(&entity, marks.0 + marks.1);
        differ += marks.0;
        missing += marks.1;
    }
    context
        .store
        .transaction(|tx| tx.clear_cursor(WALK))
        .await?;
    let text = format!(
        "{counted} linked people compared: {differ} differ from what was agreed, {missing} are not there any more"
    );
    context.progress.tell(NewsKind::Done, None, text);
    Ok(())
}

/// The links of a step, and who was found for them.
#[derive(Default)]
struct Seen {
    links: Vec<(Link, MarketoId)>,
    people: HashMap<MarketoId, Record>,
    /// Where the one asked for is missing: who carries the stamp of the row.
    stamped: HashMap<uuid::Uuid, MarketoId>,
}

async fn look(
    context: &Context,
    lane: Option<&Arc<Lane>>,
    links: Vec<Link>,
) -> Result<Seen, EngineError> {
    let links: Vec<(Link, MarketoId)> = links
        .into_iter()
        .filter(|link| link.state != LinkState::Tombstone)
        .filter_map(|link| link.marketo.map(|person| (link, person)))
        .collect();
    let mut seen = Seen {
        links,
        ..Seen::default()
    };
    let Some(lane) = lane else { return Ok(seen) };
    // Asked for twice: nobody counts as deleted because one answer was short of him.
    for _look in 0..2 {
        let missing: Vec<String> = seen
            .missing()
            .map(|(_, person)| person.to_string())
            .collect();
        if missing.is_empty() {
            return Ok(seen);
        }
        let people = read(context, lane, "id", &missing).await?;
        seen.people.extend(people);
    }
    // A merge that no feed tells any more: the winner carries the loser's stamp.
    let rows = seen.missing().filter_map(|(link, _)| link.dynamics);
    let rows: Vec<String> = rows.map(|row| row.to_string()).collect();
    let stamped = read(context, lane, stamp::DYNAMICS_ID, &rows).await?;
    let stamped = stamped
        .into_iter()
        .filter_map(|(id, person)| Some((stamp::row_of(&person)?, id)));
    seen.stamped.extend(stamped);
    Ok(seen)
}

impl Seen {
    fn missing(&self) -> impl Iterator<Item = &(Link, MarketoId)> {
        let there = |person: &MarketoId| self.people.contains_key(person);
        self.links.iter().filter(move |(_, person)| !there(person))
    }
}

async fn read(
    context: &Context,
    lane: &Lane,
    filter: &str,
    values: &[String],
) -> Result<HashMap<MarketoId, Record>, EngineError> {
    let people = context
        .marketo
        .people(filter, values, &lane.fields, &lane.person)
        .await?;
    let people = people
        .into_iter()
        .filter_map(|person| Some((person.key.marketo()?, person)));
    Ok(people.collect())
}

/// Marks who differs and who is gone; how many of each.
async fn mark(
    context: &Context,
    lane: Option<Arc<Lane>>,
    seen: Seen,
    cursor: Cursor,
) -> Result<(u64, u64), EngineError> {
    let now = context.clock.now();
    let marks = context
        .store
        .transaction(move |tx| {
            let marks = marks(tx, lane.as_deref(), &seen, now)?;
            tx.mark_dirty(&marks)?;
            tx.set_cursor(&cursor)?;
            let gone = marks.iter().filter(|mark| mark.gone).count() as u64;
            Ok((marks.len() as u64 - gone, gone))
        })
        .await?;
    Ok(marks)
}

fn marks(
    tx: &Tx<'_>,
    lane: Option<&Lane>,
    seen: &Seen,
    now: DateTime<Utc>,
) -> Result<Vec<Dirty>, StoreError> {
    let ids: Vec<LinkId> = seen.links.iter().map(|(link, _)| link.id).collect();
    let bases = tx.bases(&ids)?;
    let unsettled: HashSet<LinkId> = tx.unfinished(&ids)?.into_keys().collect();
    let open: HashSet<LinkId> = tx.open_conflicts(&ids)?.into_keys().collect();
    let mut marks = Vec::new();
    for (link, person) in &seen.links {
        let key = RecordKey::Marketo(*person);
        let differs = || Dirty::new(link.entity.clone(), key, DirtyReason::Compare, now);
        // Its entity is off: looked at on the day it is switched on.
        let Some(lane) = lane else {
            marks.push(differs());
            continue;
        };
        let heir = link.dynamics.and_then(|row| seen.stamped.get(&row));
        match (seen.people.get(person), heir) {
            (Some(person), _) => {
                let same = bases
                    .get(&link.id)
                    .is_some_and(|base| in_step(lane, link, base, person));
                if !same || unsettled.contains(&link.id) || open.contains(&link.id) {
                    marks.push(differs());
                }
            }
            (None, Some(heir)) => merged::follow(tx, *heir, &[*person], now)?,
            (None, None) => marks.push(gone(link.entity.clone(), key, now)),
        }
    }
    Ok(marks)
}

/// Whether a person is what is agreed, and carries the stamp of the row.
fn in_step(lane: &Lane, link: &Link, base: &Base, person: &Record) -> bool {
    let stamped = stamp::row_of(person) == link.dynamics;
    let stamps = lane.direction().writes(Side::Marketo);
    (stamped || !stamps)
        && lane.map.fields.iter().all(|field| {
            let raw = person.get(&field.map.marketo);
            base.get(&field.map.name) == Some(&field.canonical(Side::Marketo, raw))
        })
}
