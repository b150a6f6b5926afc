//! The sync engine: the cycle (pull, reconcile, stage, push, settle), scheduling, retries and budget.
//!
//! Persist observations, not work: a feed only says "look at this record". What is to be done is decided on values read
//! afresh, stored as an intent before it is sent, and settled with its new base in one transaction. It imports the
//! connectors, the store and the two pure rooms; it knows nothing of a screen. Entry points: [`Engine::start`] for a
//! background task with commands in and snapshots out, [`one_cycle`] for `syncdeck sync`, [`status`] for a document.

mod alike;
mod approval;
mod asked;
mod backfill;
mod backfill_spec;
mod backfilling;
mod chains;
mod checking;
mod claiming;
mod claims;
mod command;
mod compare;
mod context;
mod control;
mod converted;
mod converting;
mod create_rules;
mod creating;
mod custom;
mod cycle;
mod decide;
mod deleting;
mod editing;
mod errands;
mod error;
mod failing;
mod filtering;
mod gather;
mod halves;
mod handing;
mod holding;
mod identify;
mod inspect;
mod journaling;
mod landed;
mod lane;
mod late;
mod lease;
mod linking;
mod lost_update;
mod mapping_facts;
mod maps;
mod marketo_changes;
mod marketo_only;
mod match_rules;
mod matching;
mod measuring;
mod merged;
mod merged_away;
mod merging;
mod meter;
mod missing;
mod mutant;
mod new_task;
mod objects;
mod order;
mod orphans;
mod outcome;
mod outdated;
mod parents;
mod plan;
mod prepare;
mod preview;
mod progress;
mod prune;
mod publish;
mod pull_dynamics;
mod pull_marketo;
mod push;
mod quarantine;
mod rebinding;
mod records;
mod recover;
mod related;
mod remembered;
mod retry;
mod rollback;
mod rollback_objects;
mod rollback_one_way;
mod ruling;
mod scope;
mod session;
mod settle;
mod slice;
mod snapshot;
mod stage;
mod stamp;
mod status;
mod strangers;
mod switched_off;
mod tables;
mod tasks;
mod trend;
mod two_rows;
mod undoing;
mod waiting;
mod watching;
mod why;
mod widening;
mod wishes;
mod work;

pub use backfill::{
    Backfill, BackfillProgress, BackfillState, backfill, cancel_backfill, start_backfill,
};
pub use backfill_spec::{BackfillSpec, IDS_MAX};
pub use checking::{Check, check};
pub use command::{Alike, Command};
pub use context::Parts;
pub use create_rules::{LISTED_MAX, MarketoOnly, list_marketo_only};
pub use custom::{
    CustomPlan, EntityLine, PlannedColumn, TypeField, add_custom, entity_list, plan_custom,
    remove_custom,
};
pub use error::EngineError;
pub use failing::{ALIKE, Edit, edit_failure, retry, retry_failures};
pub use filtering::{FilterPlan, filter_plan, filter_test};
pub use holding::{hold, release, release_field};
pub use inspect::{Compared, Inspection, inspect};
pub use mapping_facts::{MappingFact, mapping_facts};
pub use maps::{Current, mapping, set_mapping};
pub use mutant::Mutant;
#[cfg(debug_assertions)]
pub use mutant::arm;
pub use new_task::{NewTask, TASK_DUE_DAYS, TaskPriority, TaskStatus};
pub use orphans::{Orphan, orphan_opportunities};
pub use parents::filter_problem;
pub use prepare::ENTITIES;
pub use preview::{PREVIEW_LINES, PreviewLine, Previewed, preview};
pub use prune::{JOURNAL_DAYS, JOURNAL_DAYS_DEFAULT};
pub use quarantine::{Quarantined, quarantined};
pub use rebinding::rebind;
pub use records::{Asked, NewRow, create, link, look_at, unlink};
pub use rollback::{ROLLBACK_MAX, RollbackPlan, RollbackStep, plan_rollback, roll_back};
pub use session::{Engine, one_cycle};
pub use snapshot::{EntityStatus, News, NewsKind, Snapshot, THROUGHPUT_SECONDS};
pub use status::status;
pub use tasks::create_task;
pub use undoing::undo;
pub use wishes::resolve;
