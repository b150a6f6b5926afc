//! One profile: the two ends and how they are kept in step. Secrets are opened, but never shown.

use std::time::Duration;

use secrecy::SecretString;

use super::Shares;

/// The Dynamics end.
#[derive(Debug, Clone)]
pub struct DynamicsProfile {
    /// The organisation's origin, `https://acme.crm4.dynamics.com`.
    pub url: String,
    /// The tenant's domain or id.
    pub tenant: String,
    /// Overrides the authority (national clouds, the sandbox); the whole token endpoint.
    pub token_url: Option<String>,
    /// The app registration.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// The Marketo end.
#[derive(Debug, Clone)]
pub struct MarketoProfile {
    /// `https://123-ABC-456.mktorest.com/rest`.
    pub endpoint: String,
    /// `https://123-ABC-456.mktorest.com/identity`.
    pub identity: String,
    /// The custom service.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// The subscription's calls a day; no call tells it.
    pub daily_calls: u64,
    /// The lead partition new people go to; none for the default one. Instances with several can demand it (1009).
    pub partition: Option<String>,
}

/// Whether the first copy, and creating our key fields, needs the admin's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstCopy {
    /// Show the plan and wait.
    Ask,
    /// Start at once.
    Go,
}

/// Whether the vendors' limits are kept from the first call on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitMode {
    /// Kept from the first call on; on loopback, where only a sandbox can be, from the first throttling answer on.
    Auto,
    /// Kept from the first call on.
    Real,
    /// Only what the answers demand.
    Off,
}

/// Whether people who exist in Marketo only are listed, which takes bulk extracts: calls, and bytes of the day's volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Once, beside the first copy; afterwards the feeds keep the list current.
    Extract,
    /// Only those are counted whom the feeds name.
    Off,
}

/// How the two ends are kept in step.
#[derive(Debug, Clone)]
pub struct SyncProfile {
    /// From the end of one cycle to the start of the next.
    pub interval: Duration,
    /// Whether the first copy needs approval.
    pub first_copy: FirstCopy,
    /// How long an unknown outcome rests before its record is looked at again.
    pub settle: Duration,
    /// Our part of each vendor's limits, and what is kept of it.
    pub share: Shares,
    /// Whether limits are kept from the first call on.
    pub limits: LimitMode,
    /// Whether people who exist in Marketo only are listed.
    pub listing: Listing,
}

impl Default for SyncProfile {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(300),
            first_copy: FirstCopy::Ask,
            settle: Duration::from_secs(120),
            share: Shares::from(0.7),
            limits: LimitMode::Auto,
            listing: Listing::Extract,
        }
    }
}

/// Everything one sync needs to know.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name in the file; `sandbox` for the embedded one.
    pub name: String,
    /// The Dynamics end.
    pub dynamics: DynamicsProfile,
    /// The Marketo end.
    pub marketo: MarketoProfile,
    /// How they are kept in step.
    pub sync: SyncProfile,
}
