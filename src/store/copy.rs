//! A copy of the state, to try something out on.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::{Store, StoreError, open};

/// Pages copied at a time; others may write in between.
const PAGES: i32 = 4_096;

impl Store {
    /// Copies this state, as it is at one moment, into a new file (mode 0600) and opens that. Blocks.
    pub fn copy_to(&self, path: &Path) -> Result<Self, StoreError> {
        open::create_file(path)?;
        let mut copy = Connection::open(path)?;
        self.with_connection(|source| {
            let backup = Backup::new(source, &mut copy)?;
            Ok(backup.run_to_completion(PAGES, Duration::ZERO, None)?)
        })?;
        drop(copy);
        Self::open(path)
    }
}
