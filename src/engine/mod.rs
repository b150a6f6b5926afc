//! The sync engine: the cycle (pull, reconcile, stage, push, settle), scheduling, retries and budget.

mod command;
mod snapshot;

pub use command::Command;
pub use snapshot::{EntityStatus, News, NewsKind, Snapshot, THROUGHPUT_SECONDS};
