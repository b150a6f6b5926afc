//! What the console knows and decides.

pub mod fake;
