//! Why a record is, or is not, in step: in words an admin can act on.

use super::inspect::{Compared, Inspection};
use super::lane::Lane;
use crate::model::{ConflictStatus, Direction, FailureStatus, Value};
use crate::store::LinkState;

/// Completes an inspection: whether it is in step, and why. `outside`: the row is there, and not in scope.
pub(super) fn tell(found: &mut Inspection, lane: Option<&Lane>, (paused, outside): (bool, bool)) {
    let mut why = converted(found);
    let object = lane.is_some_and(|lane| lane.object.is_some());
    if outside {
        why.push(
            "not in step: the entity's filter keeps it out; nothing of it is written until it is let in again"
                .to_owned(),
        );
    } else if object {
        standing_of_object(found, &mut why);
    } else {
        standing(found, &mut why);
    }
    values(found, lane, &mut why);
    waiting(found, paused, &mut why);
    let live = found
        .link
        .as_ref()
        .is_some_and(|link| link.state == LinkState::Live);
    let differ = found
        .fields
        .iter()
        .any(|field| kept(field.direction) && !field.equal && !waits(field));
    found.in_sync = live && !outside && found.dynamics && found.marketo && !differ;
    if found.in_sync {
        let fields = found.fields.iter().filter(|field| kept(field.direction));
        why.insert(
            0,
            format!("in step: both sides agree on all {} fields", fields.count()),
        );
    }
    found.why = why;
}

/// What it came of and what it became.
fn converted(found: &Inspection) -> Vec<String> {
    let told = found.conversions.iter().map(|one| {
        let at = one.at.format("%Y-%m-%d");
        if Some(one.lead) != found.dynamics_id {
            format!("converted from lead {}, seen {at}", one.lead)
        } else if one.gone.is_some() {
            format!(
                "it became the contact {}, seen {at}, which was deleted since",
                one.contact
            )
        } else {
            format!(
                "it became the contact {}, seen {at}, which stands for the person",
                one.contact
            )
        }
    });
    told.collect()
}

fn kept(direction: &str) -> bool {
    direction != Direction::Off.word()
}

/// A reference to a row that Marketo does not know (yet): nothing that this record could be blamed for.
fn waits(field: &Compared) -> bool {
    matches!(field.dynamics, Value::Id(_)) && field.marketo.is_null()
}

fn became(found: &Inspection) -> bool {
    let of_this = |lead| Some(lead) == found.dynamics_id;
    found.conversions.iter().any(|one| of_this(one.lead))
}

fn standing(found: &Inspection, why: &mut Vec<String>) {
    match (found.link.as_ref().map(|link| link.state), found.dynamics, found.marketo) {
        (Some(LinkState::Tombstone), ..) if became(found) => {
            why.push("not in step: the contact took its place".to_owned());
        }
        (Some(LinkState::Tombstone), ..) => why.push(
            "not in step: the link was ended by a delete or by hand; it is kept so that a late echo re-creates \
             nobody (`syncdeck records link` links them again)"
                .to_owned(),
        ),
        (Some(LinkState::Frozen), ..) => why.push(
            "not in step: held until its conflict is decided (`syncdeck conflicts list`)".to_owned(),
        ),
        (Some(LinkState::Wanted), ..) => {
            why.push("not in step: its row in Dynamics was asked for and is not there yet".to_owned());
        }
        (Some(LinkState::Live), false, _) => {
            why.push("not in step: the Dynamics row is not there; a delete is on its way".to_owned());
        }
        (Some(LinkState::Live), true, false) if found.marketo_id.is_none() => {
            why.push("not in step: the person could not be created in Marketo yet".to_owned());
        }
        (Some(LinkState::Live), true, false) => why.push(
            "not in step: the Marketo person is not there, or in a partition our user cannot read"
                .to_owned(),
        ),
        (Some(LinkState::Live), true, true) => {}
        (None, true, _) if found.pending.is_empty() => why.push(
            "not in step: the row is not linked; `syncdeck records sync` looks at it now".to_owned(),
        ),
        (None, true, _) => why.push("not in step: the row was seen and waits for its turn".to_owned()),
        (None, false, true) => why.push(
            "not in step: the person exists only in Marketo, and people are created in Dynamics on request only \
             (`syncdeck records create ID --as lead`)"
                .to_owned(),
        ),
        (None, false, false) => why.push("it is on neither side".to_owned()),
    }
}

