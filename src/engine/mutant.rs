//! Deliberate mistakes, one line each, that the simulation must find.
//!
//! A simulation that never fails proves nothing: each of these is a shortcut that looks right. They exist only where
//! debug assertions are on (tests, the `sim` profile); in a release build every question is the constant `false`.

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::plan::Plan;
use crate::connectors::marketo::LeadChange;
use crate::model::{Cause, Record, Side};
use crate::store::{Op, OpField, StoreError, Tx};

/// The mistakes. Each is asked for at the one line it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A write carries every mapped field, not only the changed ones.
    SendsAllFields,
    /// The base is the value as it was sent, not its canonical form.
    RawBase,
    /// A create is not guarded by our key, and is sent again when its answer is lost.
    BlindCreate,
    /// A change of a field we wrote is taken for our own echo, whatever its value.
    OriginFilter,
    /// Writes to Dynamics carry no row version.
    NoIfMatch,
    /// The base of all fields of a record is valid as soon as its writes are decided.
    BasePerRecord,
    /// The old value of our own write is not looked at.
    NoOldValue,
    /// The base is what is read back after a write to Marketo.
    BaseReadBack,
    /// A cursor moves on before its page is stored.
    CursorFirst,
    /// A cursor is made anew from the time of the last page. Reading the feed again hides that: this leaves it out, too.
    CursorByDate,
    /// A write of unknown outcome does not rest.
    NoSettle,
}

impl Mutant {
    /// Every mistake, with the name it is called by.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::SendsAllFields, "sends-all-fields"),
        (Self::RawBase, "raw-base"),
        (Self::BlindCreate, "blind-create"),
        (Self::OriginFilter, "origin-filter"),
        (Self::NoIfMatch, "no-if-match"),
        (Self::BasePerRecord, "base-per-record"),
        (Self::NoOldValue, "no-old-value"),
        (Self::BaseReadBack, "base-read-back"),
        (Self::CursorFirst, "cursor-first"),
        (Self::CursorByDate, "cursor-by-date"),
        (Self::NoSettle, "no-settle"),
    ];
}

#[cfg(debug_assertions)]
mod armed {
    use std::cell::Cell;

    use super::Mutant;

    thread_local! {
        /// A life is lived in one thread; its neighbours stay sane.
        static MUTANT: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Makes a mistake in this thread from now on, or no more.
    pub fn arm(mutant: Option<Mutant>) {
        MUTANT.set(mutant);
    }

    pub(in crate::engine) fn is(mutant: Mutant) -> bool {
        MUTANT.get() == Some(mutant)
    }
}

#[cfg(debug_assertions)]
pub use armed::arm;
#[cfg(debug_assertions)]
pub(super) use armed::is;

/// Whether this mistake is being made: never.
#[cfg(not(debug_assertions))]
pub(super) const fn is(_: Mutant) -> bool {
    false
}

/// What [`Mutant::SendsAllFields`] sends to Marketo.
pub(super) fn send_all(
    lane: &Lane,
    (row, person): (&Record, &Record),
    to_marketo: &mut Vec<OpField>,
) {
    if !is(Mutant::SendsAllFields) || to_marketo.is_empty() {
        return;
    }
    let written = |field: &&crate::mapping::CheckedField| {
        lane.direction().and(field.direction).writes(Side::Marketo)
    };
    let fields = lane.map.fields.iter().filter(written).filter_map(|field| {
        let raw = row.get(&field.dynamics.name);
        let after = field.convert(Side::Dynamics, raw).ok()?;
        Some(OpField {
            field: field.map.name.clone(),
            name: field.marketo.name.clone(),
            before: person.get(&field.marketo.name).clone(),
            canonical: field.canonical(Side::Marketo, &after),
            after,
            cause: Cause::Change,
            conflict: None,
        })
    });
    *to_marketo = fields.collect();
}

/// What [`Mutant::BasePerRecord`] takes for agreed.
pub(super) fn agree_early(plan: &mut Plan, to_dynamics: &[OpField], to_marketo: &[OpField]) {
    if is(Mutant::BasePerRecord) {
        let written = to_dynamics.iter().chain(to_marketo);
        let written = written.filter(|field| !field.field.is_empty());
        plan.agreed
            .extend(written.map(|field| (field.field.clone(), field.canonical.clone())));
    }
}

/// Whether [`Mutant::OriginFilter`] takes a change for our own: we wrote one of its fields within the last minutes.
pub(super) fn ours(
    tx: &Tx<'_>,
    lane: &Lane,
    change: &LeadChange,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let since = now - TimeDelta::minutes(5);
    for changed in &change.fields {
        let mut fields = lane.map.fields.iter();
        let field = fields.find(|field| field.map.marketo == changed.name);
        let Some(field) = field else { continue };
        let writes = tx.recent_marketo_writes(change.person, &field.map.name, since)?;
        if !writes.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What [`Mutant::BaseReadBack`] does after a write: the base becomes what Marketo holds by then.
pub(super) async fn read_back(
    context: &Context,
    lane: &Lane,
    written: &[Op],
) -> Result<(), EngineError> {
    for op in written {
        let (Some(link), Some(id)) = (op.link, op.marketo) else {
            continue;
        };
        let read = context
            .marketo
            .people("id", &[id.to_string()], &lane.fields, &lane.person)
            .await?;
        let Some(person) = read.into_iter().next() else {
            continue;
        };
        let named = |sent: &&OpField| !sent.field.is_empty();
        let base = op.fields.iter().filter(named).filter_map(|sent| {
            let mut fields = lane.map.fields.iter();
            let field = fields.find(|field| field.map.name == sent.field)?;
            let value = field.canonical(Side::Marketo, person.get(&field.marketo.name));
            Some((sent.field.clone(), value))
        });
        let base: Vec<_> = base.collect();
        context
            .store
            .transaction(move |tx| tx.update_base(link, &base))
            .await?;
    }
    Ok(())
}
