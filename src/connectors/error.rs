//! What can go wrong with a whole call, sorted by what the engine does about it.

use std::time::Duration;

use crate::model::Side;

/// What the engine does about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was executed; the same call may be tried again after `wait` (throttling, busy, maintenance).
    Retry {
        /// How long the vendor wants us to wait; none: back off.
        wait: Option<Duration>,
    },
    /// The day's quota is used up; nothing was executed.
    Quota {
        /// Until the reset.
        wait: Duration,
    },
    /// The call may or may not have taken effect: never resent, the records are looked at again.
    Unknown,
    /// The cursor can no longer be used: read everything and compare.
    CursorExpired,
    /// The call as a whole was refused for something in it: split it, or record the failure.
    Refused,
    /// Wrong credentials, privilege, address or set-up: a person has to act.
    Configuration,
    /// The answer could not be understood, and nothing was written by this call.
    Protocol,
}

/// A whole call failed. Carries no personal data: the vendor's code, and its message where that is about the call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{side}: {message} ({code}){}", told(.request.as_deref()))]
pub struct ConnectorError {
    /// Which vendor.
    pub side: Side,
    /// What the engine does about it.
    pub trouble: Trouble,
    /// The vendor's code (`0x80044352`, `606`), `HTTP 503`, or a word of ours (`connection`, `timeout`).
    pub code: String,
    /// What happened, and where it helps, what to do next.
    pub message: String,
    /// The vendor's id of the call, which its support asks for.
    pub request: Option<String>,
}

fn told(request: Option<&str>) -> String {
    request.map_or_else(String::new, |request| format!(" [request {request}]"))
}
