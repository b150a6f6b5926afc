//! Profiles, paths, secrets: plain data read from one TOML file; imports nothing above the nouns.

mod profile;

pub use profile::{DynamicsProfile, FirstCopy, LimitMode, MarketoProfile, Profile, SyncProfile};
