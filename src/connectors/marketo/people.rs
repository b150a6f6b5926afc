//! People: read by key, written by key, deleted by id.

use super::batch::{PEOPLE_A_CALL, Rows};
use super::call::Call;
use super::client::Marketo;
use super::codes::{self, Operation};
use super::envelope::Answer;
use super::error;
use super::outcomes;
use super::rows::{Plan, Row};
use super::values;
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::model::{FieldInfo, MarketoId, Record, RecordKey, Value};

/// How often a query is begun anew because its place in the pages was forgotten.
const FRESH_STARTS: u32 = 2;
const PATH: &str = "/v1/leads.json";

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
    /// The lead partition new people go to; not sent where nobody can be created. Without one they go to the default
    /// partition, or are refused with 1009 where the instance demands one; somebody in another one is refused with 1010.
    pub partition_name: Option<String>,
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
        let plan = Plan::new("id", fields, kinds);
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
        let (fields, values) = (plan.names().join(","), values.join(","));
        let ask = |token: Option<&str>| {
            let mut params = vec![
                ("filterType", filter),
                ("filterValues", values.as_str()),
                ("fields", fields.as_str()),
                ("batchSize", "300"),
            ];
            params.extend(token.map(|token| ("nextPageToken", token)));
            Call::form(PATH, &params)
        };
        let rows = self.all_pages(plan, ask).await?;
        let people: Option<Vec<Record>> = rows.into_iter().map(person).collect();
        people.ok_or_else(|| error::protocol("an id that is no number", ""))
    }

    /// Writes people (at most 300 in one call; more, or more than 1 MB, go in several). One outcome each, in order.
    ///
    /// An error means that nothing was written, except [`Trouble::Unknown`]: then anything may have been. Somebody whose
    /// key is empty is refused here: Marketo would create a nameless double.
    pub async fn sync_people(
        &self,
        write: &PeopleWrite,
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        let rows = Rows {
            path: PATH,
            head: head(write),
            keys: std::slice::from_ref(&write.lookup),
            input: &write.people,
        };
        let operation = write.action.operation();
        let read = |answer: &Answer, count| outcomes::in_order(answer, count, operation);
        self.write_rows(&rows, read).await
    }

    /// Deletes people by id (at most 300 a call). One outcome each, in order.
    pub async fn delete_people(
        &self,
        ids: &[MarketoId],
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        let key = ["id".to_owned()];
        let input: Vec<Vec<(String, Value)>> = ids
            .iter()
            .map(|id| vec![("id".to_owned(), Value::Integer(*id))])
            .collect();
        let rows = Rows {
            path: "/v1/leads/delete.json",
            head: br#"{"input":["#.to_vec(),
            keys: &key,
            input: &input,
        };
        let read = |answer: &Answer, count| outcomes::in_order(answer, count, Operation::Delete);
        self.write_rows(&rows, read).await
    }
}

fn person(row: Row) -> Option<Record> {
    Some(Record {
        key: RecordKey::Marketo(row.id.parse().ok()?),
        version: None,
        modified: row.modified,
        fields: row.fields,
    })
}

fn too_many(error: &ConnectorError) -> bool {
    error.code == "1003" && error.message.to_ascii_lowercase().contains("too many")
}

fn forgotten(error: &ConnectorError) -> bool {
    error.trouble == Trouble::Refused && codes::about_paging_token(&error.code, &error.message)
}

fn head(write: &PeopleWrite) -> Vec<u8> {
    let mut head = format!(r#"{{"action":"{}","lookupField":"#, write.action.word()).into_bytes();
    values::quote(&mut head, &write.lookup);
    let creates = write.action != PeopleAction::UpdateOnly;
    if let Some(partition) = write.partition_name.as_deref().filter(|_| creates) {
        head.extend_from_slice(br#","partitionName":"#);
        values::quote(&mut head, partition);
    }
    head.extend_from_slice(br#","input":["#);
    head
}
