//! The vendor's own counts of the day's calls and errors.

use std::sync::PoisonError;

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

/// The errors of today (US Central), as Marketo counts them, all integrations together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorCounts {
    /// The day, `2026-08-17`.
    pub date: String,
    /// All codes together.
    pub total: u64,
    /// By code.
    pub codes: Vec<(String, u64)>,
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
    #[serde(default)]
    errors: Vec<ErrorWire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorWire {
    #[serde(default)]
    error_code: String,
    #[serde(default)]
    count: u64,
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
        let Some(day) = self.statistics("/v1/stats/usage.json").await? else {
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

    /// Today's errors by code, of all integrations; [`Marketo::errors_today`] remembers them. Costs a call.
    pub async fn error_counts(&self) -> Result<ErrorCounts, ConnectorError> {
        let day = self.statistics("/v1/stats/errors.json").await?;
        let counts = day.map_or_else(ErrorCounts::default, |day| ErrorCounts {
            date: day.date,
            total: day.total,
            codes: day
                .errors
                .into_iter()
                .map(|error| (error.error_code, error.count))
                .collect(),
        });
        let mut known = self.0.errors.lock().unwrap_or_else(PoisonError::into_inner);
        *known = counts.codes.iter().cloned().collect();
        drop(known);
        Ok(counts)
    }

    async fn statistics(&self, path: &str) -> Result<Option<DayWire>, ConnectorError> {
        let answer = self.0.call(&Call::get(path, &[])).await?;
        let garbled = |why| error::protocol(&format!("the statistics: {why}"), &answer.request_id);
        let days: Vec<DayWire> = answer.rows().map_err(garbled)?;
        Ok(days.into_iter().next())
    }
}
