//! What can be wrong with the configuration: every error says which file, which key, what to do.

use std::path::PathBuf;

/// Why a profile cannot be used. Never carries a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {reason}. Check the path given with --config, or write one with 'syncdeck config init'", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// Not TOML.
    #[error("{}: line {line} is not TOML: {reason}", file.display())]
    Syntax {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What the parser expected.
        reason: String,
    },
    /// A key we do not know.
    #[error("{}: unknown key {key}{}", file.display(), hint(nearest.as_deref()))]
    UnknownKey {
        /// Which file.
        file: PathBuf,
        /// The whole key, `profiles.acme.sync.intervall`.
        key: String,
        /// The known key nearest to it.
        nearest: Option<String>,
    },
    /// A key that has to be there.
    #[error("{}: {key} is missing: {wanted}", file.display())]
    Missing {
        /// Which file.
        file: PathBuf,
        /// The whole key.
        key: String,
        /// What to write.
        wanted: String,
    },
    /// A value that cannot be used.
    #[error("{}: {key} {problem}", file.display())]
    Value {
        /// Which file.
        file: PathBuf,
        /// The whole key.
        key: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// No profile of that name.
    #[error("{}: there is no profile '{name}'{}", file.display(), known(names))]
    NoSuchProfile {
        /// Which file.
        file: PathBuf,
        /// The name asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// None was asked for, and the file does not say which.
    #[error("{}: no profile chosen{}. Give --profile NAME, or write default_profile = \"NAME\" at the top of the file", file.display(), known(names))]
    NoDefault {
        /// Which file.
        file: PathBuf,
        /// The names there are.
        names: Vec<String>,
    },
}

fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(key) => format!("; did you mean '{key}'?"),
        None => String::new(),
    }
}

fn known(names: &[String]) -> String {
    if names.is_empty() {
        "; the file has none, write one with 'syncdeck config init'".to_owned()
    } else {
        format!("; there is: {}", names.join(", "))
    }
}
