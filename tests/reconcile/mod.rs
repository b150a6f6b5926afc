//! Merge, identity, brakes.
