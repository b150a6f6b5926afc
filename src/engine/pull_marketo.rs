//! Pulling from Marketo: changed, merged and deleted people, page by page, into the dirty set.
//!
//! A feed remembers only so long. Where its cursor is older than that, or is refused, a fresh one is taken first and
//! then everybody who is linked is read and compared (`compare`). What comes late is found by reading stretches of the
//! feeds again (`late`).

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::compare;
use super::context::Context;
use super::error::EngineError;
use super::lane::Lane;
use super::late;
use super::marketo_changes::{self, Sorted};
use super::mutant::{self, Mutant};
use super::snapshot::NewsKind;
use super::switched_off;
use super::work::Arrivals;
use crate::connectors::marketo::{
    CHANGES_KEPT, DELETES_KEPT, DeletedPerson, LeadChange, MergedPeople,
};
use crate::connectors::{ConnectorError, Trouble};
use crate::mapping::CheckedMap;
use crate::model::Entity;
use crate::store::{Cursor, CursorStage, StoreError, Tx};

/// A first token starts this far back.
pub(super) const OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// A feed counts as forgotten this long before the vendor forgets it.
const HORIZON_MARGIN: TimeDelta = TimeDelta::hours(12);
/// Merge activities are kept for 25 months.
const MERGES_KEPT: TimeDelta = TimeDelta::days(750);

/// People whose entity is not known yet are looked at under this name.
pub(super) const STRANGER: &str = "person";

/// One of the feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feed {
    /// New people and changed fields.
    Changes,
    /// Merged people: before the deletes, so that a link follows its winner.
    Merges,
    /// Deleted people.
    Deletes,
}

impl Feed {
    /// In the order they are read.
    pub(super) const ALL: [Self; 3] = [Self::Changes, Self::Merges, Self::Deletes];

    /// The name of its cursor.
    fn name(self) -> &'static str {
        match self {
            Self::Changes => "marketo/changes",
            Self::Merges => "marketo/merges",
            Self::Deletes => "marketo/deletes",
        }
    }

    /// How far back it reaches.
    fn kept(self) -> TimeDelta {
        match self {
            Self::Changes => CHANGES_KEPT,
            Self::Merges => MERGES_KEPT,
            Self::Deletes => DELETES_KEPT,
        }
    }
}

/// What a page of a feed holds.
pub(super) enum Items {
    Changes(Vec<LeadChange>),
    Merges(Vec<MergedPeople>),
    Deletes(Vec<DeletedPerson>),
}

/// A page of any feed.
pub(super) struct FeedPage {
    items: Items,
    pub(super) token: String,
    pub(super) more: bool,
}

/// The feeds, and what is needed to understand them.
pub(super) struct Feeds<'a> {
    pub(super) context: &'a Context,
    lanes: &'a [Arc<Lane>],
    /// The maps of the people that are switched off.
    off: Arc<Vec<CheckedMap>>,
    fields: Vec<String>,
}

/// Pulls all feeds until they have nothing more.
pub(super) async fn pull(
    context: &Context,
    lanes: &[Arc<Lane>],
    arrivals: &Arrivals,
) -> Result<(), EngineError> {
    if lanes.is_empty() {
        return Ok(());
    }
    let feeds = Feeds::new(context, lanes).await?;
    for feed in Feed::ALL {
        feeds.follow(feed, arrivals).await?;
    }
    late::read_again(&feeds).await?;
    arrivals.announce();
    Ok(())
}

impl<'a> Feeds<'a> {
    async fn new(context: &'a Context, lanes: &'a [Arc<Lane>]) -> Result<Self, EngineError> {
        let on: Vec<Entity> = lanes.iter().map(|lane| lane.entity().clone()).collect();
        let store = &context.store;
        let off = store
            .read(move |reader| switched_off::maps(reader, &on))
            .await?;
        let maps = lanes.iter().map(|lane| &lane.map).chain(&off);
        let mapped = maps.flat_map(|map| &map.fields);
        let fields: BTreeSet<String> = mapped.map(|field| field.map.marketo.clone()).collect();
        Ok(Self {
            context,
            lanes,
            off: Arc::new(off),
            fields: fields.into_iter().collect(),
        })
    }

