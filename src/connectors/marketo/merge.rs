//! People merged, and moved between partitions.

use serde::Deserialize;
use serde_json::json;

use super::batch::PEOPLE_A_CALL;
use super::call::Call;
use super::client::Marketo;
use super::codes::Operation;
use super::error;
use super::outcomes::{self, Sent};
use crate::connectors::{ConnectorError, WriteOutcome};
use crate::model::MarketoId;

/// Losers in one merge; more is refused with 1080.
const LOSERS: usize = 25;

/// A lead partition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Partition {
    /// Its id.
    pub id: i64,
    /// Its name, unique.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

impl Marketo {
    /// Merges `losers` into `winner`, whose filled fields win; the losers' ids are gone afterwards, without a delete
    /// event. More than 25 losers go in several calls: after an error some may be merged already. Somebody who is not
    /// there is refused with 1004.
    pub async fn merge_people(
        &self,
        winner: MarketoId,
        losers: &[MarketoId],
    ) -> Result<(), ConnectorError> {
        for part in losers.chunks(LOSERS) {
            let ids: Vec<String> = part.iter().map(MarketoId::to_string).collect();
            let path = format!("/v1/leads/{winner}/merge.json?leadIds={}", ids.join(","));
            self.0.call(&Call::post(&path, "")).await?;
        }
        Ok(())
    }

    /// The partitions our user sees.
    pub async fn partitions(&self) -> Result<Vec<Partition>, ConnectorError> {
        let answer = self
            .0
            .call(&Call::get("/v1/leads/partitions.json", &[]))
            .await?;
        let garbled = |why| error::protocol(&format!("the partitions: {why}"), &answer.request_id);
        answer.rows().map_err(garbled)
    }

    /// Moves people into a partition. One outcome each, in order.
    pub async fn move_people(
        &self,
        ids: &[MarketoId],
        partition: &str,
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        let mut sent = Sent::new(ids.len());
        for (number, part) in ids.chunks(PEOPLE_A_CALL).enumerate() {
            if sent.stopped() {
                break;
            }
            let input = part
                .iter()
                .map(|id| json!({"id": id, "partitionName": partition}));
            let body = json!({"input": input.collect::<Vec<_>>()}).to_string();
            let answer = self
                .0
                .call(&Call::post("/v1/leads/partitions.json", body))
                .await;
            let read = answer
                .and_then(|answer| outcomes::in_order(&answer, part.len(), Operation::Update));
            let first = number * PEOPLE_A_CALL;
            let places: Vec<usize> = (first..first + part.len()).collect();
            sent.record(&places, read)?;
        }
        Ok(sent.outcomes())
    }
}
