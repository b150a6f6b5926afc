//! What an answer means for the call that was sent: it ran, or why not and what may follow.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};

use super::call::{Call, Effect};
use super::client::Inner;
use super::codes::{self, Meaning};
use super::envelope::{self, Answer, Opened, Reason};
use super::error;
use super::identity::Token;
use crate::connectors::{ConnectorError, Trouble};

/// The window of the rate limit: after it, all of it is free again.
const WINDOW: Duration = Duration::from_secs(20);
const CROWDED: Duration = Duration::from_secs(1);

/// Why an attempt failed, sorted by what may follow.
pub(super) enum Setback {
    /// The token was refused: once more with another.
    Token(Box<Token>),
    /// Not executed; everybody is paused already.
    Throttled,
    /// It never reached the server.
    Unsent,
    /// It may have been executed.
    Shaky,
    /// Nothing more to try.
    Final,
}

/// A failed attempt, and what the caller is told when nothing follows.
pub(super) type Failed = (Setback, ConnectorError);

impl Inner {
    /// Reads the envelope of an answer.
    pub(super) fn opened(
        &self,
        call: &Call,
        token: &Token,
        response: &Response<Bytes>,
    ) -> Result<Answer, Failed> {
        let status = response.status();
        match envelope::open(response.body()) {
            Opened::Ran(answer) if status.is_success() => {
                self.budget.open(self.clock.now());
                Ok(answer)
            }
            Opened::Failed { reason, request_id } => {
                Err(self.refused(call, token, &reason, &request_id))
            }
            Opened::Garbled if status.is_success() => {
                let (setback, mut error) =
                    shaky(call, "garbled", "the answer was cut or is no JSON");
                if call.effect == Effect::Read {
                    error.trouble = Trouble::Protocol;
                }
                Err((setback, error))
            }
            Opened::Ran(_) | Opened::Garbled => Err(self.bare(call, status)),
        }
    }

    /// An HTTP status with a body that is no envelope: a proxy, a load balancer, a limit of the front end.
    fn bare(&self, call: &Call, status: StatusCode) -> Failed {
        let code = error::http(status);
        match status.as_u16() {
            429 => self.throttle(&code, "too many requests", WINDOW),
            408 | 500..=599 => shaky(call, &code, "the server is in trouble"),
            413 => last(error::of(
                Trouble::Refused,
                &code,
                "more than 1 MB in one call",
            )),
            414 => last(error::of(
                Trouble::Refused,
                &code,
                "the address is too long",
            )),
            300..=399 | 401 | 403 | 404 | 407 => last(error::of(
                Trouble::Configuration,
                &code,
                "this address does not answer like Marketo's: check the endpoint and any proxy",
            )),
            _ => last(error::of(Trouble::Refused, &code, "the call was refused")),
        }
    }

    fn throttle(&self, code: &str, message: &str, wait: Duration) -> Failed {
        self.engage();
        self.pace.pause(wait);
        let trouble = Trouble::Retry { wait: Some(wait) };
        (Setback::Throttled, error::of(trouble, code, message))
    }

    /// `success: false`.
    fn refused(&self, call: &Call, token: &Token, reason: &Reason, request_id: &str) -> Failed {
        let code = reason.code.as_str();
        let message = reason.message.as_str();
        if matches!(code, "601" | "602" | "604" | "605" | "608" | "611") {
            self.budget.give_back(self.clock.now());
        }
        let of = |trouble| error::of(trouble, code, message);
        let (setback, error) = match codes::meaning(code, &reason.message) {
            // A second 602 in a row is a short-lived token; a second 601 a revoked service.
            Meaning::Token if code == "602" => (
                Setback::Token(Box::new(token.clone())),
                of(Trouble::Retry { wait: None }),
            ),
            Meaning::Token => (
                Setback::Token(Box::new(token.clone())),
                of(Trouble::Configuration),
            ),
            Meaning::Rate => self.throttle(code, message, WINDOW),
            Meaning::Crowded => self.throttle(code, message, CROWDED + self.back_off(1)),
            Meaning::Day => {
                self.engage();
                let wait = self.budget.close(self.clock.now());
                last(of(Trouble::Quota { wait }))
            }
            Meaning::Volume => {
                let wait = self.budget.until_midnight(self.clock.now());
                last(of(Trouble::Quota { wait }))
            }
            Meaning::Shaky => shaky(call, code, message),
            Meaning::Later(wait) => last(of(Trouble::Retry { wait: Some(wait) })),
            Meaning::Held(_) if call.effect == Effect::Read => shaky(call, code, message),
            Meaning::Held(_) => last(of(Trouble::Retry { wait: None })),
            Meaning::Setup => last(of(Trouble::Configuration)),
            Meaning::NativeSync => {
                last(error::of(Trouble::Configuration, code, codes::NATIVE_SYNC))
            }
            Meaning::NoPerson
            | Meaning::NoRecord
            | Meaning::Exists
            | Meaning::Several
            | Meaning::Refused(_) => last(of(Trouble::Refused)),
        };
        (setback, error::said_by(error, request_id))
    }
}

/// Nothing may follow.
pub(super) fn last(error: ConnectorError) -> Failed {
    (Setback::Final, error)
}

/// The server may have done it all the same: a read is asked again, a write is never.
pub(super) fn shaky(call: &Call, code: &str, message: &str) -> Failed {
    let trouble = match call.effect {
        Effect::Read => Trouble::Retry { wait: None },
        Effect::Write => Trouble::Unknown,
    };
    (Setback::Shaky, error::of(trouble, code, message))
}
