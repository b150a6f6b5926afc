//! A local server that imitates one Marketo Engage instance: identity, lead database, activities.
//!
//! [`Instance`] holds everything in memory behind one lock; its [`Instance::router`] answers over
//! HTTP, its other methods are the hands of marketers, forms and the test bench.

mod activities;
mod answer;
mod assets;
mod bulk;
mod call;
mod catalogue;
mod custom;
mod faults;
mod human;
mod identity;
mod index;
mod leads;
mod limits;
mod lists;
mod objects;
mod options;
mod people;
mod route;
mod schema;
mod serve;
mod state;
mod table;
mod token;
mod value;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::clock::Clock;
use identity::Identity;
use state::State;

pub use objects::FieldChange;
pub use options::{InstanceOptions, OpenPoints};

/// Records in one page, one batch, one filter.
pub(crate) const PAGE: usize = 300;
/// Most people one filter may match.
pub(crate) const FILTER_MAX: usize = 1000;

/// One imitated instance.
pub struct Instance {
    clock: Clock,
    latency: Duration,
    client_id: String,
    client_secret: String,
    munchkin: String,
    state: Mutex<State>,
}

impl Instance {
    /// A fresh instance without people; its names and secrets follow from the seed.
    pub fn new(options: InstanceOptions, clock: Clock) -> Arc<Self> {
        let mut rng = fastrand::Rng::with_seed(options.seed);
        let uuid = |rng: &mut fastrand::Rng| {
            uuid::Builder::from_random_bytes(rng.u128(..).to_le_bytes())
                .into_uuid()
                .to_string()
        };
        let client_id = uuid(&mut rng);
        let client_secret: String = (0..32).map(|_| rng.alphanumeric()).collect();
        let letters: String = (0..3).map(|_| rng.uppercase()).collect();
        let munchkin = format!(
            "{:03}-{letters}-{:03}",
            rng.u16(100..1000),
            rng.u16(100..1000)
        );
        let life_ms = options.token_life.as_millis() as i64;
        let identity = Identity::new(client_id.clone(), client_secret.clone(), life_ms);
        let latency = options.latency;
        let state = Mutex::new(State::new(options, identity, rng));
        Arc::new(Self {
            clock,
            latency,
            client_id,
            client_secret,
            munchkin,
            state,
        })
    }

    /// Serves `/rest/...`, `/identity/...` and `/bulk/...`.
    pub fn router(self: &Arc<Self>) -> Router {
        // Answers from 1 KiB on are compressed when the caller takes it; bulk files never.
        let predicate = SizeAbove::new(1024).and(NotForContentType::new("text/csv"));
        let gzip = CompressionLayer::new().quality(CompressionLevel::Fastest);
        Router::new()
            .fallback(serve::serve)
            .layer(gzip.compress_when(predicate))
            .with_state(Arc::clone(self))
    }

    /// The client id of the one custom service.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The client secret of the one custom service.
    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// The instance's id, `NNN-AAA-NNN`.
    pub fn munchkin(&self) -> &str {
        &self.munchkin
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    fn latency(&self) -> Duration {
        self.latency
    }
}
