//! A transport that answers from a list and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{TimeZone, Utc};
use http::{Request, Response};
use syncdeck::clock::Clock;
use syncdeck::config::{DynamicsProfile, LimitMode};
use syncdeck::connectors::dynamics::{Dynamics, Table, Target};
use syncdeck::connectors::{Transport, TransportError};
use syncdeck::model::{FieldInfo, FieldKind, LengthUnit};
use uuid::Uuid;

pub const ORIGIN: &str = "https://contoso.crm4.dynamics.com";
pub const API: &str = "https://contoso.crm4.dynamics.com/api/data/v9.2";
pub const SECRET: &str = "s;cret&value";

/// What comes back.
pub enum Answer {
    Http(Response<Bytes>),
    Slow(Duration, Response<Bytes>),
    Connect,
    Cut,
}

pub fn status(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
    Answer::Http(response(status, content_type, body))
}

pub fn response(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}

pub fn json(body: impl Into<Bytes>) -> Answer {
    status(200, "application/json; odata.metadata=minimal", body)
}

/// The vendor's error envelope.
pub fn fault(code: u16, vendor: &str, message: &str) -> Answer {
    let body = envelope(vendor, message);
    status(code, "application/json; odata.metadata=minimal", body)
}

impl Answer {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Http(response) | Self::Slow(_, response) = &mut self {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        self
    }
}

#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    tokens: VecDeque<Answer>,
    answers: VecDeque<Answer>,
    routes: Vec<(String, String)>,
    seen: Vec<Request<Bytes>>,
    token_requests: Vec<Request<Bytes>>,
    revoked: Option<String>,
    in_flight: usize,
    most_at_once: usize,
}

impl Script {
    /// Answers in this order, whatever is asked.
    pub fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().answers = answers.into_iter().collect();
        script
    }

    /// Answers every URL that contains the text with that JSON, first fit; in any order.
    pub fn routes(routes: &[(&str, &str)]) -> Self {
        let script = Self::default();
        let owned = routes
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        script.0.lock().unwrap().routes = owned.collect();
        script
    }

    /// From now on a URL that contains the text is answered with that JSON.
    pub fn route(&self, part: &str, body: &str) {
        let route = (part.to_owned(), body.to_owned());
        self.0.lock().unwrap().routes.insert(0, route);
    }

    /// What the token endpoint answers; without a word it grants `token-1`, `token-2`, … for an
    /// hour.
    pub fn tokens(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.0.lock().unwrap().tokens = answers.into_iter().collect();
        self
    }

    /// From now on that token is answered as the vendor answers an expired one, some time later.
    pub fn revoke(&self, token: &str) {
        self.0.lock().unwrap().revoked = Some(format!("Bearer {token}"));
    }

    /// The most calls that were in flight together.
    pub fn most_at_once(&self) -> usize {
        self.0.lock().unwrap().most_at_once
    }

    pub fn seen(&self) -> Vec<Request<Bytes>> {
        self.0.lock().unwrap().seen.clone()
    }

    pub fn token_requests(&self) -> Vec<Request<Bytes>> {
        self.0.lock().unwrap().token_requests.clone()
    }

    pub fn left(&self) -> usize {
        self.0.lock().unwrap().answers.len()
    }

    pub fn url(&self, index: usize) -> String {
        self.seen()[index].uri().to_string()
    }

    pub fn dynamics(&self) -> Dynamics {
        self.dynamics_with(&profile(), LimitMode::Real)
    }

    pub fn dynamics_with(&self, profile: &DynamicsProfile, limits: LimitMode) -> Dynamics {
        self.dynamics_sharing(0.7, profile, limits)
    }

    pub fn dynamics_sharing(
        &self,
        share: f64,
        profile: &DynamicsProfile,
        limits: LimitMode,
    ) -> Dynamics {
        let clock = Clock::following_tokio(Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap());
        Dynamics::new(profile, share, limits, Arc::new(self.clone()), clock).unwrap()
    }

    fn next(&self, request: Request<Bytes>) -> Answer {
        let mut inner = self.0.lock().unwrap();
        if request.uri().path().ends_with("/token") {
            inner.token_requests.push(request);
            let number = inner.token_requests.len();
            let granted = format!(
                r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"token-{number}"}}"#
            );
            return inner.tokens.pop_front().unwrap_or_else(|| json(granted));
        }
        let url = request.uri().to_string();
        let token = request.headers()["authorization"]
            .to_str()
            .unwrap()
            .to_owned();
        inner.seen.push(request);
        if inner.revoked == Some(token) {
            let denied = response(401, "text/plain", "HTTP Error 401 - Unauthorized");
            return Answer::Slow(Duration::from_millis(1), denied);
        }
        if let Some(answer) = inner.answers.pop_front() {
            return answer;
        }
        let route = inner.routes.iter().find(|(part, _)| url.contains(part));
        let (_, body) = route.unwrap_or_else(|| panic!("nothing to answer {url} with"));
        json(body.clone())
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let answer = self.next(request);
        {
            let mut inner = self.0.lock().unwrap();
            inner.in_flight += 1;
            inner.most_at_once = inner.most_at_once.max(inner.in_flight);
        }
        let answer = Self::deliver(answer).await;
        self.0.lock().unwrap().in_flight -= 1;
        answer
    }
}

