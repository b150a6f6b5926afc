//! Building this room's errors.

use http::StatusCode;

use crate::connectors::{ConnectorError, Trouble};
use crate::model::Side;

/// An error of the Marketo side.
pub(super) fn of(trouble: Trouble, code: &str, message: &str) -> ConnectorError {
    ConnectorError {
        side: Side::Marketo,
        trouble,
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

/// `HTTP 503`.
pub(super) fn http(status: StatusCode) -> String {
    format!("HTTP {}", status.as_u16())
}

/// An answer that was complete but not what the protocol says. Never for a write that may have run.
pub(super) fn protocol(message: &str, request_id: &str) -> ConnectorError {
    of(
        Trouble::Protocol,
        "answer",
        &format!("{message} [request {request_id}]"),
    )
}

/// A write ran, but its answer cannot be matched to what was sent.
pub(super) fn unknown(message: &str, request_id: &str) -> ConnectorError {
    of(
        Trouble::Unknown,
        "answer",
        &format!("{message} [request {request_id}]"),
    )
}
