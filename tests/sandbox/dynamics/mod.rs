//! The Dynamics server, one sentence of the vendor's documents a test.

mod harness;
mod spine;
