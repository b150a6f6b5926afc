//! The tenant's authority: client-credential tokens, their expiry, and the challenge.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::functions::TENANT;

/// The application's client id.
pub const CLIENT_ID: &str = "0d3c6a52-1f4b-4e0a-9c55-7b2f6a910005";

/// The application's secret; nothing real, so not hidden.
pub const CLIENT_SECRET: &str = "sandbox~secret";

/// The tenant's domain, which works in place of its id.
pub const DOMAIN: &str = "contoso.onmicrosoft.com";

/// Seconds a token lasts.
const LIFETIME: i64 = 3599;

/// Most tokens remembered; the oldest are forgotten first.
const TOKENS_MAX: usize = 10_000;

/// Tokens given out and when each ends, in seconds since 1970.
pub struct Authority {
    tokens: Mutex<Tokens>,
}

/// The generator of tokens; each token's end and whether its audience is `https`.
type Tokens = (fastrand::Rng, HashMap<String, (i64, bool)>);

/// What a good token says of its bearer.
#[derive(Clone, Copy, Debug)]
pub struct Bearer {
    /// The client knows us as `https`: something before us ends TLS.
    pub secure: bool,
}

impl Authority {
    /// An authority whose tokens follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            tokens: Mutex::new((fastrand::Rng::with_seed(seed ^ 0x70_6b), HashMap::new())),
        }
    }

    /// Answers a token request: status and body. `old` is the v1 endpoint.
    pub fn token(
        &self,
        tenant: &str,
        form: &[(String, String)],
        old: bool,
        now: DateTime<Utc>,
    ) -> (u16, Value) {
        let field = |name: &str| {
            form.iter()
                .find(|(n, _)| n == name)
                .map_or("", |(_, v)| v.as_str())
        };
        let known = tenant.eq_ignore_ascii_case(&TENANT.to_string()) || tenant == DOMAIN;
        if !known {
            let text = format!("AADSTS90002: Tenant '{tenant}' not found.");
            return refusal(400, "invalid_request", 90002, &text, now);
        }
        if field("grant_type") != "client_credentials" {
            let text = "AADSTS70003: The app requested an unsupported grant type.";
            return refusal(400, "unsupported_grant_type", 70003, text, now);
        }
        if !field("client_id").eq_ignore_ascii_case(CLIENT_ID) {
            let text = format!(
                "AADSTS700016: Application with identifier '{}' was not found in the directory 'Contoso'.",
                field("client_id")
            );
            return refusal(400, "unauthorized_client", 700_016, &text, now);
        }
        if field("client_secret") != CLIENT_SECRET {
            let text = "AADSTS7000215: Invalid client secret provided.";
            return refusal(401, "invalid_client", 7_000_215, text, now);
        }
        let audience = if old {
            field("resource")
        } else {
            field("scope")
        };
        if audience.is_empty() || (!old && !audience.ends_with("/.default")) {
            let text = format!(
                "AADSTS70011: The provided value for the input parameter 'scope' is not valid. The scope {audience} is not valid."
            );
            return refusal(400, "invalid_scope", 70011, &text, now);
        }
        let token = self.issue(now.timestamp(), audience.starts_with("https:"));
        if old {
            let ends = (now.timestamp() + LIFETIME).to_string();
            return (
                200,
                json!({
                    "token_type": "Bearer", "expires_in": LIFETIME.to_string(),
                    "ext_expires_in": LIFETIME.to_string(), "expires_on": ends,
                    "not_before": now.timestamp().to_string(), "resource": audience,
                    "access_token": token,
                }),
            );
        }
        (
            200,
            json!({
                "token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME,
                "access_token": token,
            }),
        )
    }

    fn issue(&self, now: i64, secure: bool) -> String {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let random = &mut tokens.0;
        let tail: String = (0..64).map(|_| random.alphanumeric()).collect();
        let token = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.e30.{tail}");
        if tokens.1.len() >= TOKENS_MAX {
            tokens.1.retain(|_, (ends, _)| *ends > now);
        }
        tokens.1.insert(token.clone(), (now + LIFETIME, secure));
        token
    }

    /// Who an `Authorization` header with a token that is still good belongs to.
    pub fn bearer(&self, header: Option<&str>, now: i64) -> Option<Bearer> {
        let (scheme, token) = header?.split_once(' ')?;
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let (ends, secure) = tokens.1.get(token.trim())?;
        let good = scheme.eq_ignore_ascii_case("bearer") && *ends > now;
        good.then_some(Bearer { secure: *secure })
    }

    /// Makes every token given out so far worthless.
    pub fn revoke(&self) {
        self.tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .clear();
    }
}

fn refusal(status: u16, error: &str, code: u32, text: &str, now: DateTime<Utc>) -> (u16, Value) {
    (
        status,
        json!({
            "error": error,
            "error_description": text,
            "error_codes": [code],
            "timestamp": now.format("%Y-%m-%d %H:%M:%SZ").to_string(),
            "trace_id": "6d7f0a11-0000-4000-8000-000000000000",
            "correlation_id": "b02e8c19-0000-4000-8000-000000000000",
        }),
    )
}

/// The OpenID configuration of the tenant, which some token libraries fetch first.
pub fn configuration(origin: &str, tenant: &str) -> Value {
    json!({
        "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
        "issuer": format!("{origin}/{tenant}/v2.0"),
        "jwks_uri": format!("{origin}/{tenant}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

/// What instance discovery answers: this origin is its own authority.
pub fn discovery(origin: &str) -> Value {
    let host = origin.split("://").nth(1).unwrap_or(origin);
    json!({
        "tenant_discovery_endpoint": format!("{origin}/{TENANT}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{
            "preferred_network": host, "preferred_cache": host, "aliases": [host],
        }],
    })
}
