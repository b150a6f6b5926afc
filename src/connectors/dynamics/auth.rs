//! Tokens by client credentials (Entra ID): one request at a time, renewed early, secrets never
//! shown.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderValue, Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::fault::retry_after;
use crate::clock::Clock;
use crate::connectors::{ConnectorError, Transport, TransportError, Trouble};
use crate::model::Side;

/// The authority of the public cloud; national clouds and the sandbox set `token_url`.
const AUTHORITY: &str = "https://login.microsoftonline.com";
/// A token is renewed after this part of its life, in percent.
const RENEW_AT_PERCENT: u64 = 80;
/// What is taken for a lifetime when the answer does not say.
const USUAL_LIFETIME: u64 = 3_600;
/// How long a still valid token is used on when it could not be renewed.
const RENEW_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);

/// Where and with what a token is asked for.
pub(super) struct Credentials {
    /// The whole token endpoint.
    pub url: String,
    /// The organisation's origin, without a slash at the end.
    pub resource: String,
    /// The app registration.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

impl Credentials {
    /// The endpoint of `tenant` in the public cloud.
    pub(super) fn public_endpoint(tenant: &str) -> String {
        format!("{AUTHORITY}/{tenant}/oauth2/v2.0/token")
    }

    /// The form; the old v1 endpoint wants `resource` instead of `scope`.
    fn form(&self) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose_secret());
        if self.url.ends_with("/oauth2/token") && !self.url.contains("/v2.0/") {
            form.append_pair("resource", &self.resource);
        } else {
            form.append_pair("scope", &format!("{}/.default", self.resource));
        }
        form.finish()
    }
}

/// A bearer token; its header value is marked sensitive, so `Debug` hides it.
#[derive(Clone)]
pub(super) struct Token {
    /// `Bearer …`.
    pub header: HeaderValue,
    generation: u64,
    renew_at: DateTime<Utc>,
    dead_at: DateTime<Utc>,
}

/// Holds the current token; whoever finds it stale fetches the next while the others wait.
pub(super) struct Tokens {
    transport: Arc<dyn Transport>,
    clock: Clock,
    credentials: Credentials,
    held: tokio::sync::Mutex<Option<Token>>,
}

impl Tokens {
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        clock: Clock,
        credentials: Credentials,
    ) -> Self {
        Self {
            transport,
            clock,
            credentials,
            held: tokio::sync::Mutex::new(None),
        }
    }

    /// A token that is good for now. A busy authority is [`Trouble::Retry`]: the call it was for is
    /// tried again.
    pub(super) async fn current(&self) -> Result<Token, ConnectorError> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        let generation = match held.as_ref() {
            Some(token) if now < token.renew_at => return Ok(token.clone()),
            Some(token) => token.generation + 1,
            None => 0,
        };
        match (self.ask(generation).await, held.as_mut()) {
            (Ok(fresh), _) => Ok(held.insert(fresh).clone()),
            (Err(error), Some(old))
                if matches!(error.trouble, Trouble::Retry { .. }) && now < old.dead_at =>
            {
                old.renew_at = now + RENEW_AGAIN_AFTER;
                Ok(old.clone())
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The vendor refused `token`: the next call fetches another, once for all who saw the refusal.
    pub(super) async fn refused(&self, token: &Token) {
        let mut held = self.held.lock().await;
        if let Some(current) = held.as_mut()
            && current.generation == token.generation
        {
            current.renew_at = DateTime::<Utc>::MIN_UTC;
            current.dead_at = DateTime::<Utc>::MIN_UTC;
        }
    }

    async fn ask(&self, generation: u64) -> Result<Token, ConnectorError> {
        let request = http::Request::builder()
            .method(Method::POST)
            .uri(&self.credentials.url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(Bytes::from(self.credentials.form()))
            .map_err(|_| configuration("token_url", "the token address is not a URL".to_owned()))?;
        let response = self.transport.send(request).await.map_err(|error| {
            let code = match error {
                TransportError::Connect(_) => "connection",
                TransportError::Interrupted(_) => "interrupted",
            };
            retry(code, format!("no token: {error}"), None)
        })?;
        if response.status() != StatusCode::OK {
            return Err(refusal(&response));
        }
        let granted: Granted = serde_json::from_slice(response.body()).map_err(|_| {
            let message = "the token endpoint answered with something that is not a token";
            retry("token", message.to_owned(), None)
        })?;
        self.token(granted, generation)
    }

    fn token(&self, granted: Granted, generation: u64) -> Result<Token, ConnectorError> {
        let text = format!("Bearer {}", granted.access_token);
        let mut header = HeaderValue::try_from(text).map_err(|_| {
            let message = "the token holds characters no header can carry".to_owned();
            configuration("token", message)
        })?;
        header.set_sensitive(true);
        let life = granted.expires_in.map_or(USUAL_LIFETIME, Seconds::get);
        let now = self.clock.now();
        let after = |seconds: u64| now + TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0));
        let life = life.min(7 * 86_400);
        Ok(Token {
            header,
            generation,
            renew_at: after(life * RENEW_AT_PERCENT / 100),
            dead_at: after(life),
        })
    }
}