    /// Reads one feed from its cursor to its end.
    async fn follow(&self, feed: Feed, arrivals: &Arrivals) -> Result<(), EngineError> {
        let context = self.context;
        let mut cursor = self.cursor(feed).await?;
        let mut renewed = false;
        while !context.control.stopping() {
            let asked = context.clock.now();
            let mut page = match self.page(feed, &cursor.token).await {
                Err(error) if error.trouble == Trouble::CursorExpired && !renewed => {
                    renewed = true;
                    cursor = self.begin_anew(feed, "its cursor was refused").await?;
                    continue;
                }
                page => page?,
            };
            let more = page.more;
            if mutant::is(Mutant::CursorByDate) && !more {
                page.token = context.marketo.paging_token(asked).await?;
            }
            cursor.token.clone_from(&page.token);
            if !more {
                // Not before: while there is more, the place in the feed is as old as it was.
                cursor.obtained = asked;
            }
            self.take_in(page, Some(cursor.clone())).await?;
            arrivals.announce();
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// Where a feed stands; at its present end where it stands nowhere, or further back than it reaches.
    async fn cursor(&self, feed: Feed) -> Result<Cursor, EngineError> {
        let name = feed.name();
        let read = move |reader: &crate::store::Reader<'_>| reader.cursor(name);
        let Some(cursor) = self.context.store.read(read).await? else {
            let cursor = self.fresh(feed).await?;
            // Stored at once: an edit made after this moment must not fall before a later token.
            let stored = cursor.clone();
            let store = &self.context.store;
            store.transaction(move |tx| tx.set_cursor(&stored)).await?;
            return Ok(cursor);
        };
        let age = self.context.clock.now() - cursor.obtained;
        if age <= feed.kept() - HORIZON_MARGIN {
            return Ok(cursor);
        }
        let why = format!(
            "it was last read {} days ago and reaches back {}",
            age.num_days(),
            feed.kept().num_days()
        );
        self.begin_anew(feed, &why).await
    }

    /// A cursor at the present end of a feed.
    async fn fresh(&self, feed: Feed) -> Result<Cursor, EngineError> {
        let now = self.context.clock.now();
        let token = self.context.marketo.paging_token(now - OVERLAP).await?;
        Ok(Cursor {
            feed: feed.name().to_owned(),
            token,
            stage: CursorStage::Following,
            since: Some(now),
            obtained: now,
            fingerprint: String::new(),
            counted: 0,
        })
    }

    /// Takes a fresh cursor first, so that nothing falls between, and asks for everybody to be compared.
    async fn begin_anew(&self, feed: Feed, why: &str) -> Result<Cursor, EngineError> {
        let cursor = self.fresh(feed).await?;
        let (stored, now) = (cursor.clone(), self.context.clock.now());
        self.context
            .store
            .transaction(move |tx| {
                tx.set_cursor(&stored)?;
                compare::request(tx, now)
            })
            .await?;
        let text = format!(
            "{}: {why}; every linked person is read and compared",
            feed.name()
        );
        self.context.progress.tell(NewsKind::Waiting, None, text);
        Ok(cursor)
    }

    /// One page of a feed.
    pub(super) async fn page(&self, feed: Feed, token: &str) -> Result<FeedPage, ConnectorError> {
        let marketo = &self.context.marketo;
        Ok(match feed {
            Feed::Changes => {
                let page = marketo.lead_changes(token, &self.fields).await?;
                page_of(Items::Changes(page.items), page.token, page.more)
            }
            Feed::Merges => {
                let page = marketo.merged_people(token).await?;
                page_of(Items::Merges(page.items), page.token, page.more)
            }
            Feed::Deletes => {
                let page = marketo.deleted_people(token).await?;
                page_of(Items::Deletes(page.items), page.token, page.more)
            }
        })
    }

    /// Marks whom a page names, and moves the feed past it in the same transaction.
    pub(super) async fn take_in(
        &self,
        page: FeedPage,
        cursor: Option<Cursor>,
    ) -> Result<(), EngineError> {
        let (lanes, now) = (self.lanes.to_vec(), self.context.clock.now());
        let off = Arc::clone(&self.off);
        if let Some(first) = cursor.clone().filter(|_| mutant::is(Mutant::CursorFirst)) {
            let store = &self.context.store;
            store.transaction(move |tx| tx.set_cursor(&first)).await?;
        }
        let sorted = self
            .context
            .store
            .transaction(move |tx| {
                let sorted = sort(tx, (&lanes, &off), page.items, now)?;
                if let Some(cursor) = cursor {
                    tx.set_cursor(&cursor)?;
                }
                Ok(sorted)
            })
            .await?;
        sorted.report(self.context);
        Ok(())
    }
}

fn page_of(items: Items, token: String, more: bool) -> FeedPage {
    FeedPage { items, token, more }
}

fn sort(
    tx: &Tx<'_>,
    (lanes, off): (&[Arc<Lane>], &[CheckedMap]),
    items: Items,
    now: DateTime<Utc>,
) -> Result<Sorted, StoreError> {
    match items {
        Items::Changes(changes) => marketo_changes::changed(tx, (lanes, off), changes, now),
        Items::Merges(merges) => marketo_changes::merged(tx, merges, now),
        Items::Deletes(deletes) => marketo_changes::deleted(tx, &deletes, now),
    }
}
