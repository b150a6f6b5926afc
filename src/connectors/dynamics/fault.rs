//! Every refusal Dataverse gives, sorted by what to do about it: for a whole call, and for one part
//! of a batch.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use uuid::Uuid;

use crate::connectors::{ConnectorError, Trouble, WriteOutcome};
use crate::model::{FailureClass, Refusal, Side};

/// The vendor's codes this program decides on, by the names Microsoft gives them.
pub(super) mod code {
    pub(in super::super) const EXPIRED_VERSION_STAMP: u32 = 0x8004_4352;
    pub(in super::super) const TRACKING_NOT_ENABLED: [u32; 2] = [0x8007_2491, 0x8007_2492];
    pub(in super::super) const THROTTLED: [u32; 4] =
        [0x8007_2321, 0x8007_2322, 0x8007_2326, 0x8005_F103];
    pub(in super::super) const NOT_A_MEMBER: u32 = 0x8007_2560;
    pub(in super::super) const USER_DISABLED: [u32; 2] = [0x8004_0225, 0x8004_A112];
    pub(in super::super) const DOES_NOT_EXIST: u32 = 0x8004_0217;
    pub(in super::super) const ODATA: u32 = 0x8006_0888;
    pub(in super::super) const PAYLOAD: u32 = 0x8004_8D19;
    pub(in super::super) const VERSION_NOT_PROVIDED: [u32; 2] = [0x8006_0883, 0x8006_088D];
    pub(in super::super) const DUPLICATE_ENTITY_KEY: u32 = 0x8006_0892;
    pub(in super::super) const DUPLICATE_RECORD: u32 = 0x8004_0237;
    pub(in super::super) const DUPLICATES_FOUND: u32 = 0x8004_0333;
    pub(in super::super) const UNIQUE_CONSTRAINT: u32 = 0x8007_3002;
    pub(in super::super) const LEAD_ALREADY_CLOSED: u32 = 0x8004_0519;
    pub(in super::super) const SQL_TIMEOUT: u32 = 0x8004_4151;
    pub(in super::super) const SQL_ERROR: u32 = 0x8004_4150;
    pub(in super::super) const TRANSACTION_ABORTED: u32 = 0x8004_0255;
    pub(in super::super) const NO_ACCESS: [u32; 4] =
        [0x8004_0220, 0x8004_8306, 0x8004_0231, 0x8004_F507];
}

/// A vendor's message is kept up to this many characters.
const MESSAGE_MAX: usize = 1_000;
/// The id of a call is kept up to this many characters; it is a GUID.
const REQUEST_ID_MAX: usize = 100;
/// A `Retry-After` longer than a day is taken for a mistake.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(86_400);

/// Whether a call may change something; decides what a lost answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Sending it again changes nothing.
    Read,
    /// Sending it again may do it twice.
    Write,
}

/// What one part of a batch was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intent {
    /// A row with our GUID that must not exist yet.
    Create,
    /// A row that must exist.
    Update,
    /// A row to be deleted.
    Delete,
}

/// An answer that is not a success.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    status: StatusCode,
    code: Option<u32>,
    message: String,
    /// The vendor's id of the call.
    request: Option<String>,
    /// How long the vendor wants us to wait.
    pub retry_after: Option<Duration>,
}

#[derive(Deserialize)]
struct Envelope {
    error: EnvelopeError,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct EnvelopeError {
    code: Option<String>,
    message: Option<String>,
}

impl Fault {
    /// Reads the envelope; an answer without one (HTML, plain text, nothing) leaves the status
    /// alone.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let error = serde_json::from_slice::<Envelope>(body).map(|e| e.error);
        let error = error.unwrap_or_default();
        let mut message = error.message.unwrap_or_default();
        if let Some((cut, _)) = message.char_indices().nth(MESSAGE_MAX) {
            message.truncate(cut);
        }
        Self {
            status,
            code: error.code.as_deref().and_then(number),
            message,
            request: request_id(headers),
            retry_after: retry_after(headers),
        }
    }

