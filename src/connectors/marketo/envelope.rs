//! The envelope around every Marketo answer, and what it says about the call as a whole.
//!
//! HTTP 200 means nothing, `success: true` means only that the call ran, any member may be missing.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The longest vendor message that is kept.
const MESSAGE_LENGTH: usize = 300;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "requestId", borrow, default)]
    request_id: Option<Cow<'a, str>>,
    success: bool,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    errors: Option<Vec<Reason>>,
    #[serde(rename = "nextPageToken", default)]
    next_page_token: Option<String>,
    #[serde(rename = "moreResult", default)]
    more_result: Option<bool>,
}

/// One code with its text, of a call or of a record.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reason {
    /// `606`, `1003`: a string by contract; a number is taken too.
    #[serde(deserialize_with = "code", default)]
    pub(super) code: String,
    /// The vendor's words.
    #[serde(default)]
    pub(super) message: String,
}

fn code<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Text(String),
        Number(i64),
    }
    Code::deserialize(from).map(|code| match code {
        Code::Text(text) => text,
        Code::Number(number) => number.to_string(),
    })
}

/// A call that ran.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// What Adobe's support asks for.
    pub(super) request_id: String,
    /// The `result` array as it came, a slice of the body; some calls have none.
    pub(super) result: Option<Bytes>,
    /// Where to go on.
    pub(super) next_page_token: Option<String>,
    /// Whether there is more, where the call says so.
    pub(super) more_result: Option<bool>,
}

/// What a body turned out to be.
pub(super) enum Opened {
    /// `success: true`.
    Ran(Answer),
    /// `success: false`: nothing was executed, says the contract.
    Failed {
        /// The first code.
        reason: Reason,
        /// The call's id.
        request_id: String,
    },
    /// Not an envelope at all: a cut or foreign body.
    Garbled,
}

/// Opens a body.
pub(super) fn open(body: &Bytes) -> Opened {
    let Ok(wire) = serde_json::from_slice::<Wire<'_>>(body) else {
        return Opened::Garbled;
    };
    let request_id = wire.request_id.unwrap_or_default().into_owned();
    if wire.success {
        return Opened::Ran(Answer {
            request_id,
            result: wire.result.map(|raw| body.slice_ref(raw.get().as_bytes())),
            next_page_token: wire.next_page_token.filter(|token| !token.is_empty()),
            more_result: wire.more_result,
        });
    }
    let mut reason = wire.errors.unwrap_or_default().into_iter().next();
    let reason = reason.take().unwrap_or_else(|| Reason {
        code: "none".to_owned(),
        message: "the call failed without a code".to_owned(),
    });
    Opened::Failed {
        reason: Reason {
            message: short(&reason.message),
            ..reason
        },
        request_id,
    }
}

/// A vendor message, bounded.
pub(super) fn short(message: &str) -> String {
    message.chars().take(MESSAGE_LENGTH).collect()
}

impl Answer {
    /// The id of the call, where the answer has one.
    pub(super) fn id(&self) -> Option<&str> {
        Some(self.request_id.as_str()).filter(|id| !id.is_empty())
    }

    /// The rows of `result`; none when the member is missing or null.
    pub(super) fn rows<'a, T: Deserialize<'a>>(&'a self) -> Result<Vec<T>, serde_json::Error> {
        match self.result.as_deref() {
            None | Some(b"null") => Ok(Vec::new()),
            Some(result) => serde_json::from_slice(result),
        }
    }
}
