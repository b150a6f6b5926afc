//! What an admin can ask of the engine, from the console, the command line or another process.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::backfill_spec::BackfillSpec;
use super::failing::Edit;
use super::records::NewRow;
use crate::model::{
    ConflictId, CustomWish, CycleId, Direction, Entity, FailureClass, FailureId, MarketoId, Pause,
    Policy, RecordKey, RuleChange, Side, Take,
};
use crate::store::FailureFilter;

/// A wish of the admin. The same document travels in-process and, from an attached console, through the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Start the next cycle now.
    SyncNow,
    /// Finish the running batches, then write nothing more; pulling goes on.
    Pause,
    /// Go on.
    Resume,
    /// Hold a part of the engine back, in place of a pause of the same part; pulling goes on.
    Hold(Pause),
    /// Let a part go on: what is held for this entity and this side; all of both where none is named.
    Release {
        /// Only this entity's pauses.
        entity: Option<Entity>,
        /// Only pauses of writes to this side.
        side: Option<Side>,
    },
    /// Set one of an entity's rules, from the next cycle on.
    SetRule {
        /// Which entity.
        entity: Entity,
        /// The rule.
        change: RuleChange,
    },
    /// Set an entity's field map, from the next cycle on; the versions before it are kept.
    SetMapping {
        /// Which entity.
        entity: Entity,
        /// The map, as TOML.
        document: String,
        /// Who set it.
        by: String,
    },
    /// Carry what Dynamics holds to Marketo anew, in place of a backfill before.
    Backfill {
        /// Which entity.
        entity: Entity,
        /// Which fields of which rows.
        spec: Box<BackfillSpec>,
    },
    /// End a running backfill.
    CancelBackfill {
        /// Which entity's.
        entity: Entity,
    },
    /// Bind the state to the ends the profile names now; links are found anew by keys.
    Rebind,
    /// Set an entity's direction, from the next cycle on.
    SetDirection {
        /// Which entity.
        entity: Entity,
        /// Which way from now on.
        direction: Direction,
    },
    /// Set an entity's policy, from the next cycle on.
    SetPolicy {
        /// Which entity.
        entity: Entity,
        /// Who wins from now on.
        policy: Policy,
    },
    /// Decide a pending conflict; bound to the two values it shows.
    Resolve {
        /// Which conflict.
        conflict: ConflictId,
        /// What to take.
        take: Take,
        /// Who decided.
        by: String,
    },
    /// Take a decision back, as long as it is not being written.
    Unresolve {
        /// Which conflict.
        conflict: ConflictId,
    },
    /// Try failed records again now: one entity's, or all.
    RetryFailures {
        /// Only this entity's.
        entity: Option<Entity>,
    },
    /// Try failures that are alike again now.
    RetryAlike {
        /// Which ones.
        which: Alike,
    },
    /// Leave failures alone until the admin wants them tried again.
    ParkFailures {
        /// Which ones.
        which: Alike,
    },
    /// Write another value for a field that was refused, to both sides, and try again.
    EditFailure(Edit),
    /// Look at a record in the next cycle, and start that now.
    LookAt {
        /// Which record.
        key: RecordKey,
        /// What an unlinked row is.
        entity: Option<Entity>,
    },
    /// End a record's link.
    Unlink {
        /// Which record.
        key: RecordKey,
    },
    /// Link a row and a person.
    Link {
        /// What the row is.
        entity: Entity,
        /// The row.
        dynamics: Uuid,
        /// The person.
        marketo: MarketoId,
    },
    /// Have a row created in Dynamics for a Marketo person, where there is none.
    CreateRow(NewRow),
    /// Add a custom entity. Without the plan's name, the plan is told and nothing is done.
    AddCustomEntity {
        /// Which table, and how.
        wish: CustomWish,
        /// The plan that was shown.
        approve: Option<String>,
        /// Who adds it.
        by: String,
    },
    /// Remove a custom entity: its records stay in Marketo.
    RemoveCustomEntity {
        /// Which one.
        entity: Entity,
    },
    /// Take an applied decision back.
    Undo {
        /// Which conflict it decided.
        conflict: ConflictId,
        /// Who takes it back.
        by: String,
    },
    /// Take a cycle's writes back, as the plan of this name shows it.
    RollBack {
        /// The cycle.
        cycle: CycleId,
        /// Whether what it created is deleted.
        delete_created: bool,
        /// The plan's name, as it was shown.
        plan: String,
        /// Who takes it back.
        by: String,
    },
    /// Let a halted plan go on, by the name it was shown under.
    Approve {
        /// The plan's name.
        plan: String,
    },
    /// Finish the running batches and end the engine.
    Stop,
}

/// Which failures are meant: one, or those that have all of this in common.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Alike {
    /// Only this one.
    pub id: Option<FailureId>,
    /// Only this entity's.
    pub entity: Option<Entity>,
    /// Only writes meant for this side.
    pub direction: Option<Side>,
    /// Only of this class.
    pub class: Option<FailureClass>,
    /// Only with this code of the vendor's.
    pub code: Option<String>,
    /// Only about this logical field.
    pub field: Option<String>,
}

impl From<Alike> for FailureFilter {
    fn from(which: Alike) -> Self {
        Self {
            id: which.id,
            entity: which.entity,
            direction: which.direction,
            class: which.class,
            code: which.code,
            field: which.field,
            ..Self::default()
        }
    }
}
