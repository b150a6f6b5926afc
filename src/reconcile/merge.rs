//! The three-way merge of one linked record, field by field.

use std::collections::BTreeMap;

use super::decide::{Decision, Moved, decide};
use super::held;
use super::open;
use crate::mapping::{CheckedField, CheckedMap, LengthPolicy, NullPolicy};
use crate::model::{Cause, Conflict, ConflictId, Direction, Policy, Record, Refusal, Side, Value};

/// All a merge looks at: the record as both sides hold it now, and what was agreed before.
#[derive(Debug, Clone, Copy)]
pub struct MergeInput<'a> {
    /// The entity's checked map.
    pub map: &'a CheckedMap,
    /// The entity's direction; a field's own can only narrow it.
    pub direction: Direction,
    /// The entity's policy; a field's own beats it.
    pub policy: Policy,
    /// The last agreed canonical values by logical field. A field that is absent has no known base.
    pub base: &'a BTreeMap<String, Value>,
    /// The Dynamics row, read afresh.
    pub dynamics: &'a Record,
    /// The Marketo person, read afresh.
    pub marketo: &'a Record,
    /// The link's open conflicts; closed ones are passed over.
    pub open: &'a [Conflict],
    /// Whether the link was made by a match rule: an empty side without known base then takes the other's value. Keep it
    /// set until the link's first writes are settled, or a refused one lets the policy blank the full side.
    pub fill_empty: bool,
}

/// What is to be done. Of one logical field there is at most one of: writes, a new clash, an agreed value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merge {
    /// Fields to write to Dynamics, in the map's order.
    pub to_dynamics: Vec<FieldWrite>,
    /// Fields to write to Marketo, in the map's order.
    pub to_marketo: Vec<FieldWrite>,
    /// Canonical base values known now because both sides hold them; only where the given base says something else.
    /// Also what a field put back is held against, under a name of its own.
    pub agreed: Vec<(String, Value)>,
    /// Conflicts to open.
    pub opened: Vec<Clash>,
    /// Open conflicts whose sides came to agree by themselves.
    pub converged: Vec<ConflictId>,
    /// Open conflicts whose values are no longer the ones shown. The clash opens in its place, unless this merge also
    /// writes the field: then the new values decided themselves and the old conflict is only closed.
    pub superseded: Vec<(ConflictId, Clash)>,
    /// Corrections that no longer fit: a side moved since they were made, or will not take their value.
    pub dropped: Vec<ConflictId>,
    /// Fields a side takes no such value for: the side that was to be written, the logical field, why.
    pub refused: Vec<(Side, String, Refusal)>,
}

/// One field of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldWrite {
    /// The logical field.
    pub field: String,
    /// The API name on the side that is written.
    pub name: String,
    /// The raw value that is there now; the journal keeps it.
    pub before: Value,
    /// The raw value to send.
    pub after: Value,
    /// The base once the write is acknowledged; the same on both sides when both are written.
    pub canonical: Value,
    /// Who decided.
    pub cause: Cause,
    /// The conflict this write applies.
    pub conflict: Option<ConflictId>,
}

/// Two values that moved apart, raw, as the admin will see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The logical field.
    pub field: String,
    /// The last agreed canonical value, where known.
    pub base: Option<Value>,
    /// The Dynamics value.
    pub dynamics: Value,
    /// The Marketo value.
    pub marketo: Value,
}

/// Decides one linked record. The same input always gives the same answer.
///
/// A field that was not read on both sides (absent from [`Record::fields`]) or whose direction is off is passed over
/// untouched; an empty value has to be there as [`Value::Null`].
pub fn merge(input: &MergeInput<'_>) -> Merge {
    let mut merge = Merge::default();
    for field in &input.map.fields {
        if let Some(seen) = Seen::of(input, field) {
            merge_field(&mut merge, input, &seen);
        }
    }
    merge
}

/// One field as both sides hold it now.
pub(super) struct Seen<'a> {
    pub field: &'a CheckedField,
    /// The entity's direction narrowed by the field's.
    pub direction: Direction,
    raw: [&'a Value; 2],
    canonical: [Value; 2],
    pub base: Option<Value>,
}

impl<'a> Seen<'a> {
    fn of(input: &MergeInput<'a>, field: &'a CheckedField) -> Option<Self> {
        let direction = input.direction.and(field.direction);
        let dynamics = input.dynamics.fields.get(&field.dynamics.name)?;
        let marketo = input.marketo.fields.get(&field.marketo.name)?;
        // A base kept under an older map may be finer than today's canonical form.
        let base = input.base.get(&field.map.name);
        // Held until now, and both ways from now on: the two values were never agreed on.
        let base = base.filter(|_| {
            direction != Direction::Both || held::mark(input, &field.map.name).is_none()
        });
        (direction != Direction::Off).then(|| Self {
            field,
            direction,
            raw: [dynamics, marketo],
            canonical: [
                field.canonical(Side::Dynamics, dynamics),
                field.canonical(Side::Marketo, marketo),
            ],
            base: base.map(|value| field.settled(value)),
        })
    }

