//! One authorised call: paced, retried where that is safe, its answer checked before anybody uses
//! it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};

use super::auth::{Token, Tokens};
use super::fault::{Effect, Fault};
use super::retry::{TRIES, pause_before};
use super::steering::Steering;
use crate::connectors::errand::Ledger;
use crate::connectors::{ConnectorError, Transport, TransportError, Trouble};
use crate::model::Side;

/// Plug-ins are cut at 2 minutes and clients use up to 4; after that no answer is coming.
const ANSWER_WITHIN: Duration = Duration::from_secs(250);

/// A request as it is tried, perhaps more than once.
pub(super) struct Ask {
    method: Method,
    url: String,
    headers: Vec<(HeaderName, String)>,
    body: Bytes,
    effect: Effect,
}

impl Ask {
    pub(super) fn get(url: String) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: Bytes::new(),
            effect: Effect::Read,
        }
    }

    pub(super) fn post(url: String, content_type: &str, body: String) -> Self {
        Self {
            method: Method::POST,
            url,
            headers: vec![(header::CONTENT_TYPE, content_type.to_owned())],
            body: Bytes::from(body),
            effect: Effect::Write,
        }
    }

    pub(super) fn prefer(mut self, preferences: impl Into<String>) -> Self {
        self.headers
            .push((HeaderName::from_static("prefer"), preferences.into()));
        self
    }

    fn request(&self, token: &Token) -> Result<http::Request<Bytes>, ConnectorError> {
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(&self.url)
            .header(header::AUTHORIZATION, token.header.clone())
            .header(header::ACCEPT, "application/json")
            .header("odata-version", "4.0")
            .header("odata-maxversion", "4.0");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.body.clone()).map_err(|_| {
            let message = "a request could not be put together from these names".to_owned();
            failure(Trouble::Refused, "request", message)
        })
    }
}

/// The body is not what this call answers with.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) String);

/// Sends everything but token requests.
pub(super) struct Caller {
    transport: Arc<dyn Transport>,
    tokens: Tokens,
    steering: Steering,
    calls: AtomicU64,
    ledger: Ledger,
}

impl Caller {
    pub(super) fn new(transport: Arc<dyn Transport>, tokens: Tokens, steering: Steering) -> Self {
        Self {
            transport,
            tokens,
            steering,
            calls: AtomicU64::new(0),
            ledger: Ledger::default(),
        }
    }

    pub(super) fn steering(&self) -> &Steering {
        &self.steering
    }

    /// Calls by entity.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// A read whose JSON answer `understand` turns into what is wanted. Throttling, server trouble,
    /// cut and garbled answers are tried again a few times; an answer still garbled then is
    /// [`Trouble::Protocol`].
    pub(super) async fn read<T>(
        &self,
        ask: &Ask,
        understand: impl Fn(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, ConnectorError> {
        let mut attempt = 1;
        loop {
            let error = match self.once(ask).await {
                Ok(response) if response.status().is_success() => {
                    match json(&response).and_then(&understand) {
                        Ok(wanted) => return Ok(wanted),
                        Err(Malformed(why)) => failure(Trouble::Protocol, "answer", why),
                    }
                }
                Ok(response) => Fault::of(&response).whole(Effect::Read),
                Err(error) => error,
            };
            let wait = match error.trouble {
                Trouble::Retry { wait } => wait,
                Trouble::Protocol => None,
                _ => return Err(error),
            };
            self.rest(attempt, wait, error).await?;
            attempt += 1;
        }
    }

    /// A write. Sent again only when the answer proves that nothing was executed (throttled, no
    /// connection); a lost answer is [`Trouble::Unknown`]. Any other answer comes back as it is.
    pub(super) async fn write(&self, ask: &Ask) -> Result<http::Response<Bytes>, ConnectorError> {
        let mut attempt = 1;
        loop {
            let error = match self.once(ask).await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => match Fault::of(&response) {
                    fault if fault.is_throttling() => fault.whole(Effect::Write),
                    _ => return Ok(response),
                },
                Err(error) => error,
            };
            let Trouble::Retry { wait } = error.trouble else {
                return Err(error);
            };
            self.rest(attempt, wait, error).await?;
            attempt += 1;
        }
    }

    /// Sleeps before the next try, or gives the error back when there is none.
    async fn rest(
        &self,
        attempt: u32,
        wait: Option<Duration>,
        error: ConnectorError,
    ) -> Result<(), ConnectorError> {
        match pause_before(attempt, wait) {
            Some(pause) if attempt < TRIES => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// One try; a refused token is renewed and the call repeated once (a 401 executes nothing).
    async fn once(&self, ask: &Ask) -> Result<http::Response<Bytes>, ConnectorError> {
        let (first, token) = self.send(ask).await?;
        if first.status() != StatusCode::UNAUTHORIZED {
            return Ok(first);
        }
        self.tokens.refused(&token).await;
        let (second, _) = self.send(ask).await?;
        Ok(second)
    }

    async fn send(&self, ask: &Ask) -> Result<(http::Response<Bytes>, Token), ConnectorError> {
        let _permit = self.steering.enter().await;
        let token = self.tokens.current().await?;
        let request = ask.request(&token)?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.ledger.count();
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.transport.send(request)).await;
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(TransportError::Connect(why))) => {
                let message = format!("cannot connect: {why}");
                return Err(failure(
                    Trouble::Retry { wait: None },
                    "connection",
                    message,
                ));
            }
            Ok(Err(TransportError::Interrupted(why))) => {
                return Err(lost(ask.effect, "interrupted", &why));
            }
            Err(_elapsed) => return Err(lost(ask.effect, "timeout", "no answer in time")),
        };
        self.steering.observe(&response);
        Ok((response, token))
    }
}

fn lost(effect: Effect, code: &str, why: &str) -> ConnectorError {
    let trouble = match effect {
        Effect::Read => Trouble::Retry { wait: None },
        Effect::Write => Trouble::Unknown,
    };
    failure(trouble, code, format!("no complete answer: {why}"))
}

pub(super) fn failure(trouble: Trouble, code: &str, message: String) -> ConnectorError {
    ConnectorError {
        side: Side::Dynamics,
        trouble,
        code: code.to_owned(),
        message,
        request: None,
    }
}

/// The body, if it calls itself JSON: a proxy's sign-in page must not be taken for data.
fn json(response: &http::Response<Bytes>) -> Result<&[u8], Malformed> {
    let kind = content_type(response.headers());
    if kind.contains("json") {
        Ok(response.body())
    } else {
        Err(Malformed(format!("expected JSON, got '{kind}'")))
    }
}

/// The content type, lower case, cut to what is worth showing.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    text.chars().take(100).collect::<String>().to_lowercase()
}
