//! Static lists: found by name, made, their members read and changed. Campaign lists are kept by them.

use serde::Deserialize;
use serde_json::json;

use super::batch::PEOPLE_A_CALL;
use super::call::Call;
use super::client::Marketo;
use super::codes::Operation;
use super::envelope::Answer;
use super::error;
use super::outcomes::{self, Sent};
use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::model::{MarketoId, Refusal};

/// A static list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StaticList {
    /// Its id.
    pub id: i64,
    /// Its name, unique.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// A page of a list's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembersPage {
    /// At most 300 people.
    pub people: Vec<MarketoId>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    id: MarketoId,
    #[serde(default)]
    status: String,
}

fn lists(answer: &Answer) -> Result<Vec<StaticList>, ConnectorError> {
    let garbled = |why| error::protocol(&format!("the lists: {why}"), &answer.request_id);
    answer.rows().map_err(garbled)
}

fn members(answer: &Answer) -> Result<Vec<Member>, ConnectorError> {
    let garbled = |why| error::protocol(&format!("a list's members: {why}"), &answer.request_id);
    answer.rows().map_err(garbled)
}

impl Marketo {
    /// The static list of this name; none when there is no such list.
    pub async fn static_list(&self, name: &str) -> Result<Option<StaticList>, ConnectorError> {
        let call = Call::get("/v1/lists.json", &[("name", name)]);
        let found = lists(&self.0.call(&call).await?)?;
        Ok(found.into_iter().find(|list| list.name == name))
    }

    /// Makes a static list in the folder of this name (`Group Lists` is there in every instance). A name that is taken is
    /// refused with 709; after an unknown outcome look for the list by its name.
    pub async fn create_static_list(
        &self,
        name: &str,
        folder: &str,
    ) -> Result<StaticList, ConnectorError> {
        let find = Call::get("/asset/v1/folder/byName.json", &[("name", folder)]);
        let answer = self.0.call(&find).await?;
        let garbled = |why| error::protocol(&format!("the folder: {why}"), &answer.request_id);
        let folders: Vec<Folder> = answer.rows().map_err(garbled)?;
        let Some(folder) = folders.first() else {
            let message = format!("there is no folder '{folder}'");
            return Err(error::of(Trouble::Refused, "702", &message));
        };
        let parent = json!({"id": folder.id, "type": "Folder"}).to_string();
        let create = Call::post_form(
            "/asset/v1/staticLists.json",
            &[("name", name), ("folder", &parent)],
        );
        let answer = self.0.call(&create).await?;
        let made = lists(&answer).ok().and_then(|made| made.into_iter().next());
        // It was made, even when its answer cannot be read.
        made.ok_or_else(|| error::unknown("the new list cannot be read", &answer.request_id))
    }

    /// A page of a list's members; `from` is the last page's `next`.
    pub async fn list_members(
        &self,
        list: i64,
        from: Option<&str>,
    ) -> Result<MembersPage, ConnectorError> {
        let mut params = vec![("fields", "id"), ("batchSize", "300")];
        params.extend(from.map(|token| ("nextPageToken", token)));
        let path = format!("/v1/lists/{list}/leads.json");
        let answer = self.0.call(&Call::get(&path, &params)).await?;
        let people = members(&answer)?;
        let next = answer.next_page_token.clone();
        Ok(MembersPage {
            people: people.into_iter().map(|member| member.id).collect(),
            next: next.filter(|token| Some(token.as_str()) != from),
        })
    }

    /// Which of these people are on a list; those who are not there at all are left out.
    pub async fn on_list(
        &self,
        list: i64,
        people: &[MarketoId],
    ) -> Result<Vec<MarketoId>, ConnectorError> {
        let path = format!("/v1/lists/{list}/leads/ismember.json");
        let mut found = Vec::new();
        for part in people.chunks(PEOPLE_A_CALL) {
            let ids: Vec<String> = part.iter().map(MarketoId::to_string).collect();
            let params: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).collect();
            let answer = self.0.call(&Call::get(&path, &params)).await?;
            let on = members(&answer)?.into_iter();
            found.extend(on.filter(|row| row.status == "memberof").map(|row| row.id));
        }
        Ok(found)
    }

    /// Puts people on a list; on it already is no fault. One outcome each, in order: `Updated`, or `Gone`.
    pub async fn add_to_list(
        &self,
        list: i64,
        people: &[MarketoId],
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        self.change_list(http::Method::POST, list, people).await
    }

    /// Takes people off a list; not on it is no fault. One outcome each, in order: `Updated`, or `Gone`.
    pub async fn remove_from_list(
        &self,
        list: i64,
        people: &[MarketoId],
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        self.change_list(http::Method::DELETE, list, people).await
    }

    async fn change_list(
        &self,
        method: http::Method,
        list: i64,
        people: &[MarketoId],
    ) -> Result<Vec<WriteOutcome>, ConnectorError> {
        let path = format!("/v1/lists/{list}/leads.json");
        let mut sent = Sent::new(people.len());
        for (number, part) in people.chunks(PEOPLE_A_CALL).enumerate() {
            if sent.stopped() {
                break;
            }
            let input: Vec<_> = part.iter().map(|id| json!({"id": id})).collect();
            // Membership is a set: saying it twice changes nothing.
            let call = Call {
                method: method.clone(),
                ..Call::post(&path, json!({"input": input}).to_string()).repeatable()
            };
            let answer = self.0.call(&call).await;
            let read = answer
                .and_then(|answer| outcomes::in_order(&answer, part.len(), Operation::Update));
            let first = number * PEOPLE_A_CALL;
            let places: Vec<usize> = (first..first + part.len()).collect();
            sent.record(&places, read)?;
        }
        Ok(sent.outcomes().into_iter().map(member_outcome).collect())
    }
}

#[derive(Deserialize)]
struct Folder {
    id: i64,
}

fn member_outcome(outcome: WriteOutcome) -> WriteOutcome {
    match outcome {
        WriteOutcome::Created { .. } | WriteOutcome::Deleted => {
            WriteOutcome::Updated { version: None }
        }
        // Not on the list (1015) is what was wanted.
        WriteOutcome::Refused(Refusal { code, .. }) if code == "1015" => {
            WriteOutcome::Updated { version: None }
        }
        other => other,
    }
}
