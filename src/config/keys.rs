//! One table of the file: typed look-ups whose errors name the file, the whole key and the remedy.

use std::path::Path;

use toml_edit::{Item, TableLike};

use super::ConfigError;

/// A table and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    pub file: &'a Path,
    path: &'a str,
    table: &'a dyn TableLike,
}

impl<'a> Keys<'a> {
    pub(super) fn new(file: &'a Path, path: &'a str, table: &'a dyn TableLike) -> Self {
        Self { file, path, table }
    }

    /// The whole key of `key`.
    pub(super) fn whole(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Refuses every key that is not one of `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        for (key, _) in self.table.iter() {
            if !known.contains(&key) {
                return Err(ConfigError::UnknownKey {
                    file: self.file.to_owned(),
                    key: self.whole(key),
                    nearest: nearest(key, known),
                });
            }
        }
        Ok(())
    }

    /// The names of the tables inside.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.table.iter().map(|(key, _)| key)
    }

    /// The table `key`.
    pub(super) fn inner(&self, key: &str) -> Result<Option<&'a dyn TableLike>, ConfigError> {
        match self.table.get(key) {
            None => Ok(None),
            Some(item) => match item.as_table_like() {
                Some(table) => Ok(Some(table)),
                None => Err(self.wrong(key, "has to be a table of keys")),
            },
        }
    }

    /// The text `key`; blank counts as missing.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, ConfigError> {
        match self.table.get(key) {
            None => Ok(None),
            Some(item) => match item.as_str() {
                Some(text) if text.trim().is_empty() => Ok(None),
                Some(text) => Ok(Some(text.trim())),
                None => Err(self.wrong(key, "has to be a text in quotes")),
            },
        }
    }

    /// The text `key`, which has to be there.
    pub(super) fn needed(&self, key: &str, wanted: &str) -> Result<&'a str, ConfigError> {
        self.text(key)?.ok_or_else(|| self.missing(key, wanted))
    }

    /// The value `key`.
    pub(super) fn item(&self, key: &str) -> Option<&'a Item> {
        self.table.get(key)
    }

    pub(super) fn missing(&self, key: &str, wanted: &str) -> ConfigError {
        ConfigError::Missing {
            file: self.file.to_owned(),
            key: self.whole(key),
            wanted: wanted.to_owned(),
        }
    }

    pub(super) fn wrong(&self, key: &str, problem: impl Into<String>) -> ConfigError {
        ConfigError::Value {
            file: self.file.to_owned(),
            key: self.whole(key),
            problem: problem.into(),
        }
    }
}

/// The word of `known` that `key` was probably meant to be.
pub(super) fn nearest(key: &str, known: &[&str]) -> Option<String> {
    let best = known.iter().min_by_key(|word| distance(key, word))?;
    let bearable = best.chars().count().max(key.chars().count()) / 2;
    (distance(key, best) <= bearable).then(|| (*best).to_owned())
}

/// Letters to insert, delete or replace to get from one word to the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, wanted) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
