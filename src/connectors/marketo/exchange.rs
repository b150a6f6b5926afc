//! One call from the pace's turnstile to an opened envelope: token, sending, and repeating what may be repeated.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RANGE};
use http::{HeaderValue, Method, Request, Response};

use super::call::{Call, Effect};
use super::client::Inner;
use super::envelope::Answer;
use super::error;
use super::identity::Token;
use super::verdict::{Failed, Setback, last, shaky};
use crate::connectors::{ConnectorError, TransportError, Trouble};

/// A read that met a stumbling server is sent this often in all.
const READ_ATTEMPTS: u32 = 4;
/// A call that never reached the server is sent this often in all.
const CONNECT_ATTEMPTS: u32 = 3;
/// A call that was throttled is sent this often in all.
const THROTTLED_ATTEMPTS: u32 = 5;
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
/// Longer than the longest time-out of the server (paging tokens: 300 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(310);

#[derive(Default)]
struct Tries {
    renewed: bool,
    throttled: u32,
    unsent: u32,
    shaky: u32,
}

impl Inner {
    /// Sends `call` until it ran, or until repeating it is over or unsafe.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ConnectorError> {
        let mut tries = Tries::default();
        loop {
            let failed = match self.attempt(call).await {
                Ok((token, response)) => match self.opened(call, &token, &response) {
                    Ok(answer) => return Ok(answer),
                    Err(failed) => failed,
                },
                Err(failed) => failed,
            };
            self.recover(call, failed, &mut tries).await?;
        }
    }

    /// Sends `call`, whose answer is a file: not an envelope unless something is wrong.
    pub(super) async fn file(&self, call: &Call) -> Result<Response<Bytes>, ConnectorError> {
        let mut tries = Tries::default();
        loop {
            let failed = match self.attempt(call).await {
                Ok((_, response)) if response.status().is_success() && !is_json(&response) => {
                    self.budget.open(self.clock.now());
                    return Ok(response);
                }
                Ok((token, response)) => match self.opened(call, &token, &response) {
                    Ok(_) => return Ok(response),
                    Err(failed) => failed,
                },
                Err(failed) => failed,
            };
            self.recover(call, failed, &mut tries).await?;
        }
    }

    /// Waits for what may be tried again; hands back what may not.
    async fn recover(
        &self,
        call: &Call,
        (setback, error): Failed,
        tries: &mut Tries,
    ) -> Result<(), ConnectorError> {
        match setback {
            Setback::Token(token) if !tries.renewed => {
                tries.renewed = true;
                self.identity.refuse(&token).await;
                Ok(())
            }
            Setback::Throttled if tries.throttled + 1 < THROTTLED_ATTEMPTS => {
                tries.throttled += 1;
                Ok(())
            }
            Setback::Unsent if tries.unsent + 1 < CONNECT_ATTEMPTS => {
                tries.unsent += 1;
                tokio::time::sleep(self.back_off(tries.unsent)).await;
                Ok(())
            }
            Setback::Shaky if call.effect == Effect::Read && tries.shaky + 1 < READ_ATTEMPTS => {
                tries.shaky += 1;
                tokio::time::sleep(self.back_off(tries.shaky)).await;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// 1, 2, 4 s and up to half of that on top. Not by chance: a simulation has to repeat itself exactly.
    pub(super) fn back_off(&self, attempt: u32) -> Duration {
        let base = FIRST_BACK_OFF * 2_u32.pow(attempt.saturating_sub(1).min(6));
        let spread = self.calls.load(Ordering::Relaxed).wrapping_mul(0x9E37_79B9) % 512;
        base + base * spread as u32 / 1024
    }

    async fn attempt(&self, call: &Call) -> Result<(Token, Response<Bytes>), Failed> {
        self.admit(call.effect).map_err(last)?;
        // Asked for before the turnstile: a call that waits for its token inside would start later than it is counted.
        self.identity.token().await.map_err(last)?;
        let _permit = self.pace.enter().await;
        let token = self.identity.token().await.map_err(last)?;
        let request = self.request(call, &token).map_err(last)?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.ledger.count();
        self.budget.spend(self.clock.now());
        let sent = tokio::time::timeout(ANSWER_WITHIN, self.transport.send(request)).await;
        match sent {
            Ok(Ok(response)) => Ok((token, response)),
            Ok(Err(TransportError::Connect(why))) => {
                self.budget.give_back(self.clock.now());
                let trouble = Trouble::Retry { wait: None };
                Err((Setback::Unsent, error::of(trouble, "connection", &why)))
            }
            Ok(Err(TransportError::Interrupted(why))) => Err(shaky(call, "connection", &why)),
            Err(_elapsed) => Err(shaky(call, "timeout", "no answer within 310 s")),
        }
    }

    fn admit(&self, effect: Effect) -> Result<(), ConnectorError> {
        let admitted = self
            .budget
            .admit(self.clock.now(), effect, self.pace.engaged());
        admitted.map_err(|wait| {
            let message = "today's share of Marketo's calls is used up; it starts again at midnight US Central";
            error::of(Trouble::Quota { wait }, "607", message)
        })
    }

    fn request(&self, call: &Call, token: &Token) -> Result<Request<Bytes>, ConnectorError> {
        let base = if call.path.starts_with("/bulk/") {
            &self.bulk
        } else {
            &self.rest
        };
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{base}{}", call.path))
            .header(AUTHORIZATION, token.header())
            .header(ACCEPT, HeaderValue::from_static("*/*"));
        if let Some(content_type) = &call.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        if call.method != Method::GET && call.body.is_empty() {
            // Some proxies refuse a POST that does not say that it has no body.
            request = request.header(CONTENT_LENGTH, 0);
        }
        if let Some((from, to)) = call.range {
            request = request.header(RANGE, format!("bytes={from}-{to}"));
        }
        let built = request.body(call.body.clone());
        built.map_err(|why| error::of(Trouble::Refused, "address", &why.to_string()))
    }
}

fn is_json(response: &Response<Bytes>) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    let text = content_type.and_then(|value| value.to_str().ok());
    text.is_some_and(|text| text.contains("json"))
}