    pub(super) fn of(response: &http::Response<Bytes>) -> Self {
        Self::read(response.status(), response.headers(), response.body())
    }

    /// Whether the vendor asks the whole user to slow down.
    pub(super) fn is_throttling(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS || self.is_any(&code::THROTTLED)
    }

    fn is(&self, code: u32) -> bool {
        self.code == Some(code)
    }

    fn is_any(&self, codes: &[u32]) -> bool {
        self.code.is_some_and(|code| codes.contains(&code))
    }

    fn code_text(&self) -> String {
        match self.code {
            Some(code) => format!("0x{code:08X}"),
            None => format!("HTTP {}", self.status.as_u16()),
        }
    }

    /// The whole call failed.
    pub(super) fn whole(&self, effect: Effect) -> ConnectorError {
        let trouble = self.trouble(effect);
        let advice = self.advice();
        let said = if self.message.is_empty() {
            self.status.canonical_reason().unwrap_or("refused")
        } else {
            &self.message
        };
        ConnectorError {
            side: Side::Dynamics,
            trouble,
            code: self.code_text(),
            message: advice.map_or_else(|| said.to_owned(), |advice| format!("{said}: {advice}")),
            request: self.request.clone(),
        }
    }

    fn trouble(&self, effect: Effect) -> Trouble {
        let wait = self.retry_after;
        if self.is_throttling() {
            return Trouble::Retry { wait };
        }
        if self.is(code::EXPIRED_VERSION_STAMP) || self.status == StatusCode::GONE {
            return Trouble::CursorExpired;
        }
        let setup = self.is_any(&code::TRACKING_NOT_ENABLED)
            || self.is_any(&code::USER_DISABLED)
            || self.is(code::NOT_A_MEMBER);
        match self.status.as_u16() {
            _ if setup => Trouble::Configuration,
            300..=399 | 401 | 403 => Trouble::Configuration,
            404 if self.code.is_none() || self.is(code::ODATA) => Trouble::Configuration,
            408 | 500 | 502..=599 => match effect {
                Effect::Read => Trouble::Retry { wait },
                Effect::Write => Trouble::Unknown,
            },
            400..=499 | 501 => Trouble::Refused,
            _ => Trouble::Protocol,
        }
    }

