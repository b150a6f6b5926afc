//! A running sandbox with a signed-in plain HTTP client, for the Dynamics tests.

use std::collections::BTreeSet;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use syncdeck::clock::Clock;
use syncdeck::sandbox::{Limits, Sandbox, SandboxOptions};

/// A sandbox, its address and a token.
pub struct Org {
    pub sandbox: Sandbox,
    pub http: reqwest::Client,
    pub origin: String,
    pub token: String,
}

/// A plain answer.
pub struct Got {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The id at the end of `OData-EntityId`.
    pub fn id(&self) -> String {
        let address = self.header("odata-entityid");
        let (_, id) = address.rsplit_once('(').unwrap();
        id.trim_end_matches(')').to_owned()
    }
}

impl Org {
    pub async fn with(people: usize) -> Self {
        Self::start(SandboxOptions {
            people,
            limits: Limits::Off,
            ..SandboxOptions::default()
        })
        .await
    }

    pub async fn start(options: SandboxOptions) -> Self {
        // A second call finds the provider installed; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(options, Clock::system()).await.unwrap();
        let announced = sandbox.announcement();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let of = |name: &str| announced["dynamics"][name].as_str().unwrap().to_owned();
        let token = sign_in(&http, &announced["dynamics"]).await;
        Self {
            sandbox,
            http,
            origin: of("url"),
            token,
        }
    }

    /// Asks for a fresh token, where the one at hand was revoked.
    pub async fn sign_in_again(&mut self) {
        let announced = self.sandbox.announcement();
        self.token = sign_in(&self.http, &announced["dynamics"]).await;
    }

    /// The call with these headers (`name: value`) and body; `path` is below the API root or whole.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[&str],
        body: Option<String>,
    ) -> Got {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}/api/data/v9.2/{path}", self.origin)
        };
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        for header in headers {
            let (name, value) = header.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        if let Some(body) = body {
            if !headers
                .iter()
                .any(|header| header.starts_with("Content-Type"))
            {
                request = request.header("Content-Type", "application/json");
            }
            request = request.body(body);
        }
        read(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Got {
        self.call(Method::GET, path, &[], None).await
    }

    pub async fn get_with(&self, path: &str, prefer: &str) -> Got {
        self.call(Method::GET, path, &[&format!("Prefer: {prefer}")], None)
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Got {
        self.call(Method::POST, path, &[], Some(body.to_string()))
            .await
    }

    pub async fn patch(&self, path: &str, headers: &[&str], body: Value) -> Got {
        self.call(Method::PATCH, path, headers, Some(body.to_string()))
            .await
    }

    pub async fn delete(&self, path: &str) -> Got {
        self.call(Method::DELETE, path, &[], None).await
    }

    /// A new row's id.
    pub async fn make(&self, set: &str, body: Value) -> String {
        let got = self.post(set, body).await;
        assert_eq!(got.status, 204, "{}", got.text);
        got.id()
    }

    /// A lead called `last`.
    pub async fn lead(&self, last: &str) -> String {
        self.make("leads", json!({"lastname": last, "subject": "test"}))
            .await
    }

    /// A multipart batch of these raw parts.
    pub async fn batch(&self, parts: &str, headers: &[&str]) -> Got {
        let mut all = vec!["Content-Type: multipart/mixed; boundary=\"batch_a1\""];
        all.extend(headers);
        self.call(Method::POST, "$batch", &all, Some(parts.to_owned()))
            .await
    }
}

/// A token for the announced organisation.
async fn sign_in(http: &reqwest::Client, announced: &Value) -> String {
    let of = |name: &str| announced[name].as_str().unwrap().to_owned();
    let scope = format!("{}/.default", of("url"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &of("client_id")),
        ("client_secret", &of("client_secret")),
        ("scope", &scope),
    ];
    let answer = http.post(of("token_url")).form(&form).send().await.unwrap();
    let token: Value = answer.json().await.unwrap();
    token["access_token"].as_str().unwrap().to_owned()
}

pub async fn read(response: Response) -> Got {
    Got {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

/// Every page from `path` on: all rows, the last page's delta link, the number of pages.
pub async fn walk(org: &Org, path: &str, prefer: &str) -> (Vec<Value>, Option<String>, usize) {
    let (mut rows, mut next, mut pages) = (Vec::new(), path.to_owned(), 0);
    loop {
        let page = org.get_with(&next, prefer).await;
        assert_eq!(page.status, 200, "{}", page.text);
        pages += 1;
        let page = page.json();
        rows.extend(page["value"].as_array().unwrap().iter().cloned());
        match page["@odata.nextLink"].as_str() {
            Some(link) => {
                assert!(
                    page.get("@odata.deltaLink").is_none(),
                    "both links on one page"
                );
                link.clone_into(&mut next);
            }
            None => {
                return (
                    rows,
                    page["@odata.deltaLink"].as_str().map(str::to_owned),
                    pages,
                );
            }
        }
    }
}

/// The values of one column.
pub fn ids(rows: &[Value], key: &str) -> BTreeSet<String> {
    rows.iter()
        .filter_map(|row| row[key].as_str())
        .map(str::to_owned)
        .collect()
}

/// A refusal with this status and code.
pub fn assert_code(got: &Got, status: u16, code: &str) {
    assert_eq!(got.status, status, "{}", got.text);
    assert_eq!(
        got.code().to_lowercase(),
        code.to_lowercase(),
        "{}",
        got.text
    );
}
