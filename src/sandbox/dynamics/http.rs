//! The organisation behind HTTP: token endpoint, challenge, limits, faults, headers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::functions::TENANT;
use super::humans::APPLICATION_USER;
use super::limits;
use super::reply::{Fault, Reply, decode};
use super::request::{Call, Caller};
use super::{Organisation, auth, dial};
use crate::sandbox::options::Limits;

/// The largest body read: the vendor's own ceiling.
pub const BODY_MAX: usize = 128 * 1024 * 1024;

/// What a call costs that a fault takes the place of, in milliseconds of execution.
const FAULT_COST: f64 = 1.0;

/// How long a slow answer takes.
const SLOW: std::time::Duration = std::time::Duration::from_secs(3);

impl Organisation {
    /// Everything this organisation answers: tokens, discovery and the Web API.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(self))
    }

    fn caller(&self, headers: &HeaderMap, origin: String, version: &str) -> Caller {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let id = |name: &str| text(name).and_then(|text| Uuid::parse_str(text).ok());
        let by_object = id("callerobjectid").and_then(|object| self.user_by_object(object));
        let other = by_object
            .or(id("mscrmcallerid"))
            .filter(|user| *user != APPLICATION_USER);
        Caller {
            user: other.unwrap_or(APPLICATION_USER),
            delegate: other.map(|_| APPLICATION_USER),
            origin,
            version: version.to_owned(),
        }
    }
}

async fn answer(State(org): State<Arc<Organisation>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let origin = origin(&parts.headers, &parts.uri);
    let path = parts.uri.path().to_owned();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX).await else {
        let text = "Request length too large.";
        return send(
            Fault::new(413, "0x8004418a", "RequestLengthTooLarge", text.into()).reply(false),
        );
    };
    let Some(rest) = path
        .strip_prefix("/api/data/v")
        .and_then(|rest| rest.split_once('/').or(Some((rest, ""))))
    else {
        return beside(&org, &parts, &origin, &path, &body);
    };
    let version = format!("v{}", rest.0);
    let header = parts
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let now = org.clock.now();
    if org.faults.roll("dynamics", "401") {
        org.authority.revoke();
    }
    let Some(bearer) = org.authority.bearer(header, now.timestamp()) else {
        return challenge(&origin);
    };
    let origin = match origin.strip_prefix("http:") {
        Some(rest) if bearer.secure => format!("https:{rest}"),
        _ => origin,
    };
    let mut call = Call {
        method: parts.method.clone(),
        path: String::new(),
        query: Vec::new(),
        raw_query: String::new(),
        caller: org.caller(&parts.headers, origin, &version),
        headers: parts.headers,
        body,
        now: now.timestamp(),
    };
    let query = parts
        .uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    call.target(&format!("{}{query}", rest.1));
    served(&org, &call).await
}

/// Limits, then faults, then the call itself.
async fn served(org: &Organisation, call: &Call) -> Response {
    let millis = || org.clock.now().timestamp_millis();
    let real = org.limits == Limits::Real;
    if real && let Err(fault) = org.limiter.enter(millis()) {
        return finish(org, fault.reply(call.prefer().detailed()));
    }
    if org.faults.roll("dynamics", "slow") {
        tokio::time::sleep(SLOW).await;
    }
    let (reply, cost) = if let Some(fault) = dial::instead(org, call) {
        (fault.reply(call.prefer().detailed()), FAULT_COST)
    } else {
        let done = org.perform(call);
        (done.reply, done.cost)
    };
    if real {
        org.limiter.leave(millis(), cost);
    }
    dial::spoiled(org, finish(org, reply))
}

fn origin(headers: &HeaderMap, uri: &http::Uri) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto")
        .or(uri.scheme_str())
        .unwrap_or("http");
    let host = text("host")
        .map(str::to_owned)
        .or_else(|| uri.authority().map(ToString::to_string));
    format!("{scheme}://{}", host.unwrap_or_else(|| "localhost".into()))
}

/// 401 without JSON, but with the authority and resource.
fn challenge(origin: &str) -> Response {
    let text = "HTTP Error 401 - Unauthorized: Access is denied";
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let value = format!(
        "Bearer authorization_uri={origin}/{TENANT}/oauth2/authorize, resource_id={origin}/"
    );
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert("www-authenticate", value);
    }
    response
}

/// What lies beside the Web API: the authority, and the dial.
fn beside(
    org: &Organisation,
    parts: &http::request::Parts,
    origin: &str,
    path: &str,
    body: &Bytes,
) -> Response {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let text = String::from_utf8_lossy(body);
    let document = |status: u16, value: &Value| {
        let mut reply = Reply::value(value);
        reply.status = status;
        reply.content = Some("application/json; charset=utf-8".into());
        send(reply.with("Cache-Control", "no-store, no-cache"))
    };
    match (parts.method.as_str(), segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            let (status, value) = org
                .authority
                .token(tenant, &form(&text), false, org.clock.now());
            document(status, &value)
        }
        ("POST", [tenant, "oauth2", "token"]) => {
            let (status, value) = org
                .authority
                .token(tenant, &form(&text), true, org.clock.now());
            document(status, &value)
        }
        ("GET", [tenant, .., ".well-known", "openid-configuration"]) => {
            document(200, &auth::configuration(origin, tenant))
        }
        ("GET", ["common", "discovery", "instance"]) => document(200, &auth::discovery(origin)),
        ("POST" | "PUT", ["sandbox", "faults"]) => match org.faults.set(text.trim()) {
            Ok(()) => send(Reply::empty()),
            Err(error) => document(400, &serde_json::json!({"error": error.to_string()})),
        },
        ("GET", ["sandbox", "faults"]) => send(Reply::text(org.faults.describe())),
        _ => send(Reply {
            status: 404,
            ..Reply::default()
        }),
    }
}

fn form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name, true), decode(value, true)))
        .collect()
}

/// Adds what every answer of the Web API carries.
fn finish(org: &Organisation, reply: Reply) -> Response {
    let id = Uuid::new_v4().to_string();
    let left = org.limiter.remaining();
    let reply = reply
        .with("OData-Version", "4.0")
        .with("Cache-Control", "no-cache")
        .with("REQ_ID", id.clone())
        .with("x-ms-service-request-id", id)
        .with("x-ms-dop-hint", limits::HINT.to_string())
        .with(
            "x-ms-ratelimit-burst-remaining-xrm-requests",
            left.requests.to_string(),
        )
        .with(
            "x-ms-ratelimit-time-remaining-xrm-requests",
            seconds(left.seconds),
        )
        .with("Set-Cookie", "ARRAffinity=7d0c3f6a; Path=/; HttpOnly");
    send(reply)
}

/// `1,199.98`.
fn seconds(left: f64) -> String {
    let whole = left.trunc() as u64;
    let cents = ((left.fract()) * 100.0).round().min(99.0) as u64;
    match whole / 1000 {
        0 => format!("{whole}.{cents:02}"),
        thousands => format!("{thousands},{:03}.{cents:02}", whole % 1000),
    }
}

fn send(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    if let Some(value) = reply
        .content
        .and_then(|kind| HeaderValue::from_str(&kind).ok())
    {
        headers.insert("content-type", value);
    }
    for (name, value) in reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            headers.append(name, value);
        }
    }
    response
}
