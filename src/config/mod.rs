//! Profiles, paths, secrets: plain data read from one TOML file; imports nothing above the nouns.

mod error;
mod file;
mod keys;
mod paths;
mod profile;
mod read;
mod secret;
mod share;

pub use error::ConfigError;
pub use file::{ConfigFile, load};
pub use paths::{default_path, state_path};
pub use profile::{
    DynamicsProfile, FirstCopy, LimitMode, Listing, MarketoProfile, Profile, SyncProfile,
};
pub use share::{Share, Shares};
