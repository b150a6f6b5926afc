//! Roles follow whom they belong to: an opportunity or a contact that is out of scope takes them along.
//!
//! One that is only left as it is leaves them to their own rule; one that is deleted in Marketo has them deleted first.
//! One that was never there is asked of Dynamics, whether it is out of scope or still to come.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::end::ObjectEnd;
use super::ending::{is_leaving, is_out};
use super::opportunities::CONTACT;
use super::references::is_there;
use super::sharing;
use super::ties::Tie;
use crate::connectors::dynamics::Table;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::related;
use crate::engine::scope::{Scope, was_out};
use crate::engine::slice::Item;
use crate::model::{LeavePolicy, RecordKey};
use crate::store::{Base, Link, LinkState};

/// What it means for a role that its opportunity or contact is out of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum TakenAlong {
    /// It leaves the scope, too, by its own rule.
    Along,
    /// It is deleted: what it belongs to is, or is to be.
    Away,
}

/// How an opportunity or a contact stands that a role belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    There,
    Taken(TakenAlong),
    /// Not in Marketo, as far as we know.
    Absent,
}

/// What takes the roles of `ties` along: by the row that is out of scope.
pub(super) async fn taken(
    context: &Context,
    end: &ObjectEnd,
    ties: &[Tie],
    (links, bases): (&HashMap<RecordKey, Link>, &HashMap<RecordKey, Base>),
) -> Result<HashMap<Uuid, TakenAlong>, EngineError> {
    let mut taken = HashMap::new();
    let mut absent: HashSet<Uuid> = HashSet::new();
    for id in ties.iter().flat_map(|tie| [tie.opportunity, tie.contact]) {
        let key = RecordKey::Dynamics(id);
        match standing(links.get(&key), bases.get(&key)) {
            Standing::There => {}
            Standing::Taken(how) => drop(taken.insert(id, how)),
            Standing::Absent => drop(absent.insert(id)),
        }
    }
    for (table, scope) in &end.outside {
        let contacts = table.logical == CONTACT;
        let of_table = |tie: &Tie| {
            if contacts {
                tie.contact
            } else {
                tie.opportunity
            }
        };
        let asked: HashSet<Uuid> = ties.iter().map(of_table).collect();
        let asked: Vec<Uuid> = asked.intersection(&absent).copied().collect();
        let out = out_of(context, table, scope, &asked).await?;
        taken.extend(out.into_iter().map(|id| (id, TakenAlong::Along)));
    }
    Ok(taken)
}

fn standing(link: Option<&Link>, base: Option<&Base>) -> Standing {
    let Some(link) = link.filter(|link| link.state != LinkState::Tombstone) else {
        return Standing::Absent;
    };
    let out = base.is_some_and(is_out);
    if link.entity.is_person() {
        return match link.state {
            LinkState::Frozen if was_out(link) => Standing::Taken(TakenAlong::Along),
            LinkState::Frozen if out => Standing::Taken(TakenAlong::Away),
            _ if is_there(link) => Standing::There,
            _ => Standing::Absent,
        };
    }
    match link.state {
        LinkState::Live if base.is_some_and(is_leaving) => Standing::Taken(TakenAlong::Away),
        LinkState::Live if out => Standing::Taken(TakenAlong::Along),
        LinkState::Live => Standing::There,
        _ if out => Standing::Taken(TakenAlong::Away),
        _ => Standing::Absent,
    }
}

/// Those of these rows that are out of scope.
async fn out_of(
    context: &Context,
    table: &Table,
    scope: &Scope,
    rows: &[Uuid],
) -> Result<Vec<Uuid>, EngineError> {
    let columns = scope.columns();
    if rows.is_empty() || columns.is_empty() {
        return Ok(Vec::new());
    }
    let mut read = context.dynamics.read(table, &columns, rows).await?;
    let dress = related::dress(
        &context.dynamics,
        scope.relations(),
        read.iter_mut().collect(),
    );
    dress.await?;
    let out = read.iter().filter(|row| !scope.holds(row));
    Ok(out.filter_map(|row| row.key.dynamics()).collect())
}

/// Notes the roles of opportunities that are to be deleted in Marketo because they left the scope: it keeps an
/// opportunity as long as it has roles.
pub(super) async fn held(
    context: &Context,
    lane: &Lane,
    end: &ObjectEnd,
    items: &mut [Item],
) -> Result<(), EngineError> {
    if lane.settings.rules.leave != LeavePolicy::Delete {
        return Ok(());
    }
    let leaves = |item: &Item| {
        let row = item.row.record()?;
        (item.link.is_some() && !lane.scope.holds(row)).then(|| row.key.dynamics())?
    };
    let rows: Vec<Option<Uuid>> = items.iter().map(leaves).collect();
    if rows.iter().all(Option::is_none) {
        return Ok(());
    }
    let entities = end.roles.clone();
    let held = context
        .store
        .read(move |reader| {
            let of = |row: &Option<Uuid>| {
                row.map_or(Ok(Vec::new()), |row| {
                    sharing::roles_of(reader, row, &entities)
                })
            };
            rows.iter().map(of).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    for (item, held) in items.iter_mut().zip(held) {
        item.held_by = held;
    }
    Ok(())
}
