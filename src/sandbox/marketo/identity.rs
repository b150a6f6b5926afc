//! Access tokens: one living token a client, its remaining life, and what becomes of old ones.

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::answer::{Refusal, json_response};
use super::call::{Call, Verb};

/// The API-only user that owns the one custom service of an instance.
pub(crate) const API_USER: &str = "sync-engine@example.com";

#[derive(Debug)]
struct Token {
    text: String,
    ends_ms: i64,
    /// The 602 of its end has been given; from now on it is unknown (601).
    reported: bool,
}

/// The client's secret and its tokens.
#[derive(Debug)]
pub(crate) struct Identity {
    pub client_id: String,
    pub client_secret: String,
    life_ms: i64,
    current: Option<Token>,
    former: Option<Token>,
}

impl Identity {
    pub(crate) fn new(client_id: String, client_secret: String, life_ms: i64) -> Self {
        Self {
            client_id,
            client_secret,
            life_ms,
            current: None,
            former: None,
        }
    }

    /// Answers `/identity/oauth/token`: outside the envelope, with OAuth's own errors.
    pub(crate) fn answer(&mut self, call: &Call, rng: &mut fastrand::Rng) -> Response {
        if !matches!(call.verb, Verb::Get | Verb::Post) {
            return oauth_error(
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                "Bad method",
            );
        }
        if call.param("grant_type") != Some("client_credentials") {
            let text = "Unsupported grant type";
            return oauth_error(StatusCode::BAD_REQUEST, "unsupported_grant_type", text);
        }
        let given = call.param("client_id").unwrap_or_default();
        if given != self.client_id {
            let text = format!("No client with requested id: {given}");
            return oauth_error(StatusCode::UNAUTHORIZED, "unauthorized", &text);
        }
        if call.param("client_secret") != Some(self.client_secret.as_str()) {
            let text = "Bad client credentials";
            return oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", text);
        }
        let (token, left) = self.token(call.now_ms, rng);
        let body = json!({
            "access_token": token, "token_type": "bearer", "expires_in": left, "scope": API_USER,
        });
        json_response(StatusCode::OK, body.to_string().into_bytes())
    }

    /// The living token and its remaining whole seconds; a new one when the last has ended.
    fn token(&mut self, now_ms: i64, rng: &mut fastrand::Rng) -> (String, i64) {
        if self
            .current
            .as_ref()
            .is_none_or(|token| token.ends_ms <= now_ms)
        {
            let id = uuid::Builder::from_random_bytes(rng.u128(..).to_le_bytes()).into_uuid();
            let fresh = Token {
                text: format!("{id}:sj"),
                ends_ms: now_ms + self.life_ms,
                reported: false,
            };
            if let Some(old) = self.current.replace(fresh) {
                self.former = Some(old);
            }
        }
        match &self.current {
            Some(token) => (
                token.text.clone(),
                (token.ends_ms - now_ms - 1).max(0) / 1000,
            ),
            None => (String::new(), 0),
        }
    }

    /// Whether a call with this token may go on: 603 without one, 602 at the first use after its
    /// end, 601 afterwards and for unknown ones.
    pub(crate) fn check(&mut self, token: Option<&str>, now_ms: i64) -> Result<(), Refusal> {
        let Some(token) = token else {
            return Err(Refusal::new(603, "Access denied"));
        };
        let known = [&mut self.current, &mut self.former].into_iter().flatten();
        for known in known {
            if known.text != token {
                continue;
            }
            if known.ends_ms > now_ms {
                return Ok(());
            }
            if !known.reported {
                known.reported = true;
                return Err(Refusal::new(602, "Access token expired"));
            }
        }
        Err(Refusal::new(601, "Access token invalid"))
    }

    /// Ends the living token at once; `reported` makes its next use a 601 instead of a 602.
    pub(crate) fn end_token(&mut self, now_ms: i64, reported: bool) {
        if let Some(token) = &mut self.current {
            token.ends_ms = now_ms;
            token.reported = reported;
        }
    }
}

fn oauth_error(status: StatusCode, error: &str, text: &str) -> Response {
    let body = json!({"error": error, "error_description": text});
    json_response(status, body.to_string().into_bytes())
}
