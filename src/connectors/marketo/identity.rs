//! The access token: fetched by one task for all, renewed ahead of its end, taken at its remaining life.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::header::{CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::error;
use crate::clock::Clock;
use crate::connectors::{ConnectorError, Transport, TransportError, Trouble};

/// Renewal begins this long before the end.
const AHEAD: TimeDelta = TimeDelta::seconds(60);
/// At the turn-over the identity service hands out a token with no life left: not usable yet.
const TURN_OVER: i64 = 2;
/// How often a token without life, or a failing identity service, is asked again.
const ATTEMPTS: u32 = 6;
const ASK_AGAIN: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A token and how long it may be used. Shown nowhere.
#[derive(Clone)]
pub(super) struct Token {
    header: HeaderValue,
    renew: DateTime<Utc>,
    expires: DateTime<Utc>,
}

impl Token {
    /// The `Authorization` header's value, marked sensitive.
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

/// Hands out tokens of one custom service.
pub(super) struct Identity {
    url: String,
    client_id: String,
    client_secret: SecretString,
    transport: Arc<dyn Transport>,
    clock: Clock,
    /// Held while fetching: everybody else waits for the one who asks.
    token: tokio::sync::Mutex<Option<Token>>,
    user: Mutex<Option<String>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: i64,
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
    #[serde(default)]
    error_description: String,
}

enum Fetched {
    Token(Token),
    NotYet(ConnectorError),
}

impl Identity {
    /// `base` is the identity address without a slash at its end.
    pub(super) fn new(
        base: &str,
        client_id: &str,
        client_secret: SecretString,
        transport: Arc<dyn Transport>,
        clock: Clock,
    ) -> Self {
        Self {
            url: format!("{base}/oauth/token"),
            client_id: client_id.to_owned(),
            client_secret,
            transport,
            clock,
            token: tokio::sync::Mutex::default(),
            user: Mutex::default(),
        }
    }

    /// The API user's name, once a token told it; what the usage statistics list.
    pub(super) fn user(&self) -> Option<String> {
        let user = self.user.lock().unwrap_or_else(PoisonError::into_inner);
        user.clone()
    }

    /// A token that is good for now.
    pub(super) async fn token(&self) -> Result<Token, ConnectorError> {
        let mut held = self.token.lock().await;
        let now = self.clock.now();
        if let Some(token) = held.as_ref().filter(|token| now < token.renew) {
            return Ok(token.clone());
        }
        match self.fetch().await {
            Ok(token) => {
                *held = Some(token.clone());
                Ok(token)
            }
            // The renewal failed, but there is life left in the old one.
            Err(error) if !matches!(error.trouble, Trouble::Configuration) => {
                let alive = held.as_ref().filter(|token| now < token.expires);
                alive.cloned().ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// The server refused this token: forget it, unless another task has replaced it already.
    pub(super) async fn refuse(&self, refused: &Token) {
        let mut held = self.token.lock().await;
        if held
            .as_ref()
            .is_some_and(|token| token.header == refused.header)
        {
            *held = None;
        }
    }

    async fn fetch(&self) -> Result<Token, ConnectorError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.ask().await? {
                Fetched::Token(token) => return Ok(token),
                Fetched::NotYet(error) if attempt >= ATTEMPTS => return Err(error),
                Fetched::NotYet(_) => tokio::time::sleep(ASK_AGAIN * attempt.min(4)).await,
            }
        }
    }

    async fn ask(&self) -> Result<Fetched, ConnectorError> {
        let retry = |code: &str, message: &str| {
            let trouble = Trouble::Retry { wait: None };
            Ok(Fetched::NotYet(error::of(trouble, code, message)))
        };
        let sent = tokio::time::timeout(ANSWER_WITHIN, self.transport.send(self.request()?));
        let answer = match sent.await {
            Err(_elapsed) => return retry("timeout", "the identity service does not answer"),
            Ok(Err(TransportError::Connect(why) | TransportError::Interrupted(why))) => {
                return retry("connection", &format!("the identity service: {why}"));
            }
            Ok(Ok(answer)) => answer,
        };
        let status = answer.status();
        if status.is_server_error() || status.as_u16() == 429 {
            return retry(&error::http(status), "the identity service is in trouble");
        }
        if let Ok(granted) = serde_json::from_slice::<Granted>(answer.body()) {
            return self.accept(granted);
        }
        // Only the OAuth code is repeated; a description may quote the client id.
        let message = match serde_json::from_slice::<Denied>(answer.body()) {
            Ok(denied) if denied.error_description.contains(&self.client_id) => {
                format!("Marketo does not know this client id ({})", denied.error)
            }
            Ok(denied) => format!("{} ({})", denied.error_description, denied.error),
            Err(_) if status.is_success() => {
                return retry(
                    "garbled",
                    "the identity address answers, but not like Marketo's: cut, or another address",
                );
            }
            Err(_) => "the identity address does not answer like Marketo's".to_owned(),
        };
        let message =
            format!("{message}: check the client id, its secret and the identity address");
        Err(error::of(
            Trouble::Configuration,
            &error::http(status),
            &message,
        ))
    }

    fn request(&self) -> Result<http::Request<Bytes>, ConnectorError> {
        // In the body, not in the address: addresses end up in logs.
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose_secret())
            .finish();
        http::Request::post(&self.url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .map_err(|_| {
                error::of(
                    Trouble::Configuration,
                    "address",
                    "the identity address is not an address",
                )
            })
    }

    fn accept(&self, granted: Granted) -> Result<Fetched, ConnectorError> {
        let life = granted.expires_in;
        if life <= TURN_OVER {
            let message = "the identity service hands out only tokens that are over";
            let trouble = Trouble::Retry { wait: None };
            return Ok(Fetched::NotYet(error::of(trouble, "expires_in", message)));
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {}", granted.access_token))
            .map_err(|_| {
                error::of(
                    Trouble::Configuration,
                    "token",
                    "the token is no header value",
                )
            })?;
        header.set_sensitive(true);
        if granted.scope.is_some() {
            *self.user.lock().unwrap_or_else(PoisonError::into_inner) = granted.scope;
        }
        let now = self.clock.now();
        let life = TimeDelta::seconds(life.min(86_400));
        // Until it is over, the service answers with the same token: near the end ask at half of what is left,
        // not before each call.
        let renew = if life > AHEAD * 2 {
            now + life - AHEAD
        } else {
            now + life / 2
        };
        Ok(Fetched::Token(Token {
            header,
            renew,
            expires: now + life,
        }))
    }
}
