//! Turning a lead into what it became: the vendor's own conversion.

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::call::{Ask, Caller, failure};
use super::fault::{Effect, Fault};
use super::query::Origin;
use crate::connectors::{ConnectorError, Trouble};

/// The status reason `Qualified` of an unchanged organisation.
const QUALIFIED: i64 = 3;

/// What a qualification creates beside closing the lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Qualify {
    /// An account.
    pub account: bool,
    /// A contact.
    pub contact: bool,
    /// An opportunity.
    pub opportunity: bool,
    /// The status reason; it must belong to the state Qualified.
    pub status: i64,
}

impl Default for Qualify {
    /// A contact, as the form's button would.
    fn default() -> Self {
        Self {
            account: false,
            contact: true,
            opportunity: false,
            status: QUALIFIED,
        }
    }
}

/// A row that came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qualified {
    /// Its table.
    pub table: String,
    /// Its id.
    pub id: Uuid,
}

pub(super) async fn qualify(
    caller: &Caller,
    origin: &Origin,
    lead: Uuid,
    into: Qualify,
) -> Result<Vec<Qualified>, ConnectorError> {
    let url = origin.api(&format!("leads({lead})/Microsoft.Dynamics.CRM.QualifyLead"));
    let body = serde_json::json!({
        "CreateAccount": into.account,
        "CreateContact": into.contact,
        "CreateOpportunity": into.opportunity,
        "Status": into.status,
    });
    let ask = Ask::post(url, "application/json; charset=utf-8", body.to_string());
    let response = caller.write(&ask).await?;
    if !response.status().is_success() {
        return Err(Fault::of(&response).whole(Effect::Write));
    }
    created(response.body()).ok_or_else(|| {
        let message = "a qualification was answered with something else".to_owned();
        failure(Trouble::Unknown, "answer", message)
    })
}

/// `{"value":[{"@odata.type":"#Microsoft.Dynamics.CRM.contact","contactid":"…"}]}`
fn created(body: &[u8]) -> Option<Vec<Qualified>> {
    let answer: Map<String, Json> = serde_json::from_slice(body).ok()?;
    let rows = answer.get("value")?.as_array()?.iter().map(|row| {
        let table = row.get("@odata.type")?.as_str()?.rsplit('.').next()?;
        let id = row.get(format!("{table}id"))?.as_str()?;
        Some(Qualified {
            table: table.to_owned(),
            id: Uuid::try_parse(id).ok()?,
        })
    });
    rows.collect()
}
