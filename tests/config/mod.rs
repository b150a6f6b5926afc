//! Profiles, paths, secrets.

mod addresses;
mod file;
mod secrets;

use std::path::Path;

use syncdeck::config::{ConfigFile, Profile};

/// A whole profile `acme` with inline secrets on loopback, for tests about something else.
pub const WHOLE: &str = r#"
[profiles.acme.dynamics]
url = "http://127.0.0.1:7001"
token_url = "http://127.0.0.1:7001/token"
tenant = "contoso.onmicrosoft.com"
client_id = "dynamics-client"
client_secret = "hush-dynamics"

[profiles.acme.marketo]
endpoint = "http://127.0.0.1:7002/rest"
identity = "http://127.0.0.1:7002/identity"
client_id = "marketo-client"
client_secret = "hush-marketo"
"#;

/// `text` as the file `config.toml`.
pub fn file(text: &str) -> Result<ConfigFile, String> {
    ConfigFile::parse(Path::new("config.toml"), text).map_err(|error| error.to_string())
}

/// The default profile of `text`, or the error as the admin reads it.
pub fn profile(text: &str) -> Result<Profile, String> {
    file(text)?.profile(None).map_err(|error| error.to_string())
}

/// [`WHOLE`] with one line replaced.
pub fn with(line: &str, other: &str) -> String {
    assert!(WHOLE.contains(line), "{line}");
    WHOLE.replace(line, other)
}
