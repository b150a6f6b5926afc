//! The nouns of the product, shared by every room: plain data, no behaviour that reaches outside.
//!
//! *Entity*: a kind of record that is kept in step (lead, contact, …). *Record*: one row or person on one side.
//! *Link*: two ids, one thing. *Base*: the last agreed values of a link. *Conflict*: both sides moved apart.
//! *Failure*: one record that could not be written. *Journal*: every write, with what it replaced.

mod conflict;
mod custom;
mod entity;
mod failure;
mod field;
mod ids;
mod journal;
mod pause;
mod quota;
mod record;
mod rules;
mod status;
mod value;

pub use conflict::{Conflict, ConflictKind, ConflictStatus, Resolution, Take};
pub use custom::{CustomEntity, CustomField, CustomState, CustomWish, ParentPath, PathStep};
pub use entity::{Direction, Entity, EntitySettings, Policy};
pub use failure::{Failure, FailureClass, FailureStatus, Refusal};
pub use field::{FieldInfo, FieldKind, LengthUnit, OptionItem};
pub use ids::{ConflictId, CycleId, FailureId, LinkId, MarketoId, OpId, RecordKey, Side};
pub use journal::{Cause, JournalEntry};
pub use pause::Pause;
pub use quota::Quota;
pub use record::{Fields, Record};
pub use rules::{
    AccountRoles, BrakeRules, DeletePolicy, EntityRules, Filter, LeavePolicy, Limit, MatchRule,
    RuleChange,
};
pub use status::{BatchProgress, CycleOutcome, CycleReport, EngineState, EntityCounts, PerSide};
pub use value::Value;