fn standing_of_object(found: &Inspection, why: &mut Vec<String>) {
    let state = found.link.as_ref().map(|link| link.state);
    let text = match (state, found.dynamics, found.marketo) {
        (Some(LinkState::Live), true, true) => return,
        (Some(LinkState::Tombstone), _, true) => {
            "not in step: its row was deleted, or it was unlinked by hand; what Marketo has is kept as it is"
        }
        (Some(LinkState::Tombstone), ..) => {
            "not in step: its row was deleted, and its record with it"
        }
        (Some(LinkState::Live), false, _) => {
            "not in step: the Dynamics row is not there; a delete is on its way"
        }
        (Some(LinkState::Live), true, false) => {
            "not in step: its record is not in Marketo any more; the next change of its row, or \
             `syncdeck records sync`, creates it anew"
        }
        (Some(_), ..) => "not in step: its record is not in Marketo yet",
        (None, true, _) if found.pending.is_empty() => {
            "not in step: the row was not looked at yet; `syncdeck records sync` does so now"
        }
        (None, true, _) => "not in step: the row was seen and waits for its turn",
        (None, false, _) => "its row is not there",
    };
    why.push(text.to_owned());
}

fn values(found: &Inspection, lane: Option<&Lane>, why: &mut Vec<String>) {
    if let Some(lane) = lane
        && lane.direction() == Direction::Off
    {
        why.push(format!(
            "{} is off: nothing of it is read or written",
            lane.entity()
        ));
    }
    if !(found.dynamics && found.marketo) {
        return;
    }
    for field in found
        .fields
        .iter()
        .filter(|field| kept(field.direction) && !field.equal)
    {
        if waits(field) {
            why.push(format!(
                "{} waits for what it points to, which is not in Marketo",
                field.field
            ));
            continue;
        }
        let conflict = found.conflicts.iter().find(|one| one.field == field.field);
        let text = match conflict {
            Some(one) if one.status == ConflictStatus::Pending => {
                format!(
                    "both sides changed it; conflict {} waits for a decision",
                    one.id
                )
            }
            Some(one) => format!("decided ({}), and written by the next cycle", one.id),
            None if field.held => {
                "the value a rollback put back is held until the field changes where it comes from"
                    .to_owned()
            }
            None if field.base.is_none() => "it was never agreed on".to_owned(),
            None => "a side moved since both agreed; the next look decides".to_owned(),
        };
        why.push(format!("{} differs: {text}", field.field));
    }
}

fn waiting(found: &Inspection, paused: bool, why: &mut Vec<String>) {
    for failure in &found.failures {
        let next = match (failure.status, failure.next_try) {
            (FailureStatus::Waiting, Some(at)) => {
                format!("tried again at {}", at.format("%Y-%m-%d %H:%M:%S UTC"))
            }
            _ => "parked until it is retried".to_owned(),
        };
        why.push(format!(
            "{} refused it {} times ({}: {}); {next}",
            failure.direction,
            failure.attempts,
            failure.refusal.code,
            failure.refusal.words()
        ));
    }
    for op in &found.outbox {
        let until = op.settle.map_or_else(
            || "is on its way".to_owned(),
            |at| {
                format!(
                    "has no known outcome; looked at again at {}",
                    at.format("%H:%M:%S UTC")
                )
            },
        );
        why.push(format!("a write to {} {until}", op.side));
    }
    for dirty in &found.pending {
        why.push(format!(
            "waits to be looked at since {}, due {}",
            dirty.since.format("%Y-%m-%d %H:%M:%S UTC"),
            dirty.due.format("%H:%M:%S UTC")
        ));
    }
    if paused && !(found.pending.is_empty() && found.outbox.is_empty()) {
        why.push(
            "the sync is paused: nothing is written until `syncdeck` is told to go on".to_owned(),
        );
    }
}
