//! Following the pages of a query.

use super::call::Call;
use super::client::Marketo;
use super::error;
use super::rows::{Plan, Row};
use crate::connectors::ConnectorError;

/// A query for 300 values finds at most 1,000 people: four pages. More than this means the paging does not end.
const PAGES: usize = 64;

impl Marketo {
    /// All rows of a query; `ask` builds the call for the page a token names.
    pub(super) async fn all_pages(
        &self,
        plan: &Plan<'_>,
        ask: impl Fn(Option<&str>) -> Call,
    ) -> Result<Vec<Row>, ConnectorError> {
        let mut rows = Vec::new();
        let mut token: Option<String> = None;
        for _page in 0..PAGES {
            let answer = self.0.call(&ask(token.as_deref())).await?;
            let garbled = |why| error::protocol(&format!("a page: {why}"), &answer.request_id);
            if let Some(result) = answer.result.as_deref().filter(|result| *result != b"null") {
                rows.extend(plan.rows(result).map_err(garbled)?);
            }
            // In queries the token alone tells that there is more; `moreResult` is mostly missing.
            let more = answer.more_result != Some(false);
            match answer.next_page_token {
                Some(next) if more && token.as_ref() != Some(&next) => token = Some(next),
                _ => return Ok(rows),
            }
        }
        Err(error::protocol("the pages of a query do not end", ""))
    }
}
