//! Bulk extract: ordering a file, waiting for it, fetching it piece by piece.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::call::Call;
use super::client::Marketo;
use super::envelope::Answer;
use super::extract_file::ExtractFile;
use super::{error, times};
use crate::connectors::ConnectorError;

/// The longest stretch of time one extract may cover.
pub const EXTRACT_DAYS: i64 = 31;
/// The state of a job is renewed this often; asking sooner is in vain.
pub const EXTRACT_POLL: Duration = Duration::from_secs(60);

/// What is extracted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtractOf {
    /// People.
    People,
    /// Records of a custom object type.
    Custom(String),
    /// Activities.
    Activities,
}

impl ExtractOf {
    fn path(&self) -> String {
        match self {
            Self::People => "/bulk/v1/leads/export".to_owned(),
            Self::Custom(name) => format!("/bulk/v1/customobjects/{name}/export"),
            Self::Activities => "/bulk/v1/activities/export".to_owned(),
        }
    }
}

/// Which records are extracted. Times to the second, both ends included, at most 31 days apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtractFilter {
    /// By time of creation.
    CreatedAt(DateTime<Utc>, DateTime<Utc>),
    /// By time of the last change of any field; not every subscription has it (1035).
    UpdatedAt(DateTime<Utc>, DateTime<Utc>),
    /// The members of a static list.
    StaticList(i64),
}

impl ExtractFilter {
    fn wire(&self) -> Json {
        let range = |from: &DateTime<Utc>, to: &DateTime<Utc>| json!({"startAt": times::wire(*from), "endAt": times::wire(*to)});
        match self {
            Self::CreatedAt(from, to) => json!({"createdAt": range(from, to)}),
            Self::UpdatedAt(from, to) => json!({"updatedAt": range(from, to)}),
            Self::StaticList(id) => json!({"staticListId": id}),
        }
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Ordered, not queued yet.
    Created,
    /// Waits for its turn: two run at once, in the whole instance.
    Queued,
    /// Runs.
    Running,
    /// Done.
    Completed,
    /// Ended without a result.
    Failed,
    /// Called off.
    Cancelled,
}

impl JobState {
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "created" => Self::Created,
            "queued" => Self::Queued,
            "processing" | "importing" => Self::Running,
            "completed" | "complete" => Self::Completed,
            "failed" => Self::Failed,
            "cancelled" | "canceled" => Self::Cancelled,
            _ => return None,
        })
    }
}

/// An extract job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractJob {
    /// Its id; survives a restart.
    pub id: String,
    /// How far it is.
    pub state: JobState,
    /// Records in the file, once it is done.
    pub records: Option<u64>,
    /// Bytes in the file, once it is done; counts against 500 MB a day.
    pub bytes: Option<u64>,
    /// `sha256:…` over the file.
    pub checksum: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobWire {
    export_id: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    number_of_records: Option<u64>,
    #[serde(default)]
    file_size: Option<u64>,
    #[serde(default)]
    file_checksum: Option<String>,
}

fn jobs(answer: &Answer) -> Result<Vec<ExtractJob>, ConnectorError> {
    let garbled = |why: &str| error::protocol(&format!("a job: {why}"), &answer.request_id);
    let rows: Vec<JobWire> = answer.rows().map_err(|why| garbled(&why.to_string()))?;
    let jobs = rows.into_iter().map(|row| {
        let state = JobState::of(&row.status).ok_or_else(|| garbled(&row.status))?;
        Ok(ExtractJob {
            id: row.export_id,
            state,
            records: row.number_of_records,
            bytes: row.file_size,
            checksum: row.file_checksum,
        })
    });
    jobs.collect()
}

fn only(answer: &Answer) -> Result<ExtractJob, ConnectorError> {
    let job = jobs(answer)?.into_iter().next();
    job.ok_or_else(|| error::protocol("an answer without a job", &answer.request_id))
}

/// The job a call made or moved: it did so, even when its answer cannot be read.
fn moved(answer: &Answer) -> Result<ExtractJob, ConnectorError> {
    only(answer).map_err(|why| error::unknown(&why.message, &answer.request_id))
}

impl Marketo {
    /// Orders an extract of `fields` (REST names) as CSV; nothing runs before [`Marketo::enqueue_extract`].
    pub async fn create_extract(
        &self,
        of: &ExtractOf,
        fields: &[String],
        filter: &ExtractFilter,
    ) -> Result<ExtractJob, ConnectorError> {
        let body = json!({"fields": fields, "format": "CSV", "filter": filter.wire()});
        let path = format!("{}/create.json", of.path());
        moved(&self.0.call(&Call::post(&path, body.to_string())).await?)
    }

    /// Queues a job: ten wait at most, in the whole instance (else 1029: later).
    pub async fn enqueue_extract(
        &self,
        of: &ExtractOf,
        id: &str,
    ) -> Result<ExtractJob, ConnectorError> {
        let path = format!("{}/{id}/enqueue.json", of.path());
        moved(&self.0.call(&Call::post(&path, "")).await?)
    }

    /// Calls a job off.
    pub async fn cancel_extract(
        &self,
        of: &ExtractOf,
        id: &str,
    ) -> Result<ExtractJob, ConnectorError> {
        let path = format!("{}/{id}/cancel.json", of.path());
        moved(&self.0.call(&Call::post(&path, "")).await?)
    }

    /// How far a job is; ask once in [`EXTRACT_POLL`].
    pub async fn extract(&self, of: &ExtractOf, id: &str) -> Result<ExtractJob, ConnectorError> {
        let path = format!("{}/{id}/status.json", of.path());
        only(&self.0.call(&Call::get(&path, &[])).await?)
    }

    /// Our user's jobs of the last seven days, to adopt them after a restart.
    pub async fn extracts(&self, of: &ExtractOf) -> Result<Vec<ExtractJob>, ConnectorError> {
        let status = "Created,Queued,Processing,Completed";
        let path = format!("{}.json", of.path());
        jobs(
            &self
                .0
                .call(&Call::get(&path, &[("status", status)]))
                .await?,
        )
    }

    /// The file of a completed job, to be fetched piece by piece,
    pub fn extract_file(&self, of: &ExtractOf, job: &ExtractJob) -> ExtractFile {
        let path = format!("{}/{}/file.json", of.path(), job.id);
        ExtractFile::new(self, path, job)
    }
}
