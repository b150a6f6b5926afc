//! [`Store`]: one writer, a few readers, and the way work reaches them without blocking the runtime.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{Reader, StoreError, Tx, open};

/// Reading connections at most; a fifth reader waits.
const READERS: usize = 4;

/// The store of one profile; cheap to clone.
///
/// With a file, work runs on tokio's blocking threads (so that paused test time waits for it). In memory it runs where
/// it is awaited, after one yield: a simulation in one thread replays exactly.
/// Work must not ask the same store again from within: it would wait for itself.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: Mutex<Connection>,
    file: Option<File>,
}

/// What only a store with a file has.
struct File {
    path: PathBuf,
    readers: Mutex<Pool>,
    returned: Condvar,
    /// Always the same connection, because SQLite counts other connections' commits for each by itself.
    watcher: Mutex<Connection>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    lent: usize,
}

impl Store {
    /// Opens the file at `path`, creates it where it is missing, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let writer = open::writer(path)?;
        let file = File {
            path: path.to_owned(),
            readers: Mutex::default(),
            returned: Condvar::new(),
            watcher: Mutex::new(open::reader(path)?),
        };
        Ok(Self(Arc::new(Inner {
            writer: Mutex::new(writer),
            file: Some(file),
        })))
    }

    /// A store that ends with the process, for tests and simulations; readers share the writer's connection.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        Ok(Self(Arc::new(Inner {
            writer: Mutex::new(open::in_memory()?),
            file: None,
        })))
    }

    /// Where the file is; none in memory.
    pub fn path(&self) -> Option<&Path> {
        self.0.file.as_ref().map(|file| file.path.as_path())
    }

    /// Does `work` in one transaction: kept whole when it returns `Ok`, not at all on `Err`.
    /// Once started it runs to its end, even when the caller stops waiting.
    pub async fn transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.0);
        self.dispatch(move || inner.write(work)).await
    }

    /// Reads one snapshot: everything `work` sees was true at one moment.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.0);
        self.dispatch(move || inner.read(work)).await
    }

    /// [`Store::transaction`] on the caller's own thread.
    pub fn transaction_blocking<T>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.write(work)
    }

    /// [`Store::read`] on the caller's own thread.
    pub fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.read(work)
    }

    /// Hands `work` a connection that sees this state.
    pub(super) fn with_connection<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.0.file {
            None => work(&lock(&self.0.writer)),
            Some(file) => {
                let lent = file.borrow()?;
                work(lent.conn.as_ref().ok_or(StoreError::Ending)?)
            }
        }
    }

    /// A number that differs from the last one returned when anybody, this or another process, has committed since.
    /// Takes microseconds and reads no page. Negative when it cannot be told: look for yourself.
    pub fn changes(&self) -> i64 {
        match &self.0.file {
            None => lock(&self.0.writer).total_changes() as i64,
            Some(file) => lock(&file.watcher)
                .query_row("PRAGMA data_version", (), |row| row.get(0))
                .unwrap_or(-1),
        }
    }

    async fn dispatch<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.0.file.is_none() {
            tokio::task::yield_now().await;
            return work();
        }
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(StoreError::Ending),
            },
        }
    }
}

impl Inner {
    fn write<T>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let conn = lock(&self.writer);
        let guard = Transaction::new_unchecked(&conn, TransactionBehavior::Immediate)?;
        let done = work(&Tx::on(&conn))?;
        guard.commit()?;
        Ok(done)
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.file {
            None => snapshot(&lock(&self.writer), work),
            Some(file) => {
                let lent = file.borrow()?;
                snapshot(lent.conn.as_ref().ok_or(StoreError::Ending)?, work)
            }
        }
    }
}

fn snapshot<T>(
    conn: &Connection,
    work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let _guard = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)?;
    work(&Reader::on(conn))
}

/// A reading connection that goes back to the pool, also when its work panics.
struct Lent<'a> {
    file: &'a File,
    conn: Option<Connection>,
}

impl File {
    /// Waits for a connection where all are in use; opens one where there are too few.
    fn borrow(&self) -> Result<Lent<'_>, StoreError> {
        let mut pool = lock(&self.readers);
        while pool.lent == READERS {
            pool = self
                .returned
                .wait(pool)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let conn = match pool.idle.pop() {
            Some(conn) => conn,
            None => open::reader(&self.path)?,
        };
        pool.lent += 1;
        Ok(Lent {
            file: self,
            conn: Some(conn),
        })
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut pool = lock(&self.file.readers);
        pool.lent -= 1;
        pool.idle.extend(self.conn.take());
        self.file.returned.notify_one();
    }
}

/// A lock a panic has passed through is still good: the transaction inside was rolled back on the way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
