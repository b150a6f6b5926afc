//! What a sandbox is asked to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::faults::Faults;

/// People in Dynamics when nobody says otherwise.
const PEOPLE: usize = 2500;

/// How both servers are set up.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where the Dynamics server listens; port 0 takes any.
    pub dynamics: SocketAddr,
    /// Where the Marketo server listens; port 0 takes any.
    pub marketo: SocketAddr,
    /// Leads and contacts in Dynamics.
    pub people: usize,
    /// Everything random follows from this.
    pub seed: u64,
    /// Background edits by people at work, on both sides together.
    pub edits_per_minute: u32,
    /// After how long those people go home; never where none is named.
    pub edits_for: Option<Duration>,
    /// Whether the vendors' limits hold.
    pub limits: Limits,
    /// How long after a change Marketo's activities show it.
    pub activity_lag: Duration,
    /// The fault dial.
    pub faults: Faults,
}

/// Whether the vendors' limits hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    /// As documented.
    Real,
    /// None, for measuring.
    Off,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            dynamics: anywhere,
            marketo: anywhere,
            people: PEOPLE,
            seed: 1,
            edits_per_minute: 0,
            edits_for: None,
            limits: Limits::Real,
            activity_lag: Duration::from_secs(2),
            faults: Faults::none(),
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// An address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A file under `assets/sandbox/` is broken.
    #[error("the sandbox's own assets are broken")]
    Asset(#[from] serde_json::Error),
    /// The seeded world was refused by the sandbox's own rules.
    #[error("the seeded world was refused: {0}")]
    Seed(String),
}
