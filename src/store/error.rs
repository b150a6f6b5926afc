//! What can go wrong in the store, and what to do about it. Never carries a stored value.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why the store could not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file was written by a later version of this program; it was left as it is.
    #[error(
        "the state file has schema {found}, this program knows up to {known}: \
         update syncdeck, or choose another file with --state"
    )]
    NewerSchema {
        /// The file's schema.
        found: u32,
        /// The newest schema this program knows.
        known: u32,
    },
    /// The file is something else; it was left as it is.
    #[error("{0} is not a syncdeck state file: choose another one with --state")]
    NotOurs(PathBuf),
    /// Another process held the file for longer than the store waits.
    #[error("the state file is locked by another process: end it, or try again in a moment")]
    Locked,
    /// No room for the change; nothing of it was kept.
    #[error("the disk of the state file is full: free some space, nothing was lost")]
    DiskFull,
    /// The operating system says no.
    #[error("no permission for the state file: it and its folder must be writable by this user")]
    Permission,
    /// The file or its folder cannot be opened or created.
    #[error("the state file cannot be opened at {path}: {reason}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        reason: std::io::ErrorKind,
    },
    /// What should be there once is there already: a link's id, or an operation that is on its way.
    #[error("{0} is taken already")]
    Taken(&'static str),
    /// More waits than is sensible.
    #[error("too many {0} wait: is an engine running on this state file?")]
    Full(&'static str),
    /// A stored value cannot be read.
    #[error(
        "the state file is damaged ({0}): put it aside and start again, links are rebuilt from both sides"
    )]
    Damaged(&'static str),
    /// The caller's own work gave up; nothing of it was kept.
    #[error("given up: {0}")]
    Aborted(String),
    /// Anything else SQLite says, by its extended result code.
    #[error("the state file could not be used (SQLite code {0}): check the disk, then try again")]
    Sqlite(i32),
    /// The runtime is shutting down.
    #[error("the program is ending")]
    Ending,
}

impl From<rusqlite::Error> for StoreError {
    /// Keeps the code and drops the text: a conversion error may quote the value it stumbled over.
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match error {
            E::SqliteFailure(failure, _) => of_code(failure.code, failure.extended_code),
            E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::InvalidColumnType(..)
            | E::Utf8Error(..) => Self::Damaged("a stored value has an unknown form"),
            E::ToSqlConversionFailure(_) => Self::Damaged("a value cannot be stored"),
            _ => Self::Sqlite(rusqlite::ffi::SQLITE_ERROR),
        }
    }
}

fn of_code(code: ErrorCode, extended: i32) -> StoreError {
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Locked,
        ErrorCode::DiskFull => StoreError::DiskFull,
        ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen => {
            StoreError::Permission
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            StoreError::Damaged("SQLite cannot read it")
        }
        _ if extended == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => StoreError::Taken("a key"),
        _ => StoreError::Sqlite(extended),
    }
}