    fn advice(&self) -> Option<&'static str> {
        match self.code {
            Some(code::NOT_A_MEMBER) => Some(
                "create an application user for this client id in the environment and give it a security role",
            ),
            Some(code) if code::USER_DISABLED.contains(&code) => {
                Some("enable the application user in the environment")
            }
            Some(code) if code::TRACKING_NOT_ENABLED.contains(&code) => {
                Some("switch on 'Track changes' for this table in the maker portal and publish it")
            }
            Some(code) if code::NO_ACCESS.contains(&code) => Some(
                "give the application user's security role this privilege at organization level",
            ),
            _ if self.status == StatusCode::UNAUTHORIZED => Some(
                "a fresh token was refused: check that the app, its tenant and the organisation's url belong together",
            ),
            _ if self.status.is_redirection() => {
                Some("the address leads elsewhere: check the organisation's url")
            }
            None if self.status == StatusCode::NOT_FOUND => {
                Some("no Web API answers there: check the organisation's url")
            }
            _ => None,
        }
    }

    /// One part of a batch failed: what became of its record.
    pub(super) fn part(&self, intent: Intent, id: Uuid) -> WriteOutcome {
        if self.is_throttling() {
            return WriteOutcome::Retry(self.refusal(FailureClass::Throttled));
        }
        if let Some(outcome) = self.duplicate(intent) {
            return outcome;
        }
        if self.is(code::LEAD_ALREADY_CLOSED) {
            return WriteOutcome::Stale;
        }
        match self.status.as_u16() {
            401 => WriteOutcome::Retry(self.refusal(FailureClass::Vendor)),
            403 => self.refused(FailureClass::Privilege),
            404 => self.missing(intent, id),
            412 if self.is_any(&code::VERSION_NOT_PROVIDED) => self.refused(FailureClass::Mapping),
            412 => match intent {
                Intent::Create => WriteOutcome::Exists,
                Intent::Update | Intent::Delete => WriteOutcome::Stale,
            },
            408 | 500..=599 => self.server_side(),
            _ if self.is_any(&code::VERSION_NOT_PROVIDED) => self.refused(FailureClass::Mapping),
            _ if self.is(code::DOES_NOT_EXIST) => self.missing(intent, id),
            _ if self.is(code::PAYLOAD) || self.is(code::ODATA) => {
                self.refused(FailureClass::Mapping)
            }
            _ if self.is_any(&code::NO_ACCESS) => self.refused(FailureClass::Privilege),
            400..=499 => self.refused(FailureClass::Data),
            _ => WriteOutcome::Unknown(self.refusal(FailureClass::Vendor)),
        }
    }

    /// The three clashes: the row's own key, an alternate key, a duplicate-detection rule.
    fn duplicate(&self, intent: Intent) -> Option<WriteOutcome> {
        let own_key = self.is(code::DUPLICATE_RECORD) || self.is(code::UNIQUE_CONSTRAINT);
        if own_key && intent == Intent::Create {
            return Some(WriteOutcome::Exists);
        }
        let clash =
            own_key || self.is(code::DUPLICATE_ENTITY_KEY) || self.is(code::DUPLICATES_FOUND);
        clash.then(|| self.refused(FailureClass::Duplicate))
    }

    /// Our row is gone, unless the message names another: then a row ours points to is missing.
    fn missing(&self, intent: Intent, id: Uuid) -> WriteOutcome {
        if self.is(code::ODATA) {
            return self.refused(FailureClass::Mapping);
        }
        let named = self.message.to_lowercase();
        let other = names_a_guid(&named) && !named.contains(&id.to_string());
        if intent == Intent::Create || (intent == Intent::Update && other) {
            self.refused(FailureClass::MissingParent)
        } else {
            WriteOutcome::Gone
        }
    }

    /// Deadlocks and SQL time-outs are rolled back, so nothing was done; of other failures that is
    /// not known.
    fn server_side(&self) -> WriteOutcome {
        let refusal = self.refusal(FailureClass::Vendor);
        match self.code {
            Some(code::SQL_TIMEOUT | code::TRANSACTION_ABORTED) => WriteOutcome::Retry(refusal),
            Some(code::SQL_ERROR) if self.message.contains("1205") => WriteOutcome::Retry(refusal),
            Some(code::SQL_ERROR) => WriteOutcome::Refused(refusal),
            _ => WriteOutcome::Unknown(refusal),
        }
    }

    fn refused(&self, class: FailureClass) -> WriteOutcome {
        WriteOutcome::Refused(self.refusal(class))
    }

    fn refusal(&self, class: FailureClass) -> Refusal {
        Refusal {
            class,
            code: self.code_text(),
            message: self.message.clone(),
            request: self.request.clone(),
        }
    }
}

/// Codes come as hex text of either case, now and then as a signed decimal, and may be empty.
fn number(code: &str) -> Option<u32> {
    let code = code.trim();
    let hex = code.strip_prefix("0x").or_else(|| code.strip_prefix("0X"));
    match hex {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => code.parse::<i64>().ok().map(|number| number as u32),
    }
}

/// The id by which Microsoft's support finds a call; on every answer, and on the parts of a batch where the server likes.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let mut named = ["x-ms-service-request-id", "req_id"].into_iter();
    let value = named.find_map(|name| headers.get(name))?.to_str().ok()?;
    let id: String = value.trim().chars().take(REQUEST_ID_MAX).collect();
    (!id.is_empty()).then_some(id)
}

/// `Retry-After` in seconds (fractions rounded up).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds = text.trim().parse::<f64>().ok()?;
    let wait = Duration::try_from_secs_f64(seconds.ceil()).ok()?;
    Some(wait.min(RETRY_AFTER_MAX))
}

fn names_a_guid(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .any(|word| word.len() == 36 && Uuid::try_parse(word).is_ok())
}
