//! People: read by key, written by key, deleted by id.

use std::collections::HashSet;

use super::call::Call;
use super::client::Marketo;
use super::codes::{self, Operation};
use super::error;
use super::outcomes::{self, Sent};
use super::rows::Plan;
use super::values;
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::model::{FailureClass, FieldInfo, MarketoId, Record, Refusal, Value};

/// Marketo takes this many values, records or ids in one call.
pub const PEOPLE_A_CALL: usize = 300;
/// A query for 300 values finds at most 1,000 people: four pages. More means the paging does not end.
const PAGES: usize = 64;
/// How often a query is begun anew because its place in the pages was forgotten.
const FRESH_STARTS: u32 = 2;
const PATH: &str = "/v1/leads.json";
/// One call may carry 1 MB.
const BODY_BYTES: usize = 1_000_000;

/// What a write may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeopleAction {
    /// Only people who are not there yet.
    CreateOnly,
    /// Only people who are there.
    UpdateOnly,
    /// Both.
    CreateOrUpdate,
}

impl PeopleAction {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::CreateOnly => "createOnly",
            Self::UpdateOnly => "updateOnly",
            Self::CreateOrUpdate => "createOrUpdate",
        }
    }

    pub(super) fn operation(self) -> Operation {
        match self {
            Self::UpdateOnly => Operation::Update,
            Self::CreateOnly | Self::CreateOrUpdate => Operation::Upsert,
        }
    }
}

/// A write of people.
#[derive(Debug, Clone)]
pub struct PeopleWrite {
    /// What it may do.
    pub action: PeopleAction,
    /// The field that tells who is who: `id` (only with [`PeopleAction::UpdateOnly`]) or a searchable key field.
    pub lookup: String,
    /// Each person's fields, the key among them. No value clears a field; an absent field is left alone.
    pub people: Vec<Vec<(String, Value)>>,
}

