//! Whether Marketo's own CRM connector is switched on: two connectors must never write the same records.

use super::call::Call;
use super::client::Marketo;
use super::codes::Operation;
use super::error;
use super::object::ObjectOutcome;
use super::outcomes;
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};

/// A company key nobody has: the probe updates it, and only if it existed.
const NOBODY: &str = "syncdeck-probe-of-no-company";

impl Marketo {
    /// Probes without changing anything: an update of a company that does not exist. With the native sync on, Marketo
    /// answers 1018 before it looks for it.
    pub async fn native_sync(&self) -> Result<bool, ConnectorError> {
        let body = format!(
            r#"{{"action":"updateOnly","dedupeBy":"dedupeFields","input":[{{"externalCompanyId":"{NOBODY}"}}]}}"#
        );
        // It can be repeated at will: there is nothing it could change.
        let call = Call::post("/v1/companies.json", body).repeatable();
        let answered = self.0.call(&call).await;
        let read =
            answered.and_then(|answer| outcomes::by_seq(&answer, 1, Operation::UpdateObject));
        match read {
            Err(error) if error.code == "1018" => Ok(true),
            Err(error) => Err(error),
            Ok(outcomes) => match outcomes.first() {
                Some(ObjectOutcome::Skipped(WriteOutcome::Refused(why))) => {
                    Err(error::of(Trouble::Configuration, &why.code, &why.message))
                }
                _ => Ok(false),
            },
        }
    }
}
