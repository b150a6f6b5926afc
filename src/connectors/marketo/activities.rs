//! The change feeds: lead changes, deletes, merges. They say whom to look at; values in them are for information.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer};

use super::call::Call;
use super::client::Marketo;
use super::envelope::Answer;
use super::{codes, error, times};
use crate::connectors::{ConnectorError, Trouble};
use crate::model::MarketoId;

/// How far back the delete feed reaches: a cursor older than this can have missed deletes.
pub const DELETES_KEPT: TimeDelta = TimeDelta::days(14);
/// How far back the change feed reaches.
pub const CHANGES_KEPT: TimeDelta = TimeDelta::days(90);

const NEW_LEAD: i64 = 12;
const CHANGE_DATA_VALUE: i64 = 13;
const MERGE_LEADS: i64 = 32;

/// One page of a feed. A page may be empty although there is more: go on while `more`, and keep `token` either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityPage<T> {
    /// What it says, without the doubles within the page. Events come late, out of order and again: by `guid`.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub token: String,
    /// Whether the next page can be had at once.
    pub more: bool,
}

/// What a change says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadChangeKind {
    /// The person is new. First values do not come as changes.
    New,
    /// Fields were changed.
    Changed,
}

/// One field of a change, as text the way the feed writes it (`True`, `2026-08-17 09:20:31`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// REST name.
    pub name: String,
    /// What was replaced; none when it was empty.
    pub old: Option<String>,
    /// What replaced it; none when it was cleared.
    pub new: Option<String>,
}

/// Somebody is new, or was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadChange {
    /// The event's identity, up to 128 characters.
    pub guid: String,
    /// Who.
    pub person: MarketoId,
    /// When it happened, to the second; it can reach the feed minutes later.
    pub at: DateTime<Utc>,
    /// New or changed.
    pub kind: LeadChangeKind,
    /// Which of the fields asked for were changed.
    pub fields: Vec<FieldChange>,
    /// Who or what did it (`Web service API`, `Web form fillout`, …), where the feed says so.
    pub source: Option<String>,
}

/// Somebody was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedPerson {
    /// The event's identity.
    pub guid: String,
    /// Who.
    pub person: MarketoId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Several people became one. The losers' ids are gone, without a delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedPeople {
    /// The event's identity.
    pub guid: String,
    /// The id that stays.
    pub winner: MarketoId,
    /// The ids that are gone.
    pub losers: Vec<MarketoId>,
    /// When.
    pub at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
struct Activity {
    #[serde(default)]
    id: Option<i64>,
    #[serde(default, rename = "marketoGUID")]
    guid: Option<String>,
    #[serde(default)]
    lead_id: Option<MarketoId>,
    #[serde(default)]
    activity_date: Option<String>,
    #[serde(default)]
    activity_type_id: Option<i64>,
    #[serde(default)]
    primary_attribute_value_id: Option<i64>,
    #[serde(default)]
    fields: Option<Vec<Change>>,
    #[serde(default)]
    attributes: Option<Vec<Attribute>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "text")]
    new_value: Option<String>,
    #[serde(default, deserialize_with = "text")]
    old_value: Option<String>,
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "text")]
    value: Option<String>,
}

/// Whatever scalar (or list) is there, as text; nothing for null and the empty text.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = match serde_json::Value::deserialize(from)? {
        serde_json::Value::Null => return Ok(None),
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

impl Activity {
    fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter().flatten();
        attributes
            .find(|attribute| attribute.name == name)?
            .value
            .as_deref()
    }

    fn identity(&self) -> Option<String> {
        let id = || self.id.map(|id| id.to_string());
        self.guid
            .clone()
            .filter(|guid| !guid.is_empty())
            .or_else(id)
    }

    fn change(&self, at: DateTime<Utc>, asked: &HashSet<&str>) -> Option<LeadChange> {
        let kind = match self.activity_type_id? {
            NEW_LEAD => LeadChangeKind::New,
            CHANGE_DATA_VALUE => LeadChangeKind::Changed,
            _ => return None,
        };
        // The feed also brings changes of fields nobody asked for.
        let changed = self
            .fields
            .iter()
            .flatten()
            .filter(|change| asked.contains(change.name.as_str()));
        let fields: Vec<FieldChange> = changed
            .map(|change| FieldChange {
                name: change.name.clone(),
                old: change.old_value.clone(),
                new: change.new_value.clone(),
            })
            .collect();
        if kind == LeadChangeKind::Changed && fields.is_empty() {
            return None;
        }
        let source = self
            .attribute("Source")
            .or_else(|| self.attribute("Source Type"));
        Some(LeadChange {
            guid: self.identity()?,
            person: self.lead_id?,
            at,
            kind,
            fields,
            source: source.map(str::to_owned),
        })
    }

    fn deleted(&self, at: DateTime<Utc>) -> Option<DeletedPerson> {
        Some(DeletedPerson {
            guid: self.identity()?,
            person: self.primary_attribute_value_id.or(self.lead_id)?,
            at,
        })
    }

    fn merged(&self, at: DateTime<Utc>) -> Option<MergedPeople> {
        if self.activity_type_id != Some(MERGE_LEADS) {
            return None;
        }
        let winner = self.lead_id?;
        let ids = self.attribute("Merge IDs").unwrap_or_default();
        let numbers = ids.split(|c: char| !c.is_ascii_digit());
        let losers = numbers
            .filter_map(|id| id.parse().ok())
            .filter(|id| *id != winner);
        Some(MergedPeople {
            guid: self.identity()?,
            winner,
            losers: losers.collect(),
            at,
        })
    }
}

