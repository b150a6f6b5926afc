//! Where the platform keeps configuration and state.

use std::path::PathBuf;

use etcetera::{BaseStrategy, choose_base_strategy};

/// The folder of ours in both places.
const FOLDER: &str = "syncdeck";

/// The configuration file where none is named: `syncdeck/config.toml` in the platform's configuration folder
/// (`$XDG_CONFIG_HOME`, `~/.config`); in the working folder where no home is known.
pub fn default_path() -> PathBuf {
    let folder = choose_base_strategy().map(|places| places.config_dir());
    folder.unwrap_or_default().join(FOLDER).join("config.toml")
}

/// The state file of `profile` where none is named: `syncdeck/<profile>.db` in the platform's data folder
/// (`$XDG_DATA_HOME`, `~/.local/share`); in the working folder where no home is known.
pub fn state_path(profile: &str) -> PathBuf {
    let folder = choose_base_strategy().map(|places| places.data_dir());
    let file = format!("{profile}.db");
    folder.unwrap_or_default().join(FOLDER).join(file)
}

/// `path` with a leading `~/` replaced by the home folder.
pub(super) fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
