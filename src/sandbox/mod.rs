//! Local servers that imitate both vendors over real HTTP, and the people they know.
//!
//! [`Sandbox`] listens on loopback; [`World`] is the same without sockets. This room imports
//! nothing of ours but the clock: it is an independent witness, written from the vendors'
//! documents, and shares no wire type with the connectors.

pub mod dynamics;
pub mod faults;
pub mod marketo;
mod options;
pub mod people;
mod server;
pub mod traffic;
mod world;

pub use faults::{Faults, FaultsError};
pub use options::{Limits, SandboxError, SandboxOptions};
pub use server::Sandbox;
pub use world::World;
