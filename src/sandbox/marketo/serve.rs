//! The front end: takes a request in, decides whether it may go on, and sends what it answers, or
//! what a fault makes of it.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::{Method, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};

use super::Instance;
use super::answer::{self, Answer, Refusal};
use super::bulk;
use super::call::Call;
use super::faults::{Fate, text};
use super::route::dispatch;
use super::state::State;

/// Longest address.
const URI_MAX: usize = 8 * 1024;
/// Largest body, and that of a bulk import.
const BODY_MAX: usize = 1024 * 1024;
const IMPORT_MAX: usize = 10 * 1024 * 1024;
/// What the multipart frame of an import may add.
const FRAME_MAX: usize = 64 * 1024;

/// Answers one request.
pub(crate) async fn serve(Shared(instance): Shared<Arc<Instance>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if address_length(&head.uri) > URI_MAX {
        return answer::plain(StatusCode::URI_TOO_LONG, "URI Too Long");
    }
    let most = if is_import(&head.uri) {
        IMPORT_MAX + FRAME_MAX
    } else {
        BODY_MAX
    };
    let Ok(body) = Limited::new(body, most).collect().await else {
        return answer::plain(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let (body, now_ms) = (body.to_bytes(), instance.now_ms());
    if head.uri.path() == "/sandbox/faults" {
        return dial(&instance, &head.method, &body);
    }
    let call = Call::read(&head.method, &head.uri, &head.headers, body, now_ms);
    if call.path.first().is_some_and(|part| part == "identity") {
        return identity(&instance, &call);
    }
    guarded(&instance, call).await
}

fn address_length(uri: &Uri) -> usize {
    uri.path_and_query()
        .map_or(0, |address| address.as_str().len())
}

fn is_import(uri: &Uri) -> bool {
    uri.path().contains("/bulk/")
}

/// The dial, shown or turned: no part of the vendor's API, and it counts nowhere.
fn dial(instance: &Instance, method: &Method, body: &[u8]) -> Response {
    let dial = instance.state().options.faults.clone();
    if method == Method::GET {
        return answer::plain(StatusCode::OK, dial.describe());
    }
    match dial.set(String::from_utf8_lossy(body).trim()) {
        Ok(()) => answer::plain(StatusCode::NO_CONTENT, ""),
        Err(error) => answer::plain(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

fn identity(instance: &Instance, call: &Call) -> Response {
    let mut state = instance.state();
    if call.parts() != ["identity", "oauth", "token"] {
        return answer::plain(StatusCode::NOT_FOUND, "Not Found");
    }
    let State { identity, rng, .. } = &mut *state;
    identity.answer(call, rng)
}

/// What the gate says about a call.
struct Entry {
    fate: Fate,
    /// Not to be carried out; with a fate that says otherwise it is, and this is still the answer.
    refusal: Option<Refusal>,
}

/// Token, faults, limits: in this order, since the first two cost no quota.
fn enter(state: &mut State, call: &mut Call) -> Entry {
    state.calls = state.calls.wrapping_add(1);
    call.number = state.calls;
    state.limits.in_flight += 1;
    let in_query = call
        .param("access_token")
        .filter(|_| state.options.query_token);
    let token = call
        .bearer
        .as_deref()
        .or(in_query)
        .filter(|token| !token.is_empty());
    if let Err(refusal) = state.identity.check(token, call.now_ms) {
        return Entry {
            fate: Fate::default(),
            refusal: Some(refusal),
        };
    }
    let fate = state.faults.fate();
    let refusal = match fate.code {
        None => state.limits.admit(call.now_ms).err(),
        Some(606) => Some(state.limits.too_fast()),
        Some(607) => Some(state.limits.over_quota()),
        Some(615) => Some(super::limits::Limits::too_many_at_once()),
        Some(code) => {
            if matches!(code, 601 | 602) {
                // The caller's token ends here: 602 has been given with this very answer.
                state.identity.end_token(call.now_ms, true);
            }
            Some(Refusal::new(code, text(code)))
        }
    };
    Entry { fate, refusal }
}

async fn guarded(instance: &Instance, mut call: Call) -> Response {
    let Entry { fate, refusal } = enter(&mut instance.state(), &mut call);
    // Counts the call out again even when the caller hangs up while it waits.
    let _leave = Leave(instance);
    let wait = fate.wait + instance.latency();
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
        call.now_ms = instance.now_ms();
    }
    if fate.reset {
        return broken(Bytes::new());
    }
    if call.path.iter().any(|part| part == "bulk") {
        // A file of a million people takes seconds: nobody else waits for it.
        while bulk::build_some(&mut instance.state(), call.now_ms) {
            tokio::task::yield_now().await;
        }
    }
    let outcome = {
        let mut state = instance.state();
        let outcome = match (refusal, fate.server_error && !fate.done_anyway) {
            (None, true) => Ok(Answer::done()),
            (None, false) => dispatch(&mut state, &call),
            (Some(refusal), _) => {
                if fate.done_anyway {
                    let _ = dispatch(&mut state, &call);
                }
                Err(refusal)
            }
        };
        if fate.code.is_none() && outcome.as_ref().is_err_and(Refusal::is_free) {
            state.limits.forget_one();
        }
        state.limits.book(call.now_ms, outcome.as_ref().err());
        outcome
    };
    if fate.server_error {
        return answer::plain(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    }
    spoiled(fate, answer::respond(&call.request_id(), outcome)).await
}

/// What a fault makes of an answer on its way.
async fn spoiled(fate: Fate, response: Response) -> Response {
    if fate.lost {
        return broken(Bytes::new());
    }
    if fate.html {
        return answer::page(
            StatusCode::BAD_GATEWAY,
            "<html><body>Bad Gateway</body></html>",
        );
    }
    if fate.cut {
        return broken(half(response).await);
    }
    if fate.truncated {
        return answer::json_response(StatusCode::OK, half(response).await.to_vec());
    }
    response
}

struct Leave<'a>(&'a Instance);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.limits.in_flight = state.limits.in_flight.saturating_sub(1);
    }
}

/// The first half of an answer.
async fn half(response: Response) -> Bytes {
    let whole = response
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let whole = whole.unwrap_or_default();
    whole.slice(..whole.len() / 2)
}

/// An answer whose body breaks off after `part`.
fn broken(part: Bytes) -> Response {
    let end = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection lost");
    let parts = futures_util::stream::iter([Ok(part), Err(end)]);
    let mut response = Response::new(Body::from_stream(parts));
    let kind = http::HeaderValue::from_static("application/json;charset=UTF-8");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    response
}
