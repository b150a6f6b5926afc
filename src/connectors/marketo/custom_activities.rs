//! Activities of custom types: what they are, and adding records of them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::batch::PEOPLE_A_CALL;
use super::call::Call;
use super::client::Marketo;
use super::codes::Operation;
use super::error;
use super::outcomes::{self, Sent};
use super::times;
use crate::connectors::{ConnectorError, WriteOutcome};
use crate::model::MarketoId;

/// A type of activity, built in or custom (custom ones are numbered from 100000 on).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActivityType {
    /// Its id; the same in every instance below 1000.
    pub id: i64,
    /// The name people see.
    pub name: String,
    /// What it tells.
    #[serde(default)]
    pub description: Option<String>,
}

/// A record of a custom activity type. There is no key: sent again it is there twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    /// Whose it is.
    pub person: MarketoId,
    /// When it happened, to the second.
    pub at: DateTime<Utc>,
    /// Its type.
    pub activity_type: i64,
    /// The value of the type's primary attribute.
    pub primary: String,
    /// Further attributes by API name.
    pub attributes: Vec<(String, String)>,
}

impl NewActivity {
    fn wire(&self) -> Json {
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|(name, value)| json!({"apiName": name, "value": value}));
        json!({
            "leadId": self.person,
            "activityDate": times::wire(self.at),
            "activityTypeId": self.activity_type,
            "primaryAttributeValue": self.primary,
            "attributes": attributes.collect::<Vec<_>>(),
        })
    }
}

impl Marketo {
    /// The types of activities this instance has. Fit to be kept for a day.
    pub async fn activity_types(&self) -> Result<Vec<ActivityType>, ConnectorError> {
        let call = Call::get("/v1/activities/types.json", &[]);
        let answer = self.0.call(&call).await?;
        let garbled = |why| error::protocol(&format!("the types: {why}"), &answer.request_id);
        answer.rows().map_err(garbled)
    }

    /// Adds activities of custom types, at most 300 a call. One outcome each, in order: `Created` with the activity's id;
    /// a person who is not there is a missing parent. After an unknown outcome read the activities back before
    /// sending any of them again.
    pub async fn add_activities(
        &self,
        activities: &[NewActivity],
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        let mut sent = Sent::new(activities.len());
        for (number, part) in activities.chunks(PEOPLE_A_CALL).enumerate() {
            if sent.stopped() {
                break;
            }
            let input: Vec<Json> = part.iter().map(NewActivity::wire).collect();
            let body = json!({"input": input}).to_string();
            let call = Call::post("/v1/activities/external.json", body);
            let answer = self.0.call(&call).await;
            let read = answer
                .and_then(|answer| outcomes::in_order(&answer, part.len(), Operation::Upsert));
            let first = number * PEOPLE_A_CALL;
            let places: Vec<usize> = (first..first + part.len()).collect();
            sent.record(&places, read)?;
        }
        Ok(sent.outcomes())
    }
}
