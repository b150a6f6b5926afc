//! The client all calls go through: addresses, pace, budget, identity.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use url::{Host, Url};

use super::budget::Budget;
use super::error;
use super::identity::Identity;
use crate::clock::Clock;
use crate::config::{LimitMode, MarketoProfile, Share};
use crate::connectors::errand::Ledger;
use crate::connectors::{ConnectorError, Pace, PaceOptions, Transport, Trouble};
use crate::model::{Quota, Side};

/// Marketo's rate limit: calls in a sliding window, a whole instance together.
const WINDOW_CALLS: u32 = 100;
/// 20 s, and a little for calls that take longer to arrive than those before them.
const WINDOW: Duration = Duration::from_millis(20_250);
/// Calls in flight at once, a whole instance together.
const CONCURRENCY: u32 = 10;

/// One Marketo instance. Cheap to clone; clones share pace, token and counts.
#[derive(Clone)]
pub struct Marketo(pub(super) Arc<Inner>);

/// What all clones share.
pub(super) struct Inner {
    /// `https://123-ABC-456.mktorest.com/rest`.
    pub(super) rest: String,
    /// The same without `/rest`: bulk paths start at the root.
    pub(super) bulk: String,
    instance: String,
    share: Share,
    limits: LimitMode,
    pub(super) identity: Identity,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Clock,
    pub(super) pace: Pace,
    pub(super) budget: Budget,
    pub(super) calls: AtomicU64,
    pub(super) ledger: Ledger,
    partition: Option<String>,
    /// Today's errors by code, as last reported.
    pub(super) errors: Mutex<BTreeMap<String, u64>>,
}

impl Inner {
    /// From the first throttling answer on, the windows are kept; unless the profile says only the answers count.
    pub(super) fn engage(&self) {
        if self.limits != LimitMode::Off && !self.pace.engaged() {
            self.pace.engage();
            self.pace.set_concurrency(at_once(self.share));
        }
    }
}

fn at_once(share: Share) -> usize {
    (share.of(CONCURRENCY.into()) as usize).max(1)
}

/// Parses an address, appends `path` when it has none, refuses unencrypted ones that leave this machine.
fn address(text: &str, path: &str) -> Result<Url, ConnectorError> {
    let wrong = |why: &str| error::of(Trouble::Configuration, "address", why);
    let mut url = Url::parse(text.trim()).map_err(|_| {
        wrong("the endpoint and identity addresses look like https://123-ABC-456.mktorest.com/rest and …/identity")
    })?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(wrong("only https is spoken, except to this machine itself")),
    }
    if url.path() == "/" {
        url.set_path(path);
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn instance_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    if let Some(munchkin) = host.strip_suffix(".mktorest.com") {
        return munchkin.to_ascii_uppercase();
    }
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

impl Marketo {
    /// A client for one instance. `share` is the part of the vendor's limits that is ours.
    ///
    /// Nothing is sent yet. Fails only on addresses that cannot be used.
    pub fn new(
        profile: &MarketoProfile,
        share: impl Into<Share>,
        limits: LimitMode,
        transport: Arc<dyn Transport>,
        clock: Clock,
    ) -> Result<Self, ConnectorError> {
        let share = share.into();
        let endpoint = address(&profile.endpoint, "/rest")?;
        let identity = address(&profile.identity, "/identity")?;
        let rest = endpoint.as_str().trim_end_matches('/').to_owned();
        let engaged = match limits {
            LimitMode::Auto => !is_loopback(&endpoint),
            LimitMode::Real => true,
            LimitMode::Off => false,
        };
        let window = share.of(WINDOW_CALLS.into()) as u32;
        Ok(Self(Arc::new(Inner {
            bulk: rest.strip_suffix("/rest").unwrap_or(&rest).to_owned(),
            rest,
            instance: instance_of(&endpoint),
            share,
            limits,
            identity: Identity::new(
                identity.as_str().trim_end_matches('/'),
                &profile.client_id,
                profile.client_secret.clone(),
                Arc::clone(&transport),
                clock.clone(),
            ),
            transport,
            clock,
            pace: Pace::new(PaceOptions {
                windows: vec![(window.max(1), WINDOW)],
                concurrency: if engaged {
                    at_once(share)
                } else {
                    CONCURRENCY as usize
                },
                engaged,
            })
            .keeping(share.reserve),
            budget: Budget::new(profile.daily_calls, share),
            calls: AtomicU64::new(0),
            ledger: Ledger::default(),
            partition: profile.partition.clone(),
            errors: Mutex::default(),
        })))
    }

    /// The Munchkin id of the instance (`123-ABC-456`), else host and port: what is stamped on the other side.
    pub fn instance(&self) -> String {
        self.0.instance.clone()
    }

    /// The lead partition new people go to, where the profile names one.
    pub fn partition(&self) -> Option<String> {
        self.0.partition.clone()
    }

    /// Today's errors by code, of all integrations, as [`Marketo::error_counts`] last reported them.
    pub fn errors_today(&self) -> BTreeMap<String, u64> {
        let errors = self.0.errors.lock();
        errors.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How much of Marketo's limits is used: calls today, calls in 20 s.
    pub fn quotas(&self) -> Vec<Quota> {
        let inner = &self.0;
        vec![
            inner.budget.quota(inner.clock.now()),
            Quota {
                side: Side::Marketo,
                name: "calls in 20 s".to_owned(),
                used: u64::from(inner.pace.used(0)),
                limit: u64::from(WINDOW_CALLS),
                budget: inner.share.of(WINDOW_CALLS.into()),
                reserve: inner.share.kept(WINDOW_CALLS.into()),
                resets: None,
            },
        ]
    }

    /// HTTP requests sent so far, token requests not counted (they cost no quota).
    pub fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// HTTP requests so far by the entity they were made for; `general` for what serves all.
    pub fn calls_by_entity(&self) -> BTreeMap<String, u64> {
        self.0.ledger.counts()
    }

    /// Calls in flight now.
    pub fn in_flight(&self) -> usize {
        self.0.pace.in_flight()
    }

    /// Whether more than `part` (0 to 1) of our share of the day is used; if so, until when.
    pub fn used_beyond(&self, part: f64) -> Option<DateTime<Utc>> {
        let inner = &self.0;
        let (now, kept) = (inner.clock.now(), inner.pace.engaged());
        inner.budget.beyond(now, part, kept)
    }

    /// Until when nothing can be sent: a full window, a pause the vendor asked for, a used-up day.
    pub fn waiting(&self) -> Option<DateTime<Utc>> {
        let now = self.0.clock.now();
        let paced = self.0.pace.waiting_until().map(|until| {
            let wait = until.saturating_duration_since(tokio::time::Instant::now());
            self.0.clock.after(wait)
        });
        let day = self.0.budget.waiting_until(now, self.0.pace.engaged());
        day.max(paced)
    }
}

impl std::fmt::Debug for Marketo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Marketo({})", self.0.instance)
    }
}
