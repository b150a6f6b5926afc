//! Two Dynamics rows that are one Marketo person: one of them keeps the person, and the admin says which.

use uuid::Uuid;

use super::decide::Setting;
use super::matching;
use super::plan::{LinkPlan, Plan};
use super::slice::Item;
use crate::model::{Conflict, ConflictKind, MarketoId, Record, Resolution, Side, Take, Value};
use crate::store::{LinkState, NewConflict};

/// What the admin types to have a person of its own created for the row.
const NEW: &str = "new";

/// Holds `row`, whose person belongs to the row `holder`.
pub(super) fn hold(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    (person, holder): (MarketoId, Uuid),
) -> Plan {
    let mut plan = Plan::nothing(item);
    if item.link.is_none() {
        plan.link_plan = LinkPlan::New {
            marketo: None,
            state: LinkState::Frozen,
        };
    }
    let known = setting.candidates.links.get(&person);
    let of = known.map_or("row", |link| link.entity.name());
    let entity = setting.lane.entity();
    plan.opened.push(NewConflict {
        link: item.link_id(),
        entity: entity.clone(),
        kind: ConflictKind::TwoRows,
        field: String::new(),
        dynamics_id: row.key.dynamics(),
        marketo_id: Some(person),
        label: setting.lane.label_of(Side::Dynamics, row),
        base: None,
        dynamics: Value::text(row.key.to_string()),
        marketo: Value::text(holder.to_string()),
        detected: setting.now,
        note: format!(
            "the {entity} {} and the {of} {holder} are both Marketo {person}, which has the latter: take dynamics \
             to give the person to the former, marketo to leave it and keep the former unlinked, or type the row \
             that is to have it, or {NEW} to create another person",
            row.key
        ),
    });
    plan
}

/// Which row is to have the person.
enum Keeps {
    This,
    Other,
    Both,
}

/// Carries out the admin's word on two rows of one person; none where it names neither.
pub(super) fn resolved(
    setting: &Setting<'_>,
    item: &Item,
    row: &Record,
    (held, resolution): (&Conflict, &Resolution),
) -> Option<Plan> {
    let id = row.key.dynamics()?;
    let split = held.kind == ConflictKind::SplitMerge;
    let keeps = match &resolution.take {
        Take::Side(Side::Dynamics) if !split => Keeps::This,
        Take::Side(_) => Keeps::Other,
        Take::Value(value) => match value.to_string().trim() {
            NEW => Keeps::Both,
            text if text.parse() == Ok(id) => Keeps::This,
            text if text == held.marketo.to_string() => Keeps::Other,
            text if text.parse() == Ok(held.marketo_id?) => Keeps::This,
            _ => return None,
        },
        Take::Each { .. } | Take::Alone { .. } => return None,
    };
    let mut plan = match keeps {
        Keeps::This => {
            let person = held.marketo_id?;
            setting.candidates.people.get(&person)?;
            matching::link(setting, item, row, person, false)
        }
        Keeps::Other => Plan {
            link_plan: LinkPlan::Bury,
            ..Plan::nothing(item)
        },
        Keeps::Both => matching::create(setting, item, row, id),
    };
    plan.applied.push(held.id);
    Some(plan)
}
