//! What a call answers: the vendor's envelope around a result, or a refusal with its code.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value as Json, json};

/// A refusal with the vendor's code, of a whole call or of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub code: u16,
    pub message: String,
}

impl Refusal {
    pub(crate) fn new(code: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// A required parameter is not there.
    pub(crate) fn missing(name: &str) -> Self {
        Self::new(
            1002,
            format!("Missing value for required parameter '{name}'"),
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(610, "Requested resource not found")
    }

    pub(crate) fn lead_not_found() -> Self {
        Self::new(1004, "Lead not found")
    }

    pub(crate) fn json(&self) -> Json {
        json!({"code": self.code.to_string(), "message": self.message})
    }

    /// Whether calls with this outcome cost no quota.
    pub(crate) fn is_free(&self) -> bool {
        matches!(self.code, 601 | 602 | 604 | 605 | 608 | 611)
    }
}

/// A file of a bulk job.
#[derive(Debug)]
pub(crate) struct File {
    pub bytes: Bytes,
    pub range: Option<String>,
}

/// A successful answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The members after `success`, as JSON text without the braces: `"result":[...]`.
    Members(Vec<u8>),
    /// 404 in plain text, as the file addresses of bulk jobs answer.
    NoFile,
    File(File),
}

impl Answer {
    /// Only `success`.
    pub(crate) fn done() -> Self {
        Self::Members(Vec::new())
    }

    /// A `result` of these elements.
    pub(crate) fn result(elements: Vec<Json>) -> Self {
        Self::members(&json!({"result": elements}))
    }

    /// These members; an object.
    pub(crate) fn members(members: &Json) -> Self {
        let text = members.to_string();
        let inner = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        Self::Members(inner.unwrap_or_default().as_bytes().to_vec())
    }

    /// A `result` of JSON texts, and the token of the next page if there is one.
    pub(crate) fn page(elements: &[Vec<u8>], next: Option<&str>) -> Self {
        let mut out = b"\"result\":[".to_vec();
        for (at, element) in elements.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(element);
        }
        out.push(b']');
        if let Some(token) = next {
            out.extend_from_slice(format!(",\"nextPageToken\":\"{token}\"").as_bytes());
        }
        Self::Members(out)
    }
}

/// The HTTP answer for an outcome.
pub(crate) fn respond(request_id: &str, outcome: Result<Answer, Refusal>) -> Response {
    let body = match outcome {
        Ok(Answer::Members(members)) => {
            let mut out = format!("{{\"requestId\":\"{request_id}\",\"success\":true").into_bytes();
            if !members.is_empty() {
                out.push(b',');
            }
            out.extend_from_slice(&members);
            out.push(b'}');
            out
        }
        Ok(Answer::NoFile) => return plain(StatusCode::NOT_FOUND, "File not found"),
        Ok(Answer::File(file)) => return send_file(file),
        Err(refusal) => {
            let envelope = json!({
                "requestId": request_id, "success": false, "errors": [refusal.json()],
                "warnings": [],
            });
            envelope.to_string().into_bytes()
        }
    };
    json_response(StatusCode::OK, body)
}

/// A JSON body with the vendor's media type.
pub(crate) fn json_response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json;charset=UTF-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A plain text answer.
pub(crate) fn plain(status: StatusCode, text: impl Into<Body>) -> Response {
    other(status, "text/plain;charset=UTF-8", text.into())
}

/// A page as proxies send it.
pub(crate) fn page(status: StatusCode, text: &'static str) -> Response {
    other(status, "text/html;charset=UTF-8", text.into())
}

fn other(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// A bulk file, whole or the part asked for.
fn send_file(file: File) -> Response {
    let total = file.bytes.len();
    let asked = file.range.as_deref().and_then(|range| part(range, total));
    let (status, bytes, place) = match asked {
        Some((from, to)) => {
            let place = format!("bytes {from}-{to}/{total}");
            (
                StatusCode::PARTIAL_CONTENT,
                file.bytes.slice(from..=to),
                Some(place),
            )
        }
        None if file.range.is_some() => {
            return plain(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "Requested range not satisfiable",
            );
        }
        None => (StatusCode::OK, file.bytes, None),
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv;charset=UTF-8"),
    );
    headers.insert(
        http::header::ACCEPT_RANGES,
        HeaderValue::from_static("bytes"),
    );
    if let Some(place) = place.and_then(|place| HeaderValue::from_str(&place).ok()) {
        headers.insert(http::header::CONTENT_RANGE, place);
    }
    response
}

/// `bytes=a-b`, `bytes=a-` or `bytes=-n` as first and last byte.
fn part(range: &str, total: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = total.checked_sub(1)?;
    let (from, to) = match (from.parse::<usize>().ok(), to.parse::<usize>().ok()) {
        (Some(from), Some(to)) => (from, to.min(last)),
        (Some(from), None) => (from, last),
        (None, Some(count)) => (total.saturating_sub(count), last),
        (None, None) => return None,
    };
    (from <= to).then_some((from, to))
}
