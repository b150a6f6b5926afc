//! A plain client of both ends, a page at a time.

use serde_json::{Value as Json, json};

/// Rows of a page.
const PAGE: usize = 200;
/// Values of one filter: GUIDs have to fit into an address.
pub const VALUES: usize = 100;

/// Both ends, signed in.
pub struct Ends {
    http: reqwest::Client,
    announced: Json,
    tokens: [String; 2],
}

impl Ends {
    pub async fn sign_in(announced: &Json) -> Self {
        // A second call finds the provider installed; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let of = |side: &str, name: &str| announced[side][name].as_str().unwrap().to_owned();
        let scope = format!("{}/.default", of("dynamics", "url"));
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", of("dynamics", "client_id")),
            ("client_secret", of("dynamics", "client_secret")),
            ("scope", scope),
        ];
        let asked = http.post(of("dynamics", "token_url")).form(&form);
        let one: Json = asked.send().await.unwrap().json().await.unwrap();
        let query = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", of("marketo", "client_id")),
            ("client_secret", of("marketo", "client_secret")),
        ];
        let url = format!("{}/oauth/token", of("marketo", "identity"));
        let asked = http.get(url).query(&query);
        let other: Json = asked.send().await.unwrap().json().await.unwrap();
        let token = |answer: &Json| answer["access_token"].as_str().unwrap().to_owned();
        Self {
            tokens: [token(&one), token(&other)],
            announced: announced.clone(),
            http,
        }
    }

    /// One page of Dynamics' rows, with labels: the next page's address beside it.
    async fn rows_at(&self, url: &str) -> (Vec<Json>, Option<String>) {
        let asked = self.http.get(url).bearer_auth(&self.tokens[0]).header(
            "Prefer",
            format!("odata.include-annotations=\"*\",odata.maxpagesize={PAGE}"),
        );
        let mut page: Json = asked.send().await.unwrap().json().await.unwrap();
        let next = page["@odata.nextLink"].as_str().map(str::to_owned);
        let rows = page["value"].as_array_mut();
        let rows = std::mem::take(rows.unwrap_or_else(|| panic!("no rows")));
        (rows, next)
    }

    fn set(&self, set: &str) -> String {
        let url = self.announced["dynamics"]["url"].as_str().unwrap();
        format!("{url}/api/data/v9.2/{set}")
    }

    /// A page of a table: of the first, or where the last one said.
    pub async fn page(&self, set: &str, next: Option<String>) -> (Vec<Json>, Option<String>) {
        let url = next.unwrap_or_else(|| self.set(set));
        self.rows_at(&url).await
    }

    /// The rows whose column is one of `values`.
    pub async fn rows(&self, set: &str, column: &str, values: &[String]) -> Vec<Json> {
        let mut found = Vec::new();
        for some in values.chunks(VALUES) {
            let list = some
                .iter()
                .map(|value| format!("'{value}'"))
                .collect::<Vec<_>>()
                .join(",");
            let filter = format!(
                "Microsoft.Dynamics.CRM.In(PropertyName='{column}',PropertyValues=[{list}])"
            );
            let url = self.http.get(self.set(set)).query(&[("$filter", filter)]);
            let url = url.build().unwrap().url().to_string();
            let mut next = Some(url);
            while let Some(url) = next {
                let (mut rows, more) = self.rows_at(&url).await;
                found.append(&mut rows);
                next = more;
            }
        }
        found
    }

    async fn marketo(&self, path: &str, query: &[(&str, String)]) -> Json {
        let endpoint = self.announced["marketo"]["endpoint"].as_str().unwrap();
        let asked = self.http.get(format!("{endpoint}/v1/{path}"));
        let asked = asked.bearer_auth(&self.tokens[1]).query(query);
        let answer: Json = asked.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["success"], json!(true), "{path}: {answer}");
        answer
    }

    /// Marketo's records whose `field` is one of `values`.
    pub async fn records(
        &self,
        object: &str,
        field: &str,
        values: &[String],
        fields: &str,
    ) -> Vec<Json> {
        let mut found = Vec::new();
        for some in values.chunks(VALUES) {
            let mut query = vec![
                ("filterType", field.to_owned()),
                ("filterValues", some.join(",")),
                ("fields", fields.to_owned()),
            ];
            loop {
                let mut page = self.marketo(&format!("{object}.json"), &query).await;
                if let Some(records) = page["result"].as_array_mut() {
                    found.append(records);
                }
                let Some(next) = page["nextPageToken"].as_str() else {
                    break;
                };
                query.truncate(3);
                query.push(("nextPageToken", next.to_owned()));
            }
        }
        found
    }

    /// The token of Marketo's activities from `since` on.
    pub async fn since(&self, since: &str) -> String {
        let query = [("sinceDatetime", since.to_owned())];
        let page = self.marketo("activities/pagingtoken.json", &query).await;
        page["nextPageToken"].as_str().unwrap().to_owned()
    }

    /// A page of activities of one feed: the next token, and whether there is more.
    pub async fn activities(
        &self,
        feed: &str,
        token: &str,
        of: &[(&str, String)],
    ) -> (Vec<Json>, String, bool) {
        let mut query = vec![("nextPageToken", token.to_owned())];
        query.extend_from_slice(of);
        let mut page = self.marketo(feed, &query).await;
        let next = page["nextPageToken"].as_str().unwrap().to_owned();
        let more = page["moreResult"] == json!(true);
        let found = page["result"].as_array_mut().map(std::mem::take);
        (found.unwrap_or_default(), next, more)
    }
}