/// Without `Debug`, so that the token cannot be shown.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<Seconds>,
}

/// v2 answers with a number, v1 with the same number as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

impl Seconds {
    fn get(self) -> u64 {
        match self {
            Self::Number(seconds) => seconds,
            Self::Text(text) => text.trim().parse().unwrap_or(USUAL_LIFETIME),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OAuthError {
    error: String,
    error_description: String,
    error_codes: Vec<u32>,
}

impl OAuthError {
    /// The AADSTS number: from the list, or out of the description.
    fn number(&self) -> Option<u32> {
        let described = || {
            let (_, rest) = self.error_description.split_once("AADSTS")?;
            let end = rest.find(|c: char| !c.is_ascii_digit());
            rest[..end.unwrap_or(rest.len())].parse().ok()
        };
        self.error_codes.first().copied().or_else(described)
    }
}

fn refusal(response: &http::Response<Bytes>) -> ConnectorError {
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        let message = "the token endpoint is busy".to_owned();
        let code = format!("HTTP {}", status.as_u16());
        return retry(&code, message, retry_after(response.headers()));
    }
    let error: OAuthError = serde_json::from_slice(response.body()).unwrap_or_default();
    match error.number() {
        Some(number) => configuration(&format!("AADSTS{number}"), advice(number).to_owned()),
        None if error.error.is_empty() => configuration(
            &format!("HTTP {}", status.as_u16()),
            "no token endpoint answers at that address: check tenant and token_url".to_owned(),
        ),
        None => configuration(
            &error.error,
            "the app registration was refused: check client_id and the client secret".to_owned(),
        ),
    }
}

/// What the admin can do about the authority's refusals.
fn advice(number: u32) -> &'static str {
    match number {
        7_000_215 => {
            "the client secret is wrong: configure the secret's value (not its id) as shown when it was created"
        }
        7_000_222 => {
            "the client secret has expired: create a new one in the app registration and configure it"
        }
        700_016 => "this tenant does not know the app: check client_id and tenant",
        90_002 => "there is no such tenant: check tenant (a domain or an id)",
        500_011 => {
            "the tenant does not know this organisation: check the Dynamics url and that it belongs to this tenant"
        }
        50_034 | 53_003 => {
            "a policy of the tenant forbids this sign-in: ask its administrator to allow the app"
        }
        _ => {
            "the tenant refused the app: look up the code, then check client_id, secret and tenant"
        }
    }
}

fn configuration(code: &str, message: String) -> ConnectorError {
    error(Trouble::Configuration, code, message)
}

fn retry(code: &str, message: String, wait: Option<Duration>) -> ConnectorError {
    error(Trouble::Retry { wait }, code, message)
}

fn error(trouble: Trouble, code: &str, message: String) -> ConnectorError {
    ConnectorError {
        side: Side::Dynamics,
        trouble,
        code: code.to_owned(),
        message,
        request: None,
    }
}
