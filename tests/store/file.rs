//! The file: created for its owner only, reopened whole, refused when it is not ours or too new.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use syncdeck::model::Entity;
use syncdeck::store::{Cursor, CursorStage, Dirty, DirtyReason, Store, StoreError};

use super::{at, dynamics, lead, write};

fn cursor(token: &str) -> Cursor {
    Cursor {
        feed: "dynamics/lead".into(),
        token: token.into(),
        stage: CursorStage::Copying,
        since: Some(at(0)),
        obtained: at(5),
        fingerprint: "f".into(),
        counted: 5_000,
    }
}

fn mark() -> Dirty {
    Dirty::new(Entity::LEAD, dynamics(1), DirtyReason::Feed, at(0))
}

fn pragma(path: &Path, sql: &str) {
    // The test's own connection stands for another program.
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/acme.db");
    let store = Store::open(&path).unwrap();
    let link = store
        .transaction(|tx| {
            tx.mark_dirty(&[mark()])?;
            tx.set_cursor(&cursor("next"))?;
            tx.insert_link(&lead(1, 7))
        })
        .await
        .unwrap();
    drop(store);

    let store = Store::open(&path).unwrap();
    assert_eq!(store.path(), Some(path.as_path()));
    let (found, linked, backlog) = store
        .read(move |r| {
            Ok((
                r.cursor("dynamics/lead")?,
                r.link(link)?,
                r.backlog(&Entity::LEAD, at(9))?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(found, Some(cursor("next")));
    assert_eq!(linked.unwrap().marketo, Some(7));
    assert_eq!(backlog.due, 1);
}

#[tokio::test]
async fn page_and_cursor_are_kept_together_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    for store in [
        Store::open(&folder.path().join("a.db")).unwrap(),
        super::store(),
    ] {
        let done: Result<(), _> = store
            .transaction(|tx| {
                tx.mark_dirty(&[mark()])?;
                tx.set_cursor(&cursor("next"))?;
                Err(StoreError::Aborted("the page was cut".into()))
            })
            .await;
        assert!(matches!(done, Err(StoreError::Aborted(_))));
        let after = store
            .read(|r| Ok((r.cursors()?.len(), r.backlog(&Entity::LEAD, at(9))?)))
            .await
            .unwrap();
        assert_eq!(after, (0, syncdeck::store::Backlog::default()));
    }
}

#[tokio::test]
async fn panic_in_a_transaction_leaves_nothing_and_the_store_usable() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.db")).unwrap();
    let other = store.clone();
    let crashed = tokio::spawn(async move {
        other
            .transaction(|tx| {
                tx.set_cursor(&cursor("next"))?;
                panic!("on purpose");
                #[expect(unreachable_code, reason = "the closure needs a type")]
                Ok(())
            })
            .await
    });
    assert!(crashed.await.unwrap_err().is_panic());
    write(&store, |tx| tx.mark_dirty(&[mark()]));
    assert!(store.read_blocking(|r| r.cursors()).unwrap().is_empty());
}

#[test]
fn file_is_readable_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = Store::open(&path).unwrap();
    write(&store, |tx| tx.mark_dirty(&[mark()]));
    for name in ["a.db", "a.db-wal", "a.db-shm"] {
        let mode = folder
            .path()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    drop(Store::open(&path).unwrap());
    pragma(&path, "PRAGMA user_version = 99");
    let before = std::fs::read(&path).unwrap();
    let Err(error) = Store::open(&path) else {
        panic!("opened")
    };
    assert!(matches!(error, StoreError::NewerSchema { found: 99, .. }));
    assert!(error.to_string().contains("update syncdeck"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn file_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, but long enough to look like a page of something ".repeat(90),
    )
    .unwrap();
    let database = folder.path().join("other.db");
    pragma(&database, "CREATE TABLE theirs(x)");
    for path in [text, database] {
        let before = std::fs::read(&path).unwrap();
        assert!(
            matches!(Store::open(&path), Err(StoreError::NotOurs(_))),
            "{path:?}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn another_store_on_the_same_file_sees_commits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let engine = Store::open(&path).unwrap();
    let console = Store::open(&path).unwrap();
    let before = console.changes();
    assert_eq!(console.changes(), before);
    write(&engine, |tx| tx.set_cursor(&cursor("next")));
    assert_ne!(console.changes(), before);
    assert_eq!(console.read_blocking(|r| r.cursors()).unwrap().len(), 1);
}

#[test]
fn a_read_sees_one_moment_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.db")).unwrap();
    let counts = store
        .read_blocking(|r| {
            let before = r.cursors()?.len();
            write(&store, |tx| tx.set_cursor(&cursor("next")));
            Ok((before, r.cursors()?.len()))
        })
        .unwrap();
    assert_eq!(counts, (0, 0));
    assert_eq!(store.read_blocking(|r| Ok(r.cursors()?.len())).unwrap(), 1);
}

#[test]
fn more_readers_than_connections_wait_for_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.db")).unwrap();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| store.read_blocking(|r| r.cursor("none")).unwrap()))
            .collect();
        for reader in readers {
            assert_eq!(reader.join().unwrap(), None);
        }
    });
}
