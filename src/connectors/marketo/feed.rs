//! What the change feeds say: whom to look at, and how an activity is read. Values in them are for information.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer};
use std::collections::HashSet;

use super::times;
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

/// Somebody was touched by an activity of a type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The event's identity.
    pub guid: String,
    /// Who.
    pub person: MarketoId,
    /// When.
    pub at: DateTime<Utc>,
    /// The activity's type.
    pub activity_type: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
pub(super) struct Activity {
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
    /// When it happened; an event without a readable date counts as of now: it must not be lost.
    pub(super) fn at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let at = self.activity_date.as_deref().and_then(times::moment);
        at.unwrap_or(now)
    }

    pub(super) fn touched(&self, at: DateTime<Utc>) -> Option<Touched> {
        Some(Touched {
            guid: self.identity()?,
            person: self.lead_id?,
            at,
            activity_type: self.activity_type_id?,
        })
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter().flatten();
        attributes
            .find(|attribute| attribute.name == name)?
            .value
            .as_deref()
    }

    pub(super) fn identity(&self) -> Option<String> {
        let id = || self.id.map(|id| id.to_string());
        self.guid
            .clone()
            .filter(|guid| !guid.is_empty())
            .or_else(id)
    }

    pub(super) fn change(&self, at: DateTime<Utc>, asked: &HashSet<&str>) -> Option<LeadChange> {
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

    pub(super) fn deleted(&self, at: DateTime<Utc>) -> Option<DeletedPerson> {
        Some(DeletedPerson {
            guid: self.identity()?,
            person: self.primary_attribute_value_id.or(self.lead_id)?,
            at,
        })
    }

    pub(super) fn merged(&self, at: DateTime<Utc>) -> Option<MergedPeople> {
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
