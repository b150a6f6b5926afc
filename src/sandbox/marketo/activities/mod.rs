//! The activity log and the calls that read it.

pub(crate) mod custom;
pub(crate) mod external;
pub(crate) mod feed;
pub(crate) mod log;
pub(crate) mod types;