impl Marketo {
    /// A cursor for the feeds that begins at `since` (whole seconds). May take the server minutes.
    pub async fn paging_token(&self, since: DateTime<Utc>) -> Result<String, ConnectorError> {
        let since = times::wire(since);
        let call = Call::get(
            "/v1/activities/pagingtoken.json",
            &[("sinceDatetime", &since)],
        );
        let answer = self.0.call(&call).await?;
        let missing = || error::protocol("no paging token in the answer", &answer.request_id);
        answer.next_page_token.clone().ok_or_else(missing)
    }

    /// Who is new and whose `fields` (REST names) were changed, from `token` on.
    pub async fn lead_changes(
        &self,
        token: &str,
        fields: &[String],
    ) -> Result<ActivityPage<LeadChange>, ConnectorError> {
        let asked: HashSet<&str> = fields.iter().map(String::as_str).collect();
        let names = fields.join(",");
        let params = [
            ("nextPageToken", token),
            ("fields", &names),
            ("batchSize", "300"),
        ];
        let call = Call::get("/v1/activities/leadchanges.json", &params);
        self.feed(token, &call, |activity, at| activity.change(at, &asked))
            .await
    }

    /// Who was deleted, from `token` on; the feed reaches back [`DELETES_KEPT`].
    pub async fn deleted_people(
        &self,
        token: &str,
    ) -> Result<ActivityPage<DeletedPerson>, ConnectorError> {
        let params = [("nextPageToken", token), ("batchSize", "300")];
        let call = Call::get("/v1/activities/deletedleads.json", &params);
        self.feed(token, &call, Activity::deleted).await
    }

    /// Who was merged into whom, from `token` on.
    pub async fn merged_people(
        &self,
        token: &str,
    ) -> Result<ActivityPage<MergedPeople>, ConnectorError> {
        let params = [
            ("nextPageToken", token),
            ("activityTypeIds", "32"),
            ("batchSize", "300"),
        ];
        let call = Call::get("/v1/activities.json", &params);
        self.feed(token, &call, Activity::merged).await
    }

    async fn feed<T>(
        &self,
        token: &str,
        call: &Call,
        item: impl Fn(&Activity, DateTime<Utc>) -> Option<T>,
    ) -> Result<ActivityPage<T>, ConnectorError> {
        let answer = self.0.call(call).await.map_err(|mut error| {
            if codes::about_paging_token(&error.code, &error.message) {
                error.trouble = Trouble::CursorExpired;
            }
            error
        })?;
        let activities = activities(&answer)?;
        let mut seen = HashSet::new();
        let fresh = activities
            .iter()
            .filter(|activity| seen.insert(activity.identity()));
        // An event without a readable date counts as of now: it must not be lost.
        let now = self.0.clock.now();
        let items = fresh.filter_map(|activity| {
            let at = activity.activity_date.as_deref().and_then(times::moment);
            item(activity, at.unwrap_or(now))
        });
        let items = items.collect();
        let next = answer.next_page_token.clone();
        let more = answer.more_result.unwrap_or(false);
        match next {
            Some(next) if more && next == token => Err(error::protocol(
                "the feed says there is more but does not move",
                &answer.request_id,
            )),
            Some(token) => Ok(ActivityPage { items, token, more }),
            None if more => Err(error::protocol(
                "the feed lost its place",
                &answer.request_id,
            )),
            None => Ok(ActivityPage {
                items,
                token: token.to_owned(),
                more,
            }),
        }
    }
}

fn activities(answer: &Answer) -> Result<Vec<Activity>, ConnectorError> {
    let garbled =
        |why| error::protocol(&format!("a page of activities: {why}"), &answer.request_id);
    answer.rows().map_err(garbled)
}
