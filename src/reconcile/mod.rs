//! What is to be done about one linked record, who is who, and when to stop and ask. Pure: no I/O, no clock.

mod brakes;
mod create;
mod decide;
mod held;
mod identity;
mod merge;
mod open;

pub use brakes::{Allowance, Brake, BrakeLimits, Measure, brake};
pub use create::create_fields;
pub use decide::SKEW_GUARD;
pub use held::{held_as, held_mark};
pub use identity::{Candidate, Match, match_person};
pub use merge::{Clash, FieldWrite, Merge, MergeInput, merge};
