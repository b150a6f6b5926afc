//! Writing records in calls the server takes: at most 300 of them, at most 1 MB, no key twice.

use std::collections::HashSet;

use super::call::Call;
use super::client::Marketo;
use super::envelope::Answer;
use super::outcomes::Sent;
use super::values;
use crate::connectors::{ConnectorError, WriteOutcome};
use crate::model::{FailureClass, Refusal, Value};

/// Marketo takes this many values, records or ids in one call.
pub const PEOPLE_A_CALL: usize = 300;
/// One call may carry 1 MB.
const BODY_BYTES: usize = 1_000_000;

/// Records to be written with one kind of call.
pub(super) struct Rows<'a> {
    pub(super) path: &'a str,
    /// The body up to and with `"input":[`.
    pub(super) head: Vec<u8>,
    /// The fields that tell who is who.
    pub(super) keys: &'a [String],
    pub(super) input: &'a [Vec<(String, Value)>],
}

impl Marketo {
    /// Writes all rows, in as few calls as they need, one after the other. One outcome each, in order.
    pub(super) async fn write_rows<T: Clone + From<WriteOutcome>>(
        &self,
        rows: &Rows<'_>,
        read: impl Fn(&Answer, usize) -> Result<Vec<T>, ConnectorError>,
    ) -> Result<Vec<T>, ConnectorError> {
        let mut sent = Sent::new(rows.input.len());
        let mut batch = Batch::new(&rows.head);
        for (place, record) in rows.input.iter().enumerate() {
            let Some(key) = key_of(record, rows.keys) else {
                sent.settle(place, no_key(rows.keys).into());
                continue;
            };
            let mut row = Vec::with_capacity(64 * record.len());
            values::object(&mut row, record);
            if rows.head.len() + row.len() + 2 > BODY_BYTES {
                sent.settle(place, too_large().into());
                continue;
            }
            if !batch.takes(&row, &key) {
                self.send(rows.path, &mut batch, &mut sent, &read).await?;
            }
            batch.push(place, &row, key);
        }
        self.send(rows.path, &mut batch, &mut sent, &read).await?;
        Ok(sent.outcomes())
    }

    async fn send<T: Clone + From<WriteOutcome>>(
        &self,
        path: &str,
        batch: &mut Batch<'_>,
        sent: &mut Sent<T>,
        read: impl Fn(&Answer, usize) -> Result<Vec<T>, ConnectorError>,
    ) -> Result<(), ConnectorError> {
        let (places, body) = batch.take();
        if places.is_empty() || sent.stopped() {
            return Ok(());
        }
        let answer = self.0.call(&Call::post(path, body)).await;
        sent.record(
            &places,
            answer.and_then(|answer| read(&answer, places.len())),
        )
    }
}

/// The record's key, without case as Marketo compares it; none when a part of it is empty.
fn key_of(record: &[(String, Value)], keys: &[String]) -> Option<String> {
    let mut whole = String::new();
    for part in keys {
        let (_, value) = record.iter().find(|(name, _)| name == part)?;
        let value = value.to_string().trim().to_lowercase();
        if value.is_empty() {
            return None;
        }
        whole.push_str(&value);
        whole.push('\u{1F}');
    }
    Some(whole)
}

fn no_key(keys: &[String]) -> WriteOutcome {
    WriteOutcome::Refused(Refusal {
        class: FailureClass::Mapping,
        code: "1002".to_owned(),
        message: format!(
            "{} is empty: without a key Marketo would create a double",
            keys.join(" or ")
        ),
        request: None,
    })
}

fn too_large() -> WriteOutcome {
    WriteOutcome::Refused(Refusal {
        class: FailureClass::Data,
        code: "HTTP 413".to_owned(),
        message: "this record alone is larger than the 1 MB one call may carry".to_owned(),
        request: None,
    })
}

/// The records of one call: at most 300, at most 1 MB, no key twice (Marketo's upserts are not serialisable, a key that
/// comes again waits for the answer).
struct Batch<'h> {
    head: &'h [u8],
    body: Vec<u8>,
    places: Vec<usize>,
    keys: HashSet<String>,
}

impl<'h> Batch<'h> {
    fn new(head: &'h [u8]) -> Self {
        Self {
            head,
            body: head.to_vec(),
            places: Vec::new(),
            keys: HashSet::new(),
        }
    }

    fn takes(&self, row: &[u8], key: &str) -> bool {
        self.places.len() < PEOPLE_A_CALL
            && self.body.len() + row.len() + 3 <= BODY_BYTES
            && !self.keys.contains(key)
    }

    fn push(&mut self, place: usize, row: &[u8], key: String) {
        if !self.places.is_empty() {
            self.body.push(b',');
        }
        self.body.extend_from_slice(row);
        self.places.push(place);
        self.keys.insert(key);
    }

    /// The finished body, and which inputs are in it; begins the next.
    fn take(&mut self) -> (Vec<usize>, Vec<u8>) {
        self.keys.clear();
        self.body.extend_from_slice(b"]}");
        let body = std::mem::replace(&mut self.body, self.head.to_vec());
        (std::mem::take(&mut self.places), body)
    }
}