impl Script {
    async fn deliver(answer: Answer) -> Result<Response<Bytes>, TransportError> {
        match answer {
            Answer::Http(response) => Ok(response),
            Answer::Slow(wait, response) => {
                tokio::time::sleep(wait).await;
                Ok(response)
            }
            Answer::Connect => Err(TransportError::Connect("refused".to_owned())),
            Answer::Cut => Err(TransportError::Interrupted("connection reset".to_owned())),
        }
    }
}

pub fn profile() -> DynamicsProfile {
    DynamicsProfile {
        url: format!("{ORIGIN}/"),
        tenant: "contoso.onmicrosoft.com".to_owned(),
        token_url: None,
        client_id: "0d3c".to_owned(),
        client_secret: SECRET.to_owned().into(),
    }
}

/// Columns of every kind.
const COLUMNS: [(&str, FieldKind); 20] = [
    ("leadid", FieldKind::Id),
    ("firstname", FieldKind::Text),
    ("lastname", FieldKind::Text),
    ("emailaddress1", FieldKind::Email),
    ("description", FieldKind::Memo),
    ("numberofemployees", FieldKind::Integer),
    ("revenue", FieldKind::Decimal),
    ("donotemail", FieldKind::Boolean),
    ("estimatedclosedate", FieldKind::Date),
    ("modifiedon", FieldKind::DateTime),
    ("lastcall", FieldKind::DateTime),
    ("new_meeting", FieldKind::WallClock),
    ("leadsourcecode", FieldKind::Option),
    ("new_interests", FieldKind::Options),
    ("statecode", FieldKind::State),
    ("statuscode", FieldKind::Status),
    ("parentaccountid", FieldKind::Lookup),
    ("customerid", FieldKind::Lookup),
    ("ownerid", FieldKind::Lookup),
    ("new_marker", FieldKind::Id),
];

/// A lead table as it might be, small.
pub fn lead() -> Table {
    let target = |table: &str, set: &str, property: &str| Target {
        table: table.to_owned(),
        set: set.to_owned(),
        property: property.to_owned(),
    };
    let account = |property| target("account", "accounts", property);
    let contact = |property| target("contact", "contacts", property);
    let owners = vec![
        target("systemuser", "systemusers", "ownerid"),
        target("team", "teams", "ownerid"),
    ];
    let customers = vec![account("customerid_account"), contact("customerid_contact")];
    let columns = COLUMNS.map(|(name, kind)| FieldInfo {
        length_unit: LengthUnit::Utf16,
        ..FieldInfo::new(name, kind)
    });
    Table {
        logical: "lead".to_owned(),
        label: "Lead".to_owned(),
        set: "leads".to_owned(),
        key: "leadid".to_owned(),
        name_column: "fullname".to_owned(),
        change_tracking: true,
        optimistic: true,
        columns: columns.into(),
        navigation: [
            (
                "parentaccountid".to_owned(),
                vec![account("new_ParentAccountId")],
            ),
            ("customerid".to_owned(), customers),
            ("ownerid".to_owned(), owners),
        ]
        .into(),
        keys: Vec::new(),
    }
}

pub fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A multipart answer with these parts (status line, then JSON), as the vendor lays it out.
pub fn multipart(parts: &[(&str, &str)], newline: &str, closed: bool) -> Answer {
    let part = |(line, json): &(&str, &str)| {
        let kind = if json.is_empty() {
            ""
        } else {
            "Content-Type: application/json; odata.metadata=minimal\n"
        };
        format!(
            "--batchresponse_7d0c\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n\
             HTTP/1.1 {line}\nOData-Version: 4.0\n{kind}\n{json}\n"
        )
    };
    let mut body: String = parts.iter().map(part).collect();
    if closed {
        body.push_str("--batchresponse_7d0c--\n");
    }
    let kind = "multipart/mixed; boundary=batchresponse_7d0c";
    status(200, kind, body.replace('\n', newline))
        .header("preference-applied", "odata.continue-on-error")
}

/// The JSON of the vendor's error envelope.
pub fn envelope(code: &str, message: &str) -> String {
    serde_json::json!({"error": {"code": code, "message": message}}).to_string()
}

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
