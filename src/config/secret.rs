//! Client secrets: from the environment, a private file or a password manager; inline only for loopback.

use std::path::Path;
use std::process::{Command, Stdio};

use secrecy::SecretString;

use super::ConfigError;
use super::keys::Keys;
use super::paths::expanded;

/// The keys a secret can be given under; exactly one of them.
pub(super) const SECRET_KEYS: [&str; 4] = [
    "client_secret_env",
    "client_secret_file",
    "client_secret_command",
    "client_secret",
];

const WANTED: &str = "give one of client_secret_env = \"VARIABLE\", client_secret_file = \"PATH\" (mode 0600) or \
                      client_secret_command = \"pass show …\"";

/// Opens the secret of one end. `loopback`: whether the end is on this machine, where a secret protects nothing.
pub(super) fn open(keys: &Keys<'_>, loopback: bool) -> Result<SecretString, ConfigError> {
    let mut given = Vec::new();
    for key in SECRET_KEYS {
        if let Some(value) = keys.text(key)? {
            given.push((key, value));
        }
    }
    let (key, value) = match given.as_slice() {
        [] => return Err(keys.missing("client_secret_env", WANTED)),
        [one] => *one,
        [(first, _), (second, _), ..] => {
            let problem = format!("and {second} are both given; keep one");
            return Err(keys.wrong(first, problem));
        }
    };
    let secret = match key {
        "client_secret_env" => from_environment(keys, key, value)?,
        "client_secret_file" => from_file(keys, key, value)?,
        "client_secret_command" => from_command(keys, key, value)?,
        _ if loopback => value.to_owned(),
        _ => {
            let problem = format!("may stand in the file only for an end on loopback; {WANTED}");
            return Err(keys.wrong(key, problem));
        }
    };
    let secret = secret.trim();
    if secret.is_empty() {
        return Err(keys.wrong(key, "gives an empty secret"));
    }
    Ok(SecretString::from(secret))
}

fn from_environment(keys: &Keys<'_>, key: &str, name: &str) -> Result<String, ConfigError> {
    std::env::var(name).map_err(|_| {
        let problem = format!("names the environment variable {name}, which is not set; export it");
        keys.wrong(key, problem)
    })
}

/// A path that is not absolute starts at the configuration file's folder.
fn from_file(keys: &Keys<'_>, key: &str, path: &str) -> Result<String, ConfigError> {
    let folder = keys.file.parent().unwrap_or(Path::new("."));
    let path = folder.join(expanded(path));
    let shown = path.display();
    refuse_readable_by_others(keys, key, &path)?;
    std::fs::read_to_string(&path)
        .map_err(|error| keys.wrong(key, format!("names {shown}, which cannot be read: {error}")))
}

#[cfg(unix)]
fn refuse_readable_by_others(keys: &Keys<'_>, key: &str, path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::PermissionsExt;

    let shown = path.display();
    let found = std::fs::metadata(path).map_err(|error| {
        keys.wrong(key, format!("names {shown}, which cannot be read: {error}"))
    })?;
    let mode = found.permissions().mode() & 0o777;
    let others = mode % 0o100;
    if others == 0 {
        return Ok(());
    }
    let problem = format!("names {shown}, which others can read (mode {mode:04o}): chmod 600 it");
    Err(keys.wrong(key, problem))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as on unix")]
fn refuse_readable_by_others(_: &Keys<'_>, _: &str, _: &Path) -> Result<(), ConfigError> {
    Ok(())
}

/// The command may ask on the terminal (a password manager's PIN): only its output is taken.
fn from_command(keys: &Keys<'_>, key: &str, command: &str) -> Result<String, ConfigError> {
    let answer = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| keys.wrong(key, format!("cannot be run: {error}")))?;
    if !answer.status.success() {
        let problem = format!("failed ({}); run it by hand to see why", answer.status);
        return Err(keys.wrong(key, problem));
    }
    String::from_utf8(answer.stdout)
        .map_err(|_| keys.wrong(key, "gives something that is not text"))
}
