//! A running instance and a plain client: real HTTP on loopback, or the router called in one thread
//! when the test moves the time by hand.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use syncdeck::clock::Clock;
use syncdeck::sandbox::Faults;
use syncdeck::sandbox::marketo::{Instance, InstanceOptions};
use tower::ServiceExt;

/// An answer as it came.
pub struct Raw {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Raw {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

enum Way {
    Http(String, reqwest::Client),
    Direct(Router),
}

pub struct Server {
    pub instance: Arc<Instance>,
    way: Way,
    pub token: String,
    faults: Faults,
}

pub fn origin() -> DateTime<Utc> {
    "2026-08-17T09:00:00Z".parse().unwrap()
}

impl Server {
    /// Over real HTTP, with a token.
    pub async fn http(options: InstanceOptions) -> Self {
        let faults = options.faults.clone();
        let instance = Instance::new(options, Clock::system());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = instance.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .build()
            .unwrap();
        Self::ready(instance, Way::Http(base, client), faults).await
    }

    /// Over real HTTP with everything at its default.
    pub async fn usual() -> Self {
        Self::http(InstanceOptions::default()).await
    }

    /// Within this thread, on tokio's time; it starts at [`origin`].
    pub async fn direct(options: InstanceOptions) -> Self {
        let faults = options.faults.clone();
        let instance = Instance::new(options, Clock::following_tokio(origin()));
        let router = instance.router();
        Self::ready(instance, Way::Direct(router), faults).await
    }

    async fn ready(instance: Arc<Instance>, way: Way, faults: Faults) -> Self {
        let mut server = Self {
            instance,
            way,
            token: String::new(),
            faults,
        };
        server.login().await;
        server
    }

    /// Turns the instance's fault dial: `606=x3,cut=0.1`; nothing is quiet.
    pub fn dial(&self, faults: &str) {
        let items = faults.split(',').filter(|item| !item.is_empty());
        let items: Vec<String> = items
            .map(|item| format!("marketo:{}", item.trim()))
            .collect();
        self.faults.set(&items.join(",")).unwrap();
    }

    /// Asks for a token and uses it from now on; gives the whole answer.
    pub async fn login(&mut self) -> Value {
        let id = self.instance.client_id().to_owned();
        let secret = self.instance.client_secret().to_owned();
        let path = format!(
            "/identity/oauth/token?grant_type=client_credentials&client_id={id}&client_secret={secret}"
        );
        let answer = self.send("GET", &path, &[], "").await.json();
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.token);
        answer
    }

    /// Sends exactly this.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Raw {
        self.try_send(method, path, headers, body.into())
            .await
            .expect("an answer")
    }

    /// Sends exactly this; an error when the answer breaks off.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Raw, String> {
        match &self.way {
            Way::Http(base, client) => {
                let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
                let mut request = client.request(method, format!("{base}{path}")).body(body);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                let response = request.send().await.map_err(|error| error.to_string())?;
                let (status, headers) = (response.status(), response.headers().clone());
                let body = response
                    .bytes()
                    .await
                    .map_err(|error| error.to_string())?
                    .to_vec();
                Ok(Raw {
                    status,
                    headers,
                    body,
                })
            }
            Way::Direct(router) => {
                let mut request = Request::builder().method(method).uri(path);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                let request = request.body(Body::from(body)).unwrap();
                let response = router.clone().oneshot(request).await.unwrap();
                let (head, body) = response.into_parts();
                let body = body.collect().await.map_err(|error| error.to_string())?;
                let body = body.to_bytes().to_vec();
                Ok(Raw {
                    status: head.status,
                    headers: head.headers,
                    body,
                })
            }
        }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    pub async fn raw_get(&self, path: &str) -> Raw {
        self.send("GET", path, &[("authorization", &self.bearer())], "")
            .await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.raw_get(path).await.json()
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.json("POST", path, body).await
    }

    pub async fn json(&self, method: &str, path: &str, body: Value) -> Value {
        let bearer = self.bearer();
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        self.send(method, path, &headers, body.to_string())
            .await
            .json()
    }

    pub async fn form(&self, path: &str, body: &str) -> Value {
        let bearer = self.bearer();
        let form = "application/x-www-form-urlencoded";
        let headers = [("authorization", bearer.as_str()), ("content-type", form)];
        self.send("POST", path, &headers, body).await.json()
    }

    /// Writes people; gives the outcomes.
    pub async fn sync(&self, action: &str, lookup: &str, input: Value) -> Vec<Value> {
        let body = json!({"action": action, "lookupField": lookup, "input": input});
        let answer = self.post("/rest/v1/leads.json", body).await;
        assert_eq!(answer["success"], true, "{answer}");
        answer["result"].as_array().unwrap().clone()
    }

    /// One field of a person as the API reads it.
    pub async fn field(&self, id: i64, name: &str) -> Value {
        let answer = self
            .get(&format!("/rest/v1/lead/{id}.json?fields={name}"))
            .await;
        answer["result"][0][name].clone()
    }

    /// A paging token of the activity calls.
    pub async fn since(&self, moment: &str) -> String {
        let path = format!("/rest/v1/activities/pagingtoken.json?sinceDatetime={moment}");
        self.get(&path).await["nextPageToken"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// The code of a refused call.
pub fn code(answer: &Value) -> &str {
    assert_eq!(answer["success"], false, "{answer}");
    answer["errors"][0]["code"].as_str().unwrap()
}

/// The code of a skipped record.
pub fn reason(outcome: &Value) -> &str {
    assert_eq!(outcome["status"], "skipped", "{outcome}");
    outcome["reasons"][0]["code"].as_str().unwrap()
}
