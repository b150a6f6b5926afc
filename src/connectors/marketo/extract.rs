//! Bulk extract: ordering a file, waiting for it, fetching it piece by piece.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::client::Marketo;
use super::envelope::Answer;
use super::{error, times};
use crate::connectors::{ConnectorError, Trouble};

/// The longest stretch of time one extract may cover.
pub const EXTRACT_DAYS: i64 = 31;
/// The state of a job is renewed this often; asking sooner is in vain.
pub const EXTRACT_POLL: Duration = Duration::from_secs(60);
/// What one request brings: a file of any size is fetched in memory of this size.
const PIECE: u64 = 4 * 1024 * 1024;

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
        only(&self.0.call(&Call::post(&path, body.to_string())).await?)
    }

    /// Queues a job: ten wait at most, in the whole instance (else 1029: later).
    pub async fn enqueue_extract(
        &self,
        of: &ExtractOf,
        id: &str,
    ) -> Result<ExtractJob, ConnectorError> {
        let path = format!("{}/{id}/enqueue.json", of.path());
        only(&self.0.call(&Call::post(&path, "")).await?)
    }

    /// Calls a job off.
    pub async fn cancel_extract(
        &self,
        of: &ExtractOf,
        id: &str,
    ) -> Result<ExtractJob, ConnectorError> {
        let path = format!("{}/{id}/cancel.json", of.path());
        only(&self.0.call(&Call::post(&path, "")).await?)
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

    /// The file of a completed job, to be fetched piece by piece, from the byte `from` on.
    pub fn extract_file(&self, of: &ExtractOf, job: &ExtractJob) -> ExtractFile {
        ExtractFile {
            marketo: self.clone(),
            path: format!("{}/{}/file.json", of.path(), job.id),
            size: job.bytes,
            checksum: job.checksum.clone(),
            fetched: 0,
            hash: Sha256::new(),
            done: false,
        }
    }
}

/// A file on its way, in pieces; its checksum is proved at the end.
pub struct ExtractFile {
    marketo: Marketo,
    path: String,
    size: Option<u64>,
    checksum: Option<String>,
    fetched: u64,
    hash: Sha256,
    done: bool,
}

impl ExtractFile {
    /// The next piece; none at the end. The last piece is handed out only if the whole file's checksum is right.
    ///
    /// A file that is not there yet ([`Trouble::Retry`]) can appear some seconds after its job is completed.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ConnectorError> {
        if self.done || self.size == Some(0) {
            return Ok(None);
        }
        let call = Call::part(&self.path, self.fetched, self.fetched + PIECE - 1);
        let answer = self.marketo.0.file(&call).await.map_err(not_yet)?;
        let whole = answer.status().as_u16() == 200;
        if whole && self.fetched > 0 {
            // The server ignored the range: the part that is here already would come again.
            return Err(error::protocol("the file cannot be fetched in pieces", ""));
        }
        let total = answer.headers().get(http::header::CONTENT_RANGE);
        let total = total.and_then(|range| range.to_str().ok()?.rsplit('/').next()?.parse().ok());
        let piece = answer.into_body();
        self.fetched += piece.len() as u64;
        self.hash.update(&piece);
        let size = self.size.or(total);
        self.done = whole || piece.is_empty() || size.is_some_and(|size| self.fetched >= size);
        if self.done {
            self.prove()?;
        }
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    fn prove(&self) -> Result<(), ConnectorError> {
        let Some(expected) = &self.checksum else {
            return Ok(());
        };
        let found = self.hash.clone().finalize();
        let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = expected.trim_start_matches("sha256:");
        if expected.eq_ignore_ascii_case(&found) {
            return Ok(());
        }
        Err(error::protocol(
            "the file's checksum is wrong: it was damaged on its way",
            "",
        ))
    }
}

/// The files' plain 404: unknown, or not there yet although the job is done.
fn not_yet(error: ConnectorError) -> ConnectorError {
    if error.code == "HTTP 404" {
        let wait = Some(Duration::from_secs(10));
        return super::error::of(
            Trouble::Retry { wait },
            &error.code,
            "the file is not there (yet)",
        );
    }
    error
}
