//! The fault dial at work: answers that take the place of a call, and answers spoiled on their way.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, StatusCode};

use super::Organisation;
use super::http::BODY_MAX;
use super::limits::{self, Facet};
use super::reply::Fault;
use super::request::Call;

/// A kind of the dial, then status, code, name and text of the answer.
type Failure = (&'static str, u16, &'static str, &'static str, &'static str);

const FAILURES: [Failure; 5] = [
    (
        "500",
        500,
        "0x80040216",
        "UnExpected",
        "An unexpected error occurred.",
    ),
    (
        "deadlock",
        500,
        "0x80044150",
        "SqlErrorInOperation",
        "Generic SQL error. CRM ErrorCode: -2147204784 Sql ErrorCode: -2146232060 Sql Number: 1205",
    ),
    (
        "timeout",
        500,
        "0x80044151",
        "SqlTimeout",
        "SQL timeout expired.",
    ),
    (
        "503",
        503,
        "0x8004a001",
        "ServerBusy",
        "The server is busy.",
    ),
    (
        "403",
        403,
        "0x80040220",
        "PrivilegeDenied",
        "Principal user is missing prvReadLead privilege on OTC=4 for entity 'lead' (LocalizedName='Lead').",
    ),
];

/// A fault of the dial that takes the place of the call.
pub fn instead(org: &Organisation, call: &Call) -> Option<Fault> {
    let roll = |kind: &str| org.faults.roll("dynamics", kind);
    for (kind, facet) in [
        ("429", Facet::Requests),
        ("429time", Facet::Time),
        ("429concurrency", Facet::Concurrency),
    ] {
        if roll(kind) {
            let mut fault = limits::throttled(facet);
            fault.retry_after = Some(org.faults.retry_after());
            return Some(fault);
        }
    }
    for (kind, status, code, name, text) in FAILURES {
        if roll(kind) {
            return Some(Fault::new(status, code, name, text.into()));
        }
    }
    if call.option("$deltatoken").is_some() && roll("expired") {
        let text =
            "Version stamp associated with the client has expired. Please perform a full sync.";
        return Some(Fault::new(
            400,
            "0x80044352",
            "ExpiredVersionStamp",
            text.into(),
        ));
    }
    guarded(org, call)
}

/// A fault of the dial that takes the place of one part of a batch.
pub fn in_part(org: &Organisation, part: &Call) -> Option<Fault> {
    if org.faults.roll("dynamics", "bad") {
        let text = "ISV code aborted the operation: a plug-in refused this record.";
        return Some(Fault::new(400, "0x80040265", "IsvAborted", text.into()));
    }
    guarded(org, part)
}

/// Somebody else was faster, wherever a write names a version.
fn guarded(org: &Organisation, call: &Call) -> Option<Fault> {
    if call.header("if-match").is_none() || !org.faults.roll("dynamics", "412") {
        return None;
    }
    let text = "The version of the existing record doesn't match the RowVersion property provided.";
    Some(Fault::new(
        412,
        "0x80060882",
        "ConcurrencyVersionMismatch",
        text.into(),
    ))
}

/// A fault of the dial that spoils an answer on its way; what was asked is done all the same.
pub fn spoiled(org: &Organisation, response: Response) -> Response {
    let roll = |kind: &str| org.faults.roll("dynamics", kind);
    if roll("html") {
        let page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";
        let mut response = Response::new(Body::from(page));
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("text/html"));
        return response;
    }
    let (cut, truncated, kind) = (roll("cut"), roll("truncated"), roll("type"));
    let (mut head, body) = response.into_parts();
    if kind {
        head.headers.insert(
            "content-type",
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
    }
    if !cut && !truncated {
        return Response::from_parts(head, body);
    }
    head.headers.remove("content-length");
    let half = stream::once(async move {
        let whole = axum::body::to_bytes(body, BODY_MAX)
            .await
            .unwrap_or_default();
        Ok::<Bytes, std::io::Error>(whole.slice(..whole.len() / 2))
    });
    if truncated {
        return Response::from_parts(head, Body::from_stream(half));
    }
    // The pause lets the first half reach the wire before the connection breaks.
    let broken = stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::other("cut"))
    });
    Response::from_parts(head, Body::from_stream(half.chain(broken)))
}
