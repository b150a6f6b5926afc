//! Microsoft Dataverse Web API (OData v4): identity, metadata, change feeds, reads by id, batched
//! writes.
//!
//! Reads are tried again inside; a write whose outcome is not known never is. All calls of one
//! [`Dynamics`] share one token, one pace and one pause, as they share one user at the vendor.

mod auth;
mod batch;
mod call;
mod drift;
mod fault;
mod feed;
mod identity;
mod memory;
mod metadata;
mod page;
mod payload;
mod qualify;
mod query;
mod retry;
mod stamp;
mod steering;
mod table;
mod value;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{ConnectorError, Transport, WriteOutcome};
use crate::clock::Clock;
use crate::config::{DynamicsProfile, LimitMode, Share};
use crate::model::{Quota, Record};
use auth::{Credentials, Tokens};
use call::Caller;
use memory::Memory;
use query::Origin;
use steering::Steering;

pub use drift::Drift;
pub use feed::RESTORED;
pub use identity::DynamicsIdentity;
pub use page::{Change, Next, Page};
pub use qualify::{Qualified, Qualify};
pub use query::PAGE_MAX;
pub use stamp::DeltaStamp;
pub use table::{AlternateKey, Table, Target};
pub use write::{BATCH_MAX, DynamicsAction, DynamicsWrite};

/// One organisation, seen by our application user; cheap to clone.
#[derive(Clone)]
pub struct Dynamics(Arc<Inner>);

struct Inner {
    origin: Origin,
    caller: Caller,
    memory: Memory,
}

impl fmt::Debug for Dynamics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dynamics({})", self.0.origin.text())
    }
}

impl Dynamics {
    /// Nothing is sent yet. `share` is our part of the vendor's limits.
    /// Fails when an address is not https (http on loopback).
    pub fn new(
        profile: &DynamicsProfile,
        share: impl Into<Share>,
        limits: LimitMode,
        transport: Arc<dyn Transport>,
        clock: Clock,
    ) -> Result<Self, ConnectorError> {
        let origin = Origin::parse(&profile.url)?;
        let token_url = match &profile.token_url {
            Some(url) => {
                Origin::parse(url)?;
                url.clone()
            }
            None => Credentials::public_endpoint(&profile.tenant),
        };
        let credentials = Credentials {
            url: token_url,
            resource: origin.text(),
            client_id: profile.client_id.clone(),
            client_secret: profile.client_secret.clone(),
        };
        let steering = Steering::new(share.into(), limits, origin.is_loopback(), clock.clone());
        let tokens = Tokens::new(Arc::clone(&transport), clock.clone(), credentials);
        let caller = Caller::new(transport, tokens, steering);
        Ok(Self(Arc::new(Inner {
            origin,
            caller,
            memory: Memory::new(clock),
        })))
    }

    /// Which organisation this is and who we are in it: `WhoAmI`, the version, and what else the
    /// server tells.
    pub async fn identity(&self) -> Result<DynamicsIdentity, ConnectorError> {
        identity::identity(&self.0.caller, &self.0.origin).await
    }

    /// A stamp that changes with any table's definition (one call); none where the server does not
    /// tell. While it stays, a [`Table`] read before still holds.
    pub async fn schema(&self) -> Result<Option<String>, ConnectorError> {
        identity::schema(&self.0.caller, &self.0.origin).await
    }

    /// A table's metadata, by its logical name. Some 15 calls.
    pub async fn table(&self, logical: &str) -> Result<Table, ConnectorError> {
        metadata::table(&self.0.caller, &self.0.origin, logical).await
    }

    /// The same from memory while the server's schema stamp stays (one call), or for a quarter of
    /// an hour where the server has none.
    pub async fn table_remembered(&self, logical: &str) -> Result<Table, ConnectorError> {
        let (caller, origin) = (&self.0.caller, &self.0.origin);
        self.0.memory.table(caller, origin, logical).await
    }

    /// About how many rows these tables hold (up to a day old: for progress only); empty where it
    /// is not told.
    pub async fn counts(&self, tables: &[&str]) -> Result<BTreeMap<String, u64>, ConnectorError> {
        identity::counts(&self.0.caller, &self.0.origin, tables).await
    }

    /// The first page of a full read whose last page brings the delta link. The key and
    /// `modifiedon` always come along. `page_size` is at most [`PAGE_MAX`].
    pub async fn first_page(
        &self,
        table: &Table,
        columns: &[String],
        page_size: u32,
    ) -> Result<Page, ConnectorError> {
        feed::first_page(&self.0.caller, &self.0.origin, table, columns, page_size).await
    }

    /// The page behind [`Next::Page`] or [`Next::Delta`]. A link that can no longer be used, or
    /// that belongs to another organisation, is [`super::Trouble::CursorExpired`]; with the code
    /// [`RESTORED`] where the organisation was set back to an earlier point.
    pub async fn follow(
        &self,
        table: &Table,
        link: &str,
        page_size: u32,
    ) -> Result<Page, ConnectorError> {
        feed::follow(&self.0.caller, &self.0.origin, table, link, page_size).await
    }

    /// The rows of these ids as they are now, in no particular order; absent rows are simply
    /// missing. A lookup that may point to several tables comes as `column` and once more as
    /// `column:table`.
    pub async fn read(
        &self,
        table: &Table,
        columns: &[String],
        ids: &[Uuid],
    ) -> Result<Vec<Record>, ConnectorError> {
        feed::read(&self.0.caller, &self.0.origin, table, columns, ids).await
    }

    /// Rows whose `column` (of text) contains `text`, ignoring case, at most `limit` of them.
    pub async fn find(
        &self,
        table: &Table,
        columns: &[String],
        (column, text): (&str, &str),
        limit: u32,
    ) -> Result<Vec<Record>, ConnectorError> {
        let (caller, origin) = (&self.0.caller, &self.0.origin);
        let url = query::search(origin, table, columns, (column, text), limit)?;
        feed::find(caller, table, url).await
    }

    /// Sends up to [`BATCH_MAX`] writes as one batch; the outcomes are in the order of the writes,
    /// and one refused record does not sink its mates. An error means the call as a whole: with
    /// [`super::Trouble::Unknown`] any of the writes may have taken effect, with any other none
    /// has.
    pub async fn write(
        &self,
        writes: &[DynamicsWrite<'_>],
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        write::write(&self.0.caller, &self.0.origin, writes).await
    }

    /// Converts an open lead by the vendor's own rules and tells the rows that came of it. A lead
    /// that is no longer open is [`super::Trouble::Refused`] with code `0x80040519`: read it again.
    pub async fn qualify_lead(
        &self,
        lead: Uuid,
        into: Qualify,
    ) -> Result<Vec<Qualified>, ConnectorError> {
        qualify::qualify(&self.0.caller, &self.0.origin, lead, into).await
    }

    /// What is used of the vendor's limits.
    pub fn quotas(&self) -> Vec<Quota> {
        self.0.caller.steering().quotas()
    }

    /// HTTP requests so far, tokens excluded.
    pub fn calls(&self) -> u64 {
        self.0.caller.calls()
    }

    /// HTTP requests so far by the entity they were made for; `general` for what serves all.
    pub fn calls_by_entity(&self) -> BTreeMap<String, u64> {
        self.0.caller.ledger().counts()
    }

    /// Calls in flight now.
    pub fn in_flight(&self) -> usize {
        self.0.caller.steering().in_flight()
    }

    /// Until when everybody is held back, by a throttling answer or a full window.
    pub fn waiting(&self) -> Option<DateTime<Utc>> {
        self.0.caller.steering().waiting()
    }
}
