//! The change feeds: lead changes, deletes, merges.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::call::Call;
use super::client::Marketo;
use super::envelope::Answer;
use super::feed::{Activity, ActivityPage, DeletedPerson, LeadChange, MergedPeople, Touched};
use super::{codes, error, times};
use crate::connectors::{ConnectorError, Trouble};

impl Marketo {
    /// A cursor for the feeds that begins at `since` (whole seconds). May take the server minutes.
    pub async fn paging_token(&self, since: DateTime<Utc>) -> Result<String, ConnectorError> {
        let since = times::wire(since);
        let call = Call::get(
            "/v1/activities/pagingtoken.json",
            &[("sinceDatetime", &since)],
        );
        let answer = self.0.call(&call).await?;
        let missing = || error::protocol("no paging token in the answer", &answer.request_id);
        answer.next_page_token.clone().ok_or_else(missing)
    }

    /// Who is new and whose `fields` (REST names) were changed, from `token` on.
    pub async fn lead_changes(
        &self,
        token: &str,
        fields: &[String],
    ) -> Result<ActivityPage<LeadChange>, ConnectorError> {
        let asked: HashSet<&str> = fields.iter().map(String::as_str).collect();
        let names = fields.join(",");
        let params = [
            ("nextPageToken", token),
            ("fields", &names),
            ("batchSize", "300"),
        ];
        let call = Call::get("/v1/activities/leadchanges.json", &params);
        self.feed(token, &call, |activity, at| activity.change(at, &asked))
            .await
    }

    /// Who was deleted, from `token` on; the feed reaches back [`DELETES_KEPT`].
    pub async fn deleted_people(
        &self,
        token: &str,
    ) -> Result<ActivityPage<DeletedPerson>, ConnectorError> {
        let params = [("nextPageToken", token), ("batchSize", "300")];
        let call = Call::get("/v1/activities/deletedleads.json", &params);
        self.feed(token, &call, Activity::deleted).await
    }

    /// Who was merged into whom, from `token` on.
    pub async fn merged_people(
        &self,
        token: &str,
    ) -> Result<ActivityPage<MergedPeople>, ConnectorError> {
        let params = [
            ("nextPageToken", token),
            ("activityTypeIds", "32"),
            ("batchSize", "300"),
        ];
        let call = Call::get("/v1/activities.json", &params);
        self.feed(token, &call, Activity::merged).await
    }

    /// Who has had an activity of these types (at most ten), from `token` on: some changes have a type of their own
    /// (22 score, 23 owner, 104 program status) and do not come as lead changes.
    pub async fn touched_people(
        &self,
        token: &str,
        types: &[i64],
    ) -> Result<ActivityPage<Touched>, ConnectorError> {
        let types: Vec<String> = types.iter().map(i64::to_string).collect();
        let types = types.join(",");
        let params = [
            ("nextPageToken", token),
            ("activityTypeIds", types.as_str()),
            ("batchSize", "300"),
        ];
        let call = Call::get("/v1/activities.json", &params);
        self.feed(token, &call, Activity::touched).await
    }

    async fn feed<T>(
        &self,
        token: &str,
        call: &Call,
        item: impl Fn(&Activity, DateTime<Utc>) -> Option<T>,
    ) -> Result<ActivityPage<T>, ConnectorError> {
        let answer = self.0.call(call).await.map_err(|mut error| {
            if codes::about_paging_token(&error.code, &error.message) {
                error.trouble = Trouble::CursorExpired;
            }
            error
        })?;
        let activities = activities(&answer)?;
        let mut seen = HashSet::new();
        let fresh = activities
            .iter()
            .filter(|activity| seen.insert(activity.identity()));
        let now = self.0.clock.now();
        let items = fresh
            .filter_map(|activity| item(activity, activity.at(now)))
            .collect();
        let next = answer.next_page_token.clone();
        let more = answer.more_result.unwrap_or(false);
        match next {
            Some(next) if more && next == token => Err(error::protocol(
                "the feed says there is more but does not move",
                &answer.request_id,
            )),
            Some(token) => Ok(ActivityPage { items, token, more }),
            None if more => Err(error::protocol(
                "the feed lost its place",
                &answer.request_id,
            )),
            None => Ok(ActivityPage {
                items,
                token: token.to_owned(),
                more,
            }),
        }
    }
}

fn activities(answer: &Answer) -> Result<Vec<Activity>, ConnectorError> {
    let garbled =
        |why| error::protocol(&format!("a page of activities: {why}"), &answer.request_id);
    answer.rows().map_err(garbled)
}
