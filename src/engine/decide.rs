//! Deciding: from what was read to what is to be done. Pure: no call, no clock, no store.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::converting;
use super::creating;
use super::deleting;
use super::gather::Candidates;
use super::lane::Lane;
use super::matching;
use super::merged_away;
use super::merging;
use super::plan::Plan;
use super::scope;
use super::slice::{Item, Seen};
use super::undoing;
use crate::store::{Link, LinkState};

/// What every decision of a slice is made with.
pub(super) struct Setting<'a> {
    pub(super) lane: &'a Lane,
    pub(super) organization: Uuid,
    pub(super) candidates: &'a Candidates,
    /// When the slice was decided; only written down, never compared.
    pub(super) now: DateTime<Utc>,
}

/// What is to be done about `item`.
pub(super) fn decide(setting: &Setting<'_>, item: &Item) -> Plan {
    let buried = |link: &Link| link.state == LinkState::Tombstone;
    if item.link.as_ref().is_some_and(buried) {
        return match item.row.record() {
            Some(row) if converting::is_again(setting, row) => matching::decide(setting, item, row),
            Some(row) if deleting::revives(setting.lane, &item.base, row) => {
                matching::decide(setting, item, row)
            }
            _ => Plan::nothing(item),
        };
    }
    if creating::is_wanted(item) {
        return creating::decide(setting, item);
    }
    if item.row == Seen::Gone || item.person == Seen::Gone {
        return deleting::decide(setting, item);
    }
    let Seen::Here(row) = &item.row else {
        // Not there, though nothing said that it was deleted: its tombstone will come with the feed.
        return Plan::nothing(item);
    };
    if !setting.lane.scope.holds(row) {
        return scope::leave(setting, item);
    }
    if !item.is_linked() {
        return matching::decide(setting, item, row);
    }
    if let Some(plan) = undoing::removes(setting, item) {
        return plan;
    }
    if let Some(plan) = merged_away::ends(item) {
        return plan;
    }
    match &item.person {
        Seen::Here(person) if item.link.as_ref().is_some_and(scope::was_out) => {
            let (plan, unflag) = scope::enter(item, person);
            let plan = merging::decide(setting, item, row, person, plan);
            merging::and_to_marketo(plan, unflag)
        }
        Seen::Here(person) => {
            let plan = merging::decide(setting, item, row, person, Plan::nothing(item));
            merged_away::asked(setting, item, row, plan)
        }
        _ => Plan {
            person_missing: true,
            ..Plan::nothing(item)
        },
    }
}