impl Marketo {
    /// The people whose field `filter` has one of `values` (at most 300), with `fields`, in no certain order.
    ///
    /// Text is compared without case by Marketo. A value holding a comma cannot be asked for and finds nobody. Every
    /// field asked for is there, empty or not; `modified` is `updatedAt`, which moves only with standard fields.
    pub async fn people(
        &self,
        filter: &str,
        values: &[String],
        fields: &[String],
        kinds: &[FieldInfo],
    ) -> Result<Vec<Record>, ConnectorError> {
        let plan = Plan::new(fields, kinds);
        let usable: Vec<&str> = values
            .iter()
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty() && !value.contains(','))
            .collect();
        let mut people = Vec::new();
        // 1,000 people is the most one filter may find: where keys are shared by many, ask for fewer keys.
        let mut waiting: Vec<&[&str]> = usable.chunks(PEOPLE_A_CALL).rev().collect();
        while let Some(values) = waiting.pop() {
            match self.find(&plan, filter, values).await {
                Ok(found) => people.extend(found),
                Err(error) if values.len() > 1 && too_many(&error) => {
                    let (first, second) = values.split_at(values.len() / 2);
                    waiting.extend([second, first]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(people)
    }

    async fn find(
        &self,
        plan: &Plan<'_>,
        filter: &str,
        values: &[&str],
    ) -> Result<Vec<Record>, ConnectorError> {
        let mut starts = 0;
        loop {
            match self.pages(plan, filter, values).await {
                Err(error) if starts < FRESH_STARTS && forgotten(&error) => starts += 1,
                done => return done,
            }
        }
    }

    async fn pages(
        &self,
        plan: &Plan<'_>,
        filter: &str,
        values: &[&str],
    ) -> Result<Vec<Record>, ConnectorError> {
        let (fields, values) = (plan.parameter(), values.join(","));
        let mut people = Vec::new();
        let mut token: Option<String> = None;
        for _page in 0..PAGES {
            let mut params = vec![
                ("filterType", filter),
                ("filterValues", &values),
                ("fields", &fields),
                ("batchSize", "300"),
            ];
            if let Some(token) = &token {
                params.push(("nextPageToken", token));
            }
            let answer = self.0.call(&Call::form(PATH, &params)).await?;
            let garbled =
                |why| error::protocol(&format!("a page of people: {why}"), &answer.request_id);
            if let Some(result) = &answer.result {
                people.extend(plan.people(result).map_err(garbled)?);
            }
            // Here the token alone tells that there is more; `moreResult` is mostly missing.
            let more = answer.more_result != Some(false);
            match answer.next_page_token {
                Some(next) if more && token.as_ref() != Some(&next) => token = Some(next),
                _ => return Ok(people),
            }
        }
        Err(error::protocol("a query of people does not end", ""))
    }

    /// Writes people (at most 300 in one call; more, or more than 1 MB, go in several). One outcome each, in order.
    ///
    /// An error means that nothing was written, except [`Trouble::Unknown`]: then anything may have been. Somebody whose
    /// key is empty is refused here: Marketo would create a nameless double.
    pub async fn sync_people(
        &self,
        write: &PeopleWrite,
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        let mut sent = Sent::new(write.people.len());
        let head = head(write);
        let mut batch = Batch::new(&head);
        for (place, person) in write.people.iter().enumerate() {
            let Some(key) = key_of(person, &write.lookup) else {
                sent.settle(place, no_key(&write.lookup));
                continue;
            };
            let mut row = Vec::with_capacity(64 * person.len());
            object(&mut row, person);
            if head.len() + row.len() + 2 > BODY_BYTES {
                sent.settle(place, too_large());
                continue;
            }
            if !batch.takes(&row, &key) {
                self.send(write, &mut batch, &mut sent).await?;
            }
            batch.push(place, &row, key);
        }
        self.send(write, &mut batch, &mut sent).await?;
        Ok(sent.outcomes())
    }

    async fn send(
        &self,
        write: &PeopleWrite,
        batch: &mut Batch<'_>,
        sent: &mut Sent,
    ) -> Result<(), ConnectorError> {
        let (places, body) = batch.take();
        if places.is_empty() {
            return Ok(());
        }
        if sent.stopped() {
            return Ok(());
        }
        let answer = self.0.call(&Call::post(PATH, body)).await;
        let read = answer
            .and_then(|answer| outcomes::in_order(&answer, places.len(), write.action.operation()));
        sent.record(&places, read)
    }

    /// Deletes people by id (at most 300 a call). One outcome each, in order.
    pub async fn delete_people(
        &self,
        ids: &[MarketoId],
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        let mut sent = Sent::new(ids.len());
        for (number, part) in ids.chunks(PEOPLE_A_CALL).enumerate() {
            if sent.stopped() {
                break;
            }
            let rows: Vec<String> = part.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
            let body = format!(r#"{{"input":[{}]}}"#, rows.join(","));
            let answer = self
                .0
                .call(&Call::post("/v1/leads/delete.json", body))
                .await;
            let read = answer
                .and_then(|answer| outcomes::in_order(&answer, part.len(), Operation::Delete));
            let first = number * PEOPLE_A_CALL;
            let places: Vec<usize> = (first..first + part.len()).collect();
            sent.record(&places, read)?;
        }
        Ok(sent.outcomes())
    }
}

fn too_many(error: &ConnectorError) -> bool {
    error.code == "1003" && error.message.to_ascii_lowercase().contains("too many")
}

fn forgotten(error: &ConnectorError) -> bool {
    error.trouble == Trouble::Refused && codes::about_paging_token(&error.code, &error.message)
}

fn key_of(person: &[(String, Value)], lookup: &str) -> Option<String> {
    let (_, value) = person.iter().find(|(name, _)| name == lookup)?;
    let key = value.to_string().trim().to_lowercase();
    (!key.is_empty()).then_some(key)
}

fn no_key(lookup: &str) -> WriteOutcome {
    WriteOutcome::Refused(Refusal {
        class: FailureClass::Mapping,
        code: "1002".to_owned(),
        message: format!("{lookup} is empty: without a key Marketo would create a double"),
    })
}

fn too_large() -> WriteOutcome {
    WriteOutcome::Refused(Refusal {
        class: FailureClass::Data,
        code: "HTTP 413".to_owned(),
        message: "this record alone is larger than the 1 MB one call may carry".to_owned(),
    })
}

fn head(write: &PeopleWrite) -> Vec<u8> {
    let mut head = format!(r#"{{"action":"{}","lookupField":"#, write.action.word()).into_bytes();
    values::quote(&mut head, &write.lookup);
    head.extend_from_slice(br#","input":["#);
    head
}

/// Appends a record as a JSON object.
pub(super) fn object(out: &mut Vec<u8>, fields: &[(String, Value)]) {
    out.push(b'{');
    for (place, (name, value)) in fields.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        values::quote(out, name);
        out.push(b':');
        values::write(out, value);
    }
    out.push(b'}');
}

/// The records of one call: at most 300, at most 1 MB, no key twice (Marketo's upserts are not serialisable, a key that
/// comes again waits for the answer).
pub(super) struct Batch<'h> {
    head: &'h [u8],
    body: Vec<u8>,
    places: Vec<usize>,
    keys: HashSet<String>,
}

impl<'h> Batch<'h> {
    pub(super) fn new(head: &'h [u8]) -> Self {
        Self {
            head,
            body: head.to_vec(),
            places: Vec::new(),
            keys: HashSet::new(),
        }
    }

    pub(super) fn takes(&self, row: &[u8], key: &str) -> bool {
        self.places.len() < PEOPLE_A_CALL
            && self.body.len() + row.len() + 3 <= BODY_BYTES
            && !self.keys.contains(key)
    }

    pub(super) fn push(&mut self, place: usize, row: &[u8], key: String) {
        if !self.places.is_empty() {
            self.body.push(b',');
        }
        self.body.extend_from_slice(row);
        self.places.push(place);
        self.keys.insert(key);
    }

    /// The finished body, and which inputs are in it; begins the next.
    pub(super) fn take(&mut self) -> (Vec<usize>, Vec<u8>) {
        self.keys.clear();
        self.body.extend_from_slice(b"]}");
        let body = std::mem::replace(&mut self.body, self.head.to_vec());
        (std::mem::take(&mut self.places), body)
    }
}
