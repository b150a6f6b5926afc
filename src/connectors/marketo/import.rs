//! Bulk import: many people or custom objects in one file, where that saves calls. Always insert-or-update.

use bytes::Bytes;
use serde::Deserialize;

use super::call::Call;
use super::client::Marketo;
use super::envelope::Answer;
use super::error;
use super::extract::JobState;
use crate::connectors::ConnectorError;
use crate::model::Value;

/// One file may carry 10 MB.
pub const IMPORT_BYTES: usize = 10_000_000;

/// What is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOf {
    /// People, by this key field.
    People(String),
    /// Records of a custom object type.
    Custom(String),
}

/// An import job. It tells no ids: read back by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportJob {
    /// Its id.
    pub id: i64,
    /// How far it is.
    pub state: JobState,
    /// Rows that were written.
    pub processed: u64,
    /// Rows that were not; which, says [`Marketo::import_failures`].
    pub failed: u64,
    /// The vendor's words.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobWire {
    batch_id: i64,
    #[serde(default)]
    status: String,
    #[serde(default, alias = "numOfObjectsProcessed")]
    num_of_leads_processed: u64,
    #[serde(default)]
    num_of_rows_failed: u64,
    #[serde(default)]
    message: String,
}

fn job(answer: &Answer) -> Result<ImportJob, ConnectorError> {
    let garbled = |why: &str| error::protocol(&format!("an import job: {why}"), &answer.request_id);
    let rows: Vec<JobWire> = answer.rows().map_err(|why| garbled(&why.to_string()))?;
    let row = rows
        .into_iter()
        .next()
        .ok_or_else(|| garbled("none in the answer"))?;
    let state = JobState::of(&row.status).ok_or_else(|| garbled(&row.status))?;
    Ok(ImportJob {
        id: row.batch_id,
        state,
        processed: row.num_of_leads_processed,
        failed: row.num_of_rows_failed,
        message: row.message,
    })
}

fn reads_as_nothing(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.is_empty() || text == "null",
        value => value.is_null(),
    }
}

/// Records as the file an import takes: the first row names the fields. What an empty cell does is not documented, and
/// the word `null` stands for nothing: every record needs a value in every field, and another than that.
pub fn import_file(fields: &[String], records: &[Vec<Value>]) -> Result<Bytes, ConnectorError> {
    let mut file = csv::Writer::from_writer(Vec::new());
    let broken =
        |why: &dyn std::fmt::Display| error::protocol(&format!("the file to import: {why}"), "");
    file.write_record(fields).map_err(|why| broken(&why))?;
    for record in records {
        if record.iter().any(reads_as_nothing) {
            return Err(broken(&"a record without a value in every field"));
        }
        let cells = record.iter().map(Value::to_string);
        file.write_record(cells).map_err(|why| broken(&why))?;
    }
    let file = file.into_inner().map_err(|why| broken(&why))?;
    Ok(Bytes::from(file))
}

impl Marketo {
    /// Begins an import of a CSV file of at most 10 MB. Ten wait at most, in the whole instance (1016: later).
    pub async fn import(&self, of: &ImportOf, file: &[u8]) -> Result<ImportJob, ConnectorError> {
        let call = match of {
            ImportOf::People(key) => Call::upload(
                "/bulk/v1/leads.json",
                &[("format", "csv"), ("lookupField", key)],
                file,
            ),
            ImportOf::Custom(name) => {
                let path = format!("/bulk/v1/customobjects/{name}/import.json");
                Call::upload(&path, &[("format", "csv")], file)
            }
        };
        let answer = self.0.call(&call).await?;
        // It runs: an answer that cannot be read leaves its id unknown.
        job(&answer).map_err(|why| error::unknown(&why.message, &answer.request_id))
    }

    /// How far an import is; every 5 to 30 s.
    pub async fn import_job(&self, of: &ImportOf, id: i64) -> Result<ImportJob, ConnectorError> {
        let path = match of {
            ImportOf::People(_) => format!("/bulk/v1/leads/batch/{id}.json"),
            ImportOf::Custom(name) => {
                format!("/bulk/v1/customobjects/{name}/import/{id}/status.json")
            }
        };
        job(&self.0.call(&Call::get(&path, &[])).await?)
    }

    /// The rows an import did not write, with a column that says why; none when all were.
    pub async fn import_failures(
        &self,
        of: &ImportOf,
        id: i64,
    ) -> Result<Option<Bytes>, ConnectorError> {
        let path = match of {
            ImportOf::People(_) => format!("/bulk/v1/leads/batch/{id}/failures.json"),
            ImportOf::Custom(name) => {
                format!("/bulk/v1/customobjects/{name}/import/{id}/failures.json")
            }
        };
        match self.0.file(&Call::get(&path, &[])).await {
            Ok(answer) => Ok(Some(answer.into_body()).filter(|file| !file.is_empty())),
            Err(error) if error.code == "HTTP 404" => Ok(None),
            Err(error) => Err(error),
        }
    }
}
