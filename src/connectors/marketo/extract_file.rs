//! An extract's file, fetched piece by piece and proved by its checksum.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::call::Call;
use super::client::Marketo;
use super::error;
use super::extract::ExtractJob;
use crate::connectors::{ConnectorError, Trouble};

/// What one request brings: a file of any size is fetched in memory of this size.
const PIECE: u64 = 4 * 1024 * 1024;

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
    pub(super) fn new(marketo: &Marketo, path: String, job: &ExtractJob) -> Self {
        Self {
            marketo: marketo.clone(),
            path,
            size: job.bytes,
            checksum: job.checksum.clone(),
            fetched: 0,
            hash: Sha256::new(),
            done: false,
        }
    }

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
        let mut found = String::new();
        for byte in self.hash.clone().finalize() {
            let _into_a_string_cannot_fail = write!(found, "{byte:02x}");
        }
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
        return error::of(
            Trouble::Retry { wait },
            &error.code,
            "the file is not there (yet)",
        );
    }
    error
}
