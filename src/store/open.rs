//! Opening the file: who may read it, how SQLite is set, which schema it has.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::StoreError;

/// Marks a SQLite file as ours: `SYND`.
const APPLICATION_ID: i32 = 0x5359_4E44;

/// Every schema, in order; a file's `user_version` says how many it has seen.
const MIGRATIONS: [&str; 14] = [
    include_str!("../../assets/migrations/0001_first.sql"),
    include_str!("../../assets/migrations/0002_ledger.sql"),
    include_str!("../../assets/migrations/0003_rules.sql"),
    include_str!("../../assets/migrations/0004_marketo.sql"),
    include_str!("../../assets/migrations/0005_wanted.sql"),
    include_str!("../../assets/migrations/0006_dependants.sql"),
    include_str!("../../assets/migrations/0007_urgency.sql"),
    include_str!("../../assets/migrations/0008_conversion.sql"),
    include_str!("../../assets/migrations/0009_custom.sql"),
    include_str!("../../assets/migrations/0010_related.sql"),
    include_str!("../../assets/migrations/0011_minutes.sql"),
    include_str!("../../assets/migrations/0012_request.sql"),
    include_str!("../../assets/migrations/0013_account_roles.sql"),
    include_str!("../../assets/migrations/0014_led.sql"),
];

/// How long a connection waits for another process before it gives up.
const BUSY: Duration = Duration::from_secs(5);

/// Prepared statements kept a connection; more than the store has.
const STATEMENTS: usize = 256;

/// What must be set before the first page is written.
const AT_BIRTH: &str = "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;";

/// `FULL`, because an intent must be on the disk before its call is made: a commit costs milliseconds, a vendor's
/// answer hundreds. Memory is bounded by the cache (32 MiB), the log by its limit; big sorts go to a file.
const WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
    PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768; PRAGMA mmap_size = 0; PRAGMA temp_store = FILE;
    PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 268435456; PRAGMA trusted_schema = OFF;";

/// A plan chosen once is kept. Else a statement would be compiled anew whenever its values change, in case another plan
/// suited them better: an eighth of all time, for tables that are only ever searched by their keys.
const STEADY: (DbConfig, bool) = (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);

/// Readers page through lists: a small cache is enough.
const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -4096; PRAGMA mmap_size = 0;
    PRAGMA temp_store = FILE; PRAGMA trusted_schema = OFF;";

/// The writing connection of a file, which is created (mode 0600, in folders of mode 0700) where it is missing.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    create_file(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    check(&conn).map_err(|error| match error {
        StoreError::Damaged(_) => StoreError::NotOurs(path.to_owned()),
        other => other,
    })?;
    prepare(conn)
}

/// A database of this process alone, gone when it is closed.
pub(super) fn in_memory() -> Result<Connection, StoreError> {
    prepare(Connection::open_in_memory()?)
}

/// A reading connection beside the writer.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.execute_batch(READER)?;
    conn.set_db_config(STEADY.0, STEADY.1)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// Creates a file that only we may read, where it is missing.
pub(super) fn create_file(path: &Path) -> Result<(), StoreError> {
    create(path).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => StoreError::Permission,
        reason => StoreError::Open {
            path: path.to_owned(),
            reason,
        },
    })
}

fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn prepare(mut conn: Connection) -> Result<Connection, StoreError> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    if schema(&conn)? == 0 {
        conn.execute_batch(AT_BIRTH)?;
    }
    conn.execute_batch(WRITER)?;
    conn.set_db_config(STEADY.0, STEADY.1)?;
    migrate(&mut conn)?;
    Ok(conn)
}

/// Looks before anything is changed: is it ours, and do we know its schema?
fn check(conn: &Connection) -> Result<(), StoreError> {
    let id: i32 = conn.query_row("PRAGMA application_id", (), |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    let empty = id == 0 && tables == 0;
    if id != APPLICATION_ID && !empty {
        return Err(StoreError::Damaged("another application's file"));
    }
    known(schema(conn)?).map(drop)
}

fn schema(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("PRAGMA user_version", (), |row| row.get(0))?)
}

/// The migrations a file of this schema has not seen.
fn known(found: u32) -> Result<&'static [&'static str], StoreError> {
    MIGRATIONS
        .get(found as usize..)
        .ok_or(StoreError::NewerSchema {
            found,
            known: MIGRATIONS.len() as u32,
        })
}

/// One transaction for all that is missing; two processes that start together do it once.
fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    if known(schema(conn)?)?.is_empty() {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for sql in known(schema(&tx)?)? {
        tx.execute_batch(sql)?;
    }
    tx.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(tx.commit()?)
}