    pub(super) fn raw(&self, side: Side) -> &'a Value {
        self.raw[side as usize]
    }

    pub(super) fn canonical(&self, side: Side) -> &Value {
        &self.canonical[side as usize]
    }

    pub(super) fn equal(&self) -> bool {
        self.canonical[0] == self.canonical[1]
    }

    /// Whether `side` moved from the base; an unknown base means it did.
    pub(super) fn moved(&self, side: Side) -> bool {
        if self.keeps(side) {
            return false;
        }
        self.base.as_ref() != Some(self.canonical(side))
    }

    /// Whether `side` is empty and its emptiness never overwrites anything.
    pub(super) fn keeps(&self, side: Side) -> bool {
        self.field.map.nulls == NullPolicy::Keep && self.canonical(side).is_null()
    }

    pub(super) fn clash(&self) -> Clash {
        Clash {
            field: self.field.map.name.clone(),
            base: self.base.clone(),
            dynamics: self.raw(Side::Dynamics).clone(),
            marketo: self.raw(Side::Marketo).clone(),
        }
    }
}

fn merge_field(merge: &mut Merge, input: &MergeInput<'_>, seen: &Seen<'_>) {
    let (corrections, conflicts) = open::of_field(input.open, &seen.field.map.name);
    if correct(merge, &corrections, seen) {
        return;
    }
    if let Some(conflict) = conflicts.iter().rev().find(|one| open::holds(one, seen)) {
        open::apply(merge, conflict, seen);
        return;
    }
    if held::keeps(merge, input, seen) {
        return;
    }
    if seen.equal() {
        merge.converged.extend(conflicts.iter().map(|one| one.id));
        let known = input.base.get(&seen.field.map.name);
        if known != Some(seen.canonical(Side::Dynamics)) {
            let value = seen.canonical(Side::Dynamics).clone();
            merge.agreed.push((seen.field.map.name.clone(), value));
        }
        return;
    }
    for conflict in &conflicts {
        merge.superseded.push((conflict.id, seen.clash()));
    }
    let moved = Moved {
        dynamics: input.dynamics.modified,
        marketo: input.marketo.modified,
    };
    match decide(input, seen, moved) {
        Decision::Take(from, cause) => take(merge, seen, from, cause, None),
        Decision::Ask if conflicts.is_empty() => merge.opened.push(seen.clash()),
        Decision::Ask | Decision::Leave => {}
    }
}

/// Carries out the newest correction that still fits; the others give up. Whether one was carried out.
fn correct(merge: &mut Merge, corrections: &[&Conflict], seen: &Seen<'_>) -> bool {
    let mut done = false;
    for correction in corrections.iter().rev() {
        if !done && open::holds(correction, seen) {
            done = open::apply_correction(merge, correction, seen);
        } else {
            merge.dropped.push(correction.id);
        }
    }
    done
}

/// Writes `from`'s value to the other side.
pub(super) fn take(
    merge: &mut Merge,
    seen: &Seen<'_>,
    from: Side,
    cause: Cause,
    conflict: Option<ConflictId>,
) {
    let target = from.other();
    match seen.field.convert(from, seen.raw(from)) {
        Ok(after) => {
            // What is lost on the way stays where it came from; the journal says that it was cut.
            let cause = match cause {
                Cause::Change
                    if seen.field.map.length == Some(LengthPolicy::Truncate)
                        && seen.field.cuts(from, seen.raw(from)) =>
                {
                    Cause::Policy("truncated".to_owned())
                }
                cause => cause,
            };
            let write = write(seen, target, after, cause, conflict);
            push(merge, target, write);
        }
        Err(refusal) => {
            let field = seen.field.map.name.clone();
            merge.refused.push((target, field, refusal));
        }
    }
}

/// The write of raw `after` to `target`.
pub(super) fn write(
    seen: &Seen<'_>,
    target: Side,
    after: Value,
    cause: Cause,
    conflict: Option<ConflictId>,
) -> FieldWrite {
    FieldWrite {
        field: seen.field.map.name.clone(),
        name: seen.field.info(target).name.clone(),
        before: seen.raw(target).clone(),
        canonical: seen.field.canonical(target, &after),
        after,
        cause,
        conflict,
    }
}

/// Adds a write to `target`.
pub(super) fn push(merge: &mut Merge, target: Side, write: FieldWrite) {
    match target {
        Side::Dynamics => merge.to_dynamics.push(write),
        Side::Marketo => merge.to_marketo.push(write),
    }
}
