//! The configuration file as a whole: which profiles there are, which one is meant.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Table, TableLike};

use super::keys::Keys;
use super::paths::default_path;
use super::read::{check_keys, dynamics, marketo, own_share, sync};
use super::{ConfigError, Profile, SyncProfile};

/// A configuration file whose keys are all known. Secrets are opened only by [`ConfigFile::profile`].
#[derive(Clone)]
pub struct ConfigFile {
    path: PathBuf,
    document: Table,
}

/// Reads the file at `path`, or at [`default_path`]. Without a file at the default path there are no profiles, which is
/// no error; a file that was named has to be there.
pub fn load(path: Option<&Path>) -> Result<ConfigFile, ConfigError> {
    let file = path.map_or_else(default_path, Path::to_path_buf);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if path.is_none() && error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => {
            let reason = error.to_string();
            return Err(ConfigError::Unreadable { file, reason });
        }
    };
    ConfigFile::parse(&file, &text)
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The document may hold a secret given inline.
        write!(f, "ConfigFile({})", self.path.display())
    }
}

impl ConfigFile {
    /// Reads `text` as the file at `path` (which relative secret files start from).
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let document = Document::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or_default();
            ConfigError::Syntax {
                file: path.to_owned(),
                line: before.matches('\n').count() + 1,
                reason: error.message().to_owned(),
            }
        })?;
        let file = Self {
            path: path.to_owned(),
            document: document.as_table().clone(),
        };
        file.check()?;
        Ok(file)
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The profiles' names, as the file lists them.
    pub fn profile_names(&self) -> Vec<String> {
        // `check` has seen that it is a table.
        let profiles = self.top().inner("profiles").ok().flatten();
        profiles.map_or_else(Vec::new, |table| {
            table.iter().map(|(name, _)| name.to_owned()).collect()
        })
    }

    /// The profile `name`, else the file's `default_profile`, else its only one; secrets opened.
    pub fn profile(&self, name: Option<&str>) -> Result<Profile, ConfigError> {
        let names = self.profile_names();
        let top = self.top();
        let chosen = match (name, top.text("default_profile")?, names.as_slice()) {
            (Some(name), _, _) | (None, Some(name), _) => name.to_owned(),
            (None, None, [only]) => only.clone(),
            (None, None, _) => {
                let file = self.path.clone();
                return Err(ConfigError::NoDefault { file, names });
            }
        };
        let none = || ConfigError::NoSuchProfile {
            file: self.path.clone(),
            name: chosen.clone(),
            names: names.clone(),
        };
        let profiles = top.inner("profiles")?.ok_or_else(none)?;
        let profiles = Keys::new(&self.path, "profiles", profiles);
        let table = profiles.inner(&chosen)?.ok_or_else(none)?;
        self.read(&chosen, table)
    }

    fn top(&self) -> Keys<'_> {
        Keys::new(&self.path, "", &self.document)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let top = self.top();
        top.only(&["default_profile", "profiles"])?;
        top.text("default_profile")?;
        let Some(profiles) = top.inner("profiles")? else {
            return Ok(());
        };
        let profiles = Keys::new(&self.path, "profiles", profiles);
        for name in profiles.names() {
            if !is_file_name(name) {
                let problem = "has to be a name of letters, digits, - and _, up to 64 (its state file bears it)";
                return Err(profiles.wrong(name, problem));
            }
            let Some(table) = profiles.inner(name)? else {
                continue;
            };
            let path = profiles.whole(name);
            let profile = Keys::new(&self.path, &path, table);
            profile.only(&["dynamics", "marketo", "sync"])?;
            for key in ["dynamics", "marketo", "sync"] {
                if let Some(table) = profile.inner(key)? {
                    let path = profile.whole(key);
                    check_keys(&Keys::new(&self.path, &path, table), key)?;
                }
            }
        }
        Ok(())
    }

    fn read(&self, name: &str, table: &dyn TableLike) -> Result<Profile, ConfigError> {
        let path = format!("profiles.{name}");
        let profile = Keys::new(&self.path, &path, table);
        let end = |key: &str, wanted: &str| match profile.inner(key)? {
            Some(table) => Ok((profile.whole(key), table)),
            None => Err(profile.missing(key, wanted)),
        };
        let wanted = "a sync needs both ends; write [profiles.NAME.dynamics] with url, tenant, client_id and a secret";
        let (path, table) = end("dynamics", wanted)?;
        let dynamics_keys = Keys::new(&self.path, &path, table);
        let wanted = "a sync needs both ends; write [profiles.NAME.marketo] with endpoint, identity, client_id and a secret";
        let (path, table) = end("marketo", wanted)?;
        let marketo_keys = Keys::new(&self.path, &path, table);
        refuse_shared(&dynamics_keys, &marketo_keys)?;
        let mut sync = match profile.inner("sync")? {
            Some(table) => sync(&Keys::new(&self.path, &profile.whole("sync"), table))?,
            None => SyncProfile::default(),
        };
        own_share(&dynamics_keys, &mut sync.share.dynamics)?;
        own_share(&marketo_keys, &mut sync.share.marketo)?;
        Ok(Profile {
            name: name.to_owned(),
            dynamics: dynamics(&dynamics_keys)?,
            marketo: marketo(&marketo_keys)?,
            sync,
        })
    }
}

/// Two vendors never issue the same client or secret: a shared one was copied to the wrong end.
fn refuse_shared(one: &Keys<'_>, other: &Keys<'_>) -> Result<(), ConfigError> {
    for key in [
        "client_id",
        "client_secret_env",
        "client_secret_file",
        "client_secret_command",
    ] {
        let (first, second) = (one.text(key)?, other.text(key)?);
        if first.is_some() && first == second {
            let problem = format!("is the same as {}: each end has its own", one.whole(key));
            return Err(other.wrong(key, problem));
        }
    }
    if let (Some(first), Some(second)) = (one.text("url")?, other.text("endpoint")?)
        && first.trim_end_matches('/') == second.trim_end_matches('/')
    {
        let problem = format!(
            "is the same address as {}: one of them is the wrong end",
            one.whole("url")
        );
        return Err(other.wrong("endpoint", problem));
    }
    Ok(())
}

fn is_file_name(name: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    !name.is_empty() && name.len() <= 64 && name.chars().all(fits)
}
