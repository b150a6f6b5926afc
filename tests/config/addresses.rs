//! Where the ends are: secrets never travel in the clear.

use super::{profile, with};

const DYNAMICS: &str = "url = \"http://127.0.0.1:7001\"";
const TOKEN: &str = "token_url = \"http://127.0.0.1:7001/token\"";
const SECRET: &str = "client_secret = \"hush-dynamics\"";

fn dynamics(url: &str) -> Result<String, String> {
    // The secret comes from a command, so that only the address is at stake.
    let text = with(DYNAMICS, &format!("url = \"{url}\""))
        .replace(SECRET, "client_secret_command = \"echo hush\"");
    profile(&text).map(|profile| profile.dynamics.url)
}

#[test]
fn http_is_refused_except_for_loopback() {
    for url in [
        "https://acme.crm4.dynamics.com",
        "http://localhost:1",
        "http://127.8.9.1",
        "http://[::1]:80",
    ] {
        assert!(dynamics(url).is_ok(), "{url}");
    }
    for url in [
        "http://acme.crm4.dynamics.com",
        "http://10.0.0.1",
        "http://localhost.evil.example",
    ] {
        let error = dynamics(url).unwrap_err();
        assert!(
            error.contains("profiles.acme.dynamics.url would send secrets in the clear"),
            "{error}"
        );
    }
}

#[test]
fn every_address_is_held_to_it() {
    for (line, key) in [
        ("endpoint = \"http://127.0.0.1:7002/rest\"", "endpoint"),
        ("identity = \"http://127.0.0.1:7002/identity\"", "identity"),
    ] {
        let error = profile(&with(
            line,
            &format!("{key} = \"http://example.com/{key}\""),
        ))
        .unwrap_err();
        assert!(
            error.contains(&format!("profiles.acme.marketo.{key} would send")),
            "{error}"
        );
    }
    let text = with(TOKEN, "token_url = \"http://example.com/token\"");
    let error = profile(&text).unwrap_err();
    assert!(
        error.contains("profiles.acme.dynamics.token_url would send"),
        "{error}"
    );
}

#[test]
fn an_address_is_plain() {
    let table = [
        ("acme.crm4.dynamics.com", "is not an address"),
        ("ftp://acme.crm4.dynamics.com", "has to start with https://"),
        (
            "https://me:secret@acme.crm4.dynamics.com",
            "has to be a plain address",
        ),
        (
            "https://acme.crm4.dynamics.com/api/data",
            "has to be the origin alone: https://acme.crm4.dynamics.com",
        ),
    ];
    for (url, wanted) in table {
        let error = dynamics(url).unwrap_err();
        assert!(error.contains(wanted), "{error}");
        assert!(!error.contains("me:secret"), "{error}");
    }
}

#[test]
fn a_slash_at_the_end_does_not_count() {
    assert_eq!(
        dynamics("https://acme.crm4.dynamics.com/").unwrap(),
        "https://acme.crm4.dynamics.com"
    );
}

#[test]
fn a_token_address_stands_in_for_the_tenant() {
    let tenant = "tenant = \"contoso.onmicrosoft.com\"";
    assert!(profile(&with(tenant, "")).is_ok());
    let error = profile(&with(tenant, "").replace(TOKEN, "")).unwrap_err();
    assert!(
        error.contains("profiles.acme.dynamics.tenant is missing"),
        "{error}"
    );
}
