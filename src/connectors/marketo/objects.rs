//! Reading, writing and deleting objects beside people: one pattern for all.

use serde_json::json;

use super::batch::{PEOPLE_A_CALL, Rows};
use super::call::Call;
use super::client::Marketo;
use super::codes::Operation;
use super::envelope::Answer;
use super::error;
use super::object::{Object, ObjectInfo, ObjectOutcome, ObjectRecord, described};
use super::outcomes;
use super::people::PeopleAction;
use super::rows::{Plan, Row};
use super::values;
use crate::connectors::{ConnectorError, Trouble};
use crate::model::{FieldInfo, Value};

fn record(row: Row) -> ObjectRecord {
    ObjectRecord {
        id: row.id,
        modified: row.modified,
        fields: row.fields,
    }
}

impl Marketo {
    /// What the instance says about an object. Fit to be kept for a day.
    pub async fn describe_object(&self, object: &Object) -> Result<ObjectInfo, ConnectorError> {
        let path = format!("{}/describe.json", object.path());
        let answer = self.0.call(&Call::get(&path, &[])).await?;
        let first = described(&answer)?.into_iter().next();
        let nothing = || {
            error::of(
                Trouble::Configuration,
                "610",
                &format!("no object {object:?}"),
            )
        };
        first.ok_or_else(nothing)
    }

    /// The records whose field `filter` (searchable, or `idField`) has one of `values`. There is no "all" and no "changed
    /// since" for these objects: the keys have to be known.
    pub async fn objects(
        &self,
        object: &Object,
        filter: &str,
        values: &[String],
        fields: &[String],
        kinds: &[FieldInfo],
    ) -> Result<Vec<ObjectRecord>, ConnectorError> {
        let plan = Plan::new(object.id_field(), fields, kinds);
        let path = format!("{}.json", object.path());
        let names = plan.names().join(",");
        let usable: Vec<&str> = values
            .iter()
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty() && !value.contains(','))
            .collect();
        let mut found = Vec::new();
        for part in usable.chunks(PEOPLE_A_CALL) {
            let part = part.join(",");
            let ask = |token: Option<&str>| {
                let mut params = vec![
                    ("filterType", filter),
                    ("filterValues", part.as_str()),
                    ("fields", names.as_str()),
                    ("batchSize", "300"),
                ];
                params.extend(token.map(|token| ("nextPageToken", token)));
                Call::form(&path, &params)
            };
            found.extend(self.all_pages(&plan, ask).await?.into_iter().map(record));
        }
        Ok(found)
    }

    /// The records with these whole keys, for objects whose key is several fields.
    pub async fn objects_by_key(
        &self,
        object: &Object,
        keys: &[Vec<(String, Value)>],
        fields: &[String],
        kinds: &[FieldInfo],
    ) -> Result<Vec<ObjectRecord>, ConnectorError> {
        let plan = Plan::new(object.id_field(), fields, kinds);
        let path = format!("{}.json?_method=GET", object.path());
        let mut found = Vec::new();
        for part in keys.chunks(PEOPLE_A_CALL) {
            let mut input = Vec::new();
            values::array(&mut input, part);
            let input = String::from_utf8_lossy(&input);
            let ask = |token: Option<&str>| {
                let rest =
                    json!({"filterType": "dedupeFields", "fields": plan.names(), "batchSize": 300});
                let token = token.map(|token| format!(r#","nextPageToken":{}"#, json!(token)));
                let rest = rest.to_string();
                let rest = rest.trim_end_matches('}');
                let body = format!(r#"{rest},"input":{input}{}}}"#, token.unwrap_or_default());
                Call::post(&path, body).repeatable()
            };
            found.extend(self.all_pages(&plan, ask).await?.into_iter().map(record));
        }
        Ok(found)
    }

    /// Writes records by their key (`keys`: its fields, as described). One outcome each, in order.
    pub async fn sync_objects(
        &self,
        object: &Object,
        action: PeopleAction,
        keys: &[String],
        records: &[Vec<(String, Value)>],
    ) -> Result<Vec<ObjectOutcome>, ConnectorError> {
        let head = format!(
            r#"{{"action":"{}","dedupeBy":"dedupeFields","input":["#,
            action.word()
        );
        let operation = match action {
            PeopleAction::UpdateOnly => Operation::UpdateObject,
            PeopleAction::CreateOnly | PeopleAction::CreateOrUpdate => Operation::Upsert,
        };
        let path = format!("{}.json", object.path());
        self.write_objects(&path, head, keys, records, operation)
            .await
    }

    /// Deletes records by their key. One outcome each, in order.
    pub async fn delete_objects(
        &self,
        object: &Object,
        keys: &[String],
        records: &[Vec<(String, Value)>],
    ) -> Result<Vec<ObjectOutcome>, ConnectorError> {
        let path = format!("{}/delete.json", object.path());
        let head = r#"{"deleteBy":"dedupeFields","input":["#.to_owned();
        self.write_objects(&path, head, keys, records, Operation::Delete)
            .await
    }

    /// The records with these ids of Marketo's own ([`Object::id_field`]), in no certain order.
    pub async fn objects_by_id(
        &self,
        object: &Object,
        ids: &[String],
        fields: &[String],
        kinds: &[FieldInfo],
    ) -> Result<Vec<ObjectRecord>, ConnectorError> {
        self.objects(object, "idField", ids, fields, kinds).await
    }

    /// Updates records that name themselves by [`Object::id_field`]: nobody can be created that way. One outcome each,
    /// in order.
    pub async fn update_objects_by_id(
        &self,
        object: &Object,
        records: &[Vec<(String, Value)>],
    ) -> Result<Vec<ObjectOutcome>, ConnectorError> {
        let path = format!("{}.json", object.path());
        let head = r#"{"action":"updateOnly","dedupeBy":"idField","input":["#.to_owned();
        let key = [object.id_field().to_owned()];
        self.write_objects(&path, head, &key, records, Operation::UpdateObject)
            .await
    }

    /// Deletes records by Marketo's own id. One outcome each, in order.
    pub async fn delete_objects_by_id(
        &self,
        object: &Object,
        ids: &[String],
    ) -> Result<Vec<ObjectOutcome>, ConnectorError> {
        let path = format!("{}/delete.json", object.path());
        let head = r#"{"deleteBy":"idField","input":["#.to_owned();
        let key = [object.id_field().to_owned()];
        let records: Vec<Vec<(String, Value)>> = ids
            .iter()
            .map(|id| vec![(key[0].clone(), id_value(id))])
            .collect();
        self.write_objects(&path, head, &key, &records, Operation::Delete)
            .await
    }

    async fn write_objects(
        &self,
        path: &str,
        head: String,
        keys: &[String],
        records: &[Vec<(String, Value)>],
        operation: Operation,
    ) -> Result<Vec<ObjectOutcome>, ConnectorError> {
        let rows = Rows {
            path,
            head: head.into_bytes(),
            keys,
            input: records,
        };
        let read = |answer: &Answer, count| outcomes::by_seq(answer, count, operation);
        self.write_rows(&rows, read).await
    }
}

/// An id as it is written: a number where it is one.
fn id_value(id: &str) -> Value {
    id.parse().map_or_else(|_| Value::text(id), Value::Integer)
}
