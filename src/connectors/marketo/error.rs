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
        request: None,
    }
}

/// The same, with the vendor's id of the call.
pub(super) fn said_by(error: ConnectorError, request_id: &str) -> ConnectorError {
    ConnectorError {
        request: Some(request_id.to_owned()).filter(|id| !id.is_empty()),
        ..error
    }
}

/// `HTTP 503`.
pub(super) fn http(status: StatusCode) -> String {
    format!("HTTP {}", status.as_u16())
}

/// An answer that was complete but not what the protocol says. Never for a write that may have run.
pub(super) fn protocol(message: &str, request_id: &str) -> ConnectorError {
    said_by(of(Trouble::Protocol, "answer", message), request_id)
}

/// A write ran, but its answer cannot be matched to what was sent.
pub(super) fn unknown(message: &str, request_id: &str) -> ConnectorError {
    said_by(of(Trouble::Unknown, "answer", message), request_id)
}
