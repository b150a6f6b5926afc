//! Client secrets: where they come from, and that nothing shows them.

use secrecy::ExposeSecret;
use syncdeck::config::ConfigFile;

use super::{WHOLE, file, profile, with};

const INLINE: &str = "client_secret = \"hush-dynamics\"";

fn secret(text: &str) -> Result<String, String> {
    let profile = profile(text)?;
    Ok(profile.dynamics.client_secret.expose_secret().to_owned())
}

#[test]
fn a_command_gives_the_secret_without_its_line_end() {
    let text = with(
        INLINE,
        "client_secret_command = \"printf 'from a vault\\\\n'\"",
    );
    assert_eq!(secret(&text).unwrap(), "from a vault");
}

#[test]
fn a_command_that_fails_or_says_nothing_is_an_error() {
    for (command, wanted) in [("exit 3", "failed"), ("true", "gives an empty secret")] {
        let text = with(INLINE, &format!("client_secret_command = \"{command}\""));
        let error = secret(&text).unwrap_err();
        let key = "config.toml: profiles.acme.dynamics.client_secret_command ";
        assert!(error.starts_with(key) && error.contains(wanted), "{error}");
    }
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let text = with(INLINE, "client_secret_env = \"SYNCDECK_TEST_NOT_SET\"");
    let error = secret(&text).unwrap_err();
    assert!(
        error.contains("SYNCDECK_TEST_NOT_SET, which is not set"),
        "{error}"
    );
}

#[test]
fn a_variable_gives_the_secret() {
    // Every process that runs tests has a path.
    let text = with(INLINE, "client_secret_env = \"PATH\"");
    assert_eq!(
        secret(&text).unwrap(),
        std::env::var("PATH").unwrap().trim()
    );
}

#[cfg(unix)]
#[test]
fn a_file_has_to_be_private() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "from a file\n").unwrap();
    let text = with(INLINE, "client_secret_file = \"secret\"");
    let read = || {
        let file = ConfigFile::parse(&folder.path().join("config.toml"), &text).unwrap();
        let profile = file.profile(None).map_err(|error| error.to_string())?;
        Ok::<_, String>(profile.dynamics.client_secret.expose_secret().to_owned())
    };
    let mode =
        |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    for open in [0o644, 0o640, 0o604] {
        mode(open);
        let error = read().unwrap_err();
        assert!(
            error.contains("which others can read") && error.contains("chmod 600"),
            "{error}"
        );
    }
    mode(0o600);
    assert_eq!(read().unwrap(), "from a file");
    std::fs::remove_file(&path).unwrap();
    assert!(read().unwrap_err().contains("cannot be read"));
}

#[test]
fn an_inline_secret_is_for_loopback_only() {
    let text = with(
        "url = \"http://127.0.0.1:7001\"",
        "url = \"https://acme.crm4.dynamics.com\"",
    );
    let error = secret(&text).unwrap_err();
    assert!(
        error.contains("profiles.acme.dynamics.client_secret may stand in the file only for"),
        "{error}"
    );
    assert!(!error.contains("hush"), "{error}");
}

#[test]
fn a_token_address_elsewhere_makes_it_no_loopback() {
    let local = "token_url = \"http://127.0.0.1:7001/token\"";
    for elsewhere in ["token_url = \"https://login.example.com/token\"", ""] {
        let error = secret(&with(local, elsewhere)).unwrap_err();
        let wanted = "client_secret may stand in the file only for";
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn exactly_one_source_is_given() {
    let error = secret(&with(INLINE, "")).unwrap_err();
    assert!(
        error.contains("client_secret_env is missing: give one of client_secret_env"),
        "{error}"
    );
    let two = with(INLINE, &format!("{INLINE}\nclient_secret_env = \"PATH\""));
    let error = secret(&two).unwrap_err();
    assert!(
        error.contains("client_secret_env and client_secret are both given; keep one"),
        "{error}"
    );
}

#[test]
fn nothing_shows_a_secret() {
    let file = file(WHOLE).unwrap();
    let profile = file.profile(None).unwrap();
    let shown = format!("{file:?} {profile:?}");
    assert!(!shown.contains("hush"), "{shown}");
}
