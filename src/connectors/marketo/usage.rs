//! The vendor's own counts of the day's calls.

use serde::Deserialize;

use super::call::Call;
use super::client::Marketo;
use super::error;
use crate::connectors::ConnectorError;

/// The calls of today (US Central), as Marketo counts them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// The day, `2026-08-17`.
    pub date: String,
    /// All integrations together.
    pub total: u64,
    /// By API user.
    pub users: Vec<(String, u64)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DayWire {
    #[serde(default)]
    date: String,
    #[serde(default)]
    total: u64,
    #[serde(default)]
    users: Vec<UserWire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserWire {
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    count: u64,
}

impl Marketo {
    /// Today's calls; also corrects the gauge of [`Marketo::quotas`]. Costs a call itself: ask every few minutes.
    pub async fn usage(&self) -> Result<Usage, ConnectorError> {
        let answer = self.0.call(&Call::get("/v1/stats/usage.json", &[])).await?;
        let days: Vec<DayWire> = answer
            .rows()
            .map_err(|why| error::protocol(&format!("the usage: {why}"), &answer.request_id))?;
        let Some(day) = days.into_iter().next() else {
            return Ok(Usage::default());
        };
        let users: Vec<(String, u64)> = day
            .users
            .into_iter()
            .map(|user| (user.user_id, user.count))
            .collect();
        let name = self.0.identity.user();
        let ours = users.iter().find(|(user, _)| Some(user) == name.as_ref());
        let ours = ours.map(|(_, count)| *count);
        self.0.budget.reported(self.0.clock.now(), day.total, ours);
        Ok(Usage {
            date: day.date,
            total: day.total,
            users,
        })
    }
}
