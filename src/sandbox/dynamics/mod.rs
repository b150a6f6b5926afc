//! A Dynamics 365 organisation that speaks the Dataverse Web API over real HTTP.
//!
//! [`Organisation`] holds tables and rows in memory and answers through its [`router`]; people at
//! work in it act through `create_row`, `edit_row` and `delete_row`. It shares nothing with the
//! connectors: it is written from the vendor's documents alone.
//!
//! [`router`]: Organisation::router

mod actions;
mod alter;
mod asset;
mod auth;
mod batch;
mod bind;
mod cell;
mod changes;
mod column;
mod condition;
mod csdl;
mod cursor;
mod data;
mod define;
mod derive;
mod describe;
mod details;
mod dial;
mod dispatch;
mod duplicates;
mod envelope;
mod expand;
mod extras;
mod fetch;
mod filter;
mod formatted;
mod functions;
mod http;
mod humans;
mod json;
mod kinds;
mod limits;
mod links;
mod list;
mod many_to_many;
mod merge;
mod messages;
mod metadata;
mod modify;
mod multiple;
mod orders;
mod payload;
mod perform;
mod project;
mod qualify;
mod query;
mod relate;
mod remove;
mod reply;
mod request;
mod resource;
mod rows;
mod schema;
mod seed;
mod sheet;
mod standing;
mod write;
mod xml;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use auth::{CLIENT_ID, CLIENT_SECRET, DOMAIN};
pub use functions::TENANT;
pub use humans::{APPLICATION_USER, HUMANS};
pub use limits::Facet;
pub use seed::populate;
pub use standing::role as stakeholder_role;

use super::faults::Faults;
use super::options::Limits;
use crate::clock::Clock;

/// A kept state of an organisation.
pub struct Snapshot(Box<data::Data>);

/// One organisation with its data, tokens, limits and faults.
pub struct Organisation {
    data: RwLock<data::Data>,
    clock: Clock,
    authority: auth::Authority,
    limiter: limits::Limiter,
    limits: Limits,
    faults: Faults,
    orders: orders::Orders,
}

impl Organisation {
    /// An organisation with its standing rows (organisation, users, teams, currency) and nobody
    /// in it yet. Fails only if the asset file is broken.
    pub fn new(
        seed: u64,
        limits: Limits,
        faults: Faults,
        clock: Clock,
    ) -> Result<std::sync::Arc<Self>, serde_json::Error> {
        let mut data = data::Data::new(schema::Schema::load()?, seed);
        seed::standing_rows(&mut data, clock.now().timestamp());
        Ok(std::sync::Arc::new(Self {
            data: RwLock::new(data),
            clock,
            authority: auth::Authority::new(seed),
            limiter: limits::Limiter::default(),
            limits,
            faults,
            orders: orders::Orders::default(),
        }))
    }

    /// Makes every token given out so far worthless.
    pub fn revoke_tokens(&self) {
        self.authority.revoke();
    }

    /// Makes every delta token of a table worthless, as a change of its columns does.
    pub fn touch_schema(&self, table: &str) {
        let mut data = self.write();
        if let Some(number) = data.schema.by_name(table).map(|t| t.number) {
            data.touch(number);
        }
    }

    /// The whole database as it is now, to be brought back by [`Organisation::restore`].
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(Box::new(self.read().clone()))
    }

    /// Brings an earlier state back: row versions go back with it, as when an administrator
    /// restores a backup.
    pub fn restore(&self, snapshot: Snapshot) {
        *self.write() = *snapshot.0;
    }

    fn read(&self) -> RwLockReadGuard<'_, data::Data> {
        self.data.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, data::Data> {
        self.data.write().unwrap_or_else(PoisonError::into_inner)
    }
}
