//! People: reading, writing, deleting, and the description of their fields.

pub(crate) mod describe;
pub(crate) mod lists;
pub(crate) mod merge;
pub(crate) mod others;
pub(crate) mod programs;
pub(crate) mod read;
pub(crate) mod schema;
pub(crate) mod sync;
pub(crate) mod write;
