//! What the engine says of itself: pending conflicts and failures from the command line, the rest from its state file.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, params};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::engine::harness::process::Program;

/// What stands open about a record.
pub struct Open {
    pub kind: String,
    pub field: String,
    pub code: String,
}

/// Everything that may be the reason of a difference, by row.
pub struct Ledger {
    conflicts: HashMap<String, Vec<Open>>,
    failures: HashMap<String, Vec<Open>>,
    pub state: Connection,
}

fn lines(program: &Program, words: &[&str]) -> Vec<Json> {
    let said = program.says(words);
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The state file as it is, for reading only.
pub fn opened(state: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let state = Connection::open_with_flags(state, flags).unwrap();
    state
        .busy_timeout(std::time::Duration::from_secs(10))
        .unwrap();
    state
}

/// A GUID as the state file keeps it: sequential ones in the order of their time.
fn stored(id: &str) -> [u8; 16] {
    let b = Uuid::parse_str(id).unwrap().into_bytes();
    [
        b[6], b[7], b[4], b[5], b[0], b[1], b[2], b[3], b[8], b[9], b[10], b[11], b[12], b[13],
        b[14], b[15],
    ]
}

fn shown(s: [u8; 16]) -> String {
    let bytes = [
        s[4], s[5], s[6], s[7], s[2], s[3], s[0], s[1], s[8], s[9], s[10], s[11], s[12], s[13],
        s[14], s[15],
    ];
    Uuid::from_bytes(bytes).to_string()
}

impl Ledger {
    pub fn read(program: &Program) -> Self {
        let text = |one: &Json, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let mut conflicts: HashMap<String, Vec<Open>> = HashMap::new();
        for one in lines(program, &["conflicts", "list", "--json"]) {
            let open = Open {
                kind: text(&one, "kind"),
                field: text(&one, "field"),
                code: String::new(),
            };
            let row = text(&one, "dynamics_id");
            conflicts.entry(row).or_default().push(open);
        }
        let mut failures: HashMap<String, Vec<Open>> = HashMap::new();
        for one in lines(program, &["failures", "list", "--json"]) {
            let open = Open {
                kind: text(&one, "class"),
                field: text(&one, "field"),
                code: text(&one, "code"),
            };
            let row = text(&one, "dynamics_id");
            failures.entry(row).or_default().push(open);
        }
        Self {
            conflicts,
            failures,
            state: opened(&program.state),
        }
    }

    /// Why a record as a whole may be as it is.
    pub fn of_record(&self, row: &str) -> Option<String> {
        let open = self.conflicts.get(row).into_iter().flatten();
        let mut whole = open.filter(|one| one.field.is_empty());
        if let Some(one) = whole.next() {
            return Some(format!("pending {}", one.kind));
        }
        let failed = self.failures.get(row).into_iter().flatten();
        let mut whole = failed.filter(|one| one.field.is_empty());
        whole
            .next()
            .map(|one| format!("failure {} {}", one.kind, one.code))
    }

    /// Why the record of an object may be as it is: it waits as a whole for what it belongs to.
    pub fn of_object(&self, row: &str) -> Option<String> {
        let failed = self.failures.get(row).into_iter().flatten();
        let mut waits = failed.filter(|one| one.kind == "missing_parent");
        let parent = waits.next().map(|one| format!("waits for {}", one.field));
        self.of_record(row).or(parent)
    }

    /// Why a field of a record may differ.
    pub fn of_field(&self, row: &str, names: [&str; 2]) -> Option<String> {
        let named = |one: &&Open| names.contains(&one.field.as_str());
        let mut open = self.conflicts.get(row).into_iter().flatten();
        if let Some(one) = open.find(named) {
            return Some(format!("field with a pending {}", one.kind));
        }
        let mut failed = self.failures.get(row).into_iter().flatten();
        if let Some(one) = failed.find(named) {
            return Some(format!("field with a failure {} {}", one.kind, one.code));
        }
        self.of_record(row)
    }

    /// The links a row ever had: person, state.
    pub fn links(&self, row: &str) -> Vec<(Option<i64>, i64)> {
        let sql = "SELECT marketo, state FROM link WHERE dynamics = ?1";
        let mut asked = self.state.prepare_cached(sql).unwrap();
        let rows = asked.query_map(params![stored(row)], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Whether a lead's conversion is on record.
    pub fn converted(&self, lead: &str) -> bool {
        let sql = "SELECT count(*) FROM conversion WHERE lead = ?1";
        self.count(sql, params![stored(lead)]) > 0
    }

    /// A page of an entity's linked rows, whatever became of them, after a link.
    pub fn linked(&self, entity: &str, after: i64) -> Vec<(i64, String)> {
        let sql = "SELECT id, dynamics FROM link WHERE entity = ?1 AND id > ?2 AND dynamics IS NOT NULL ORDER BY id LIMIT 100";
        let mut asked = self.state.prepare_cached(sql).unwrap();
        let rows = asked.query_map(params![entity, after], |row| {
            Ok((row.get(0)?, shown(row.get(1)?)))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// One number.
    pub fn count(&self, sql: &str, with: impl rusqlite::Params) -> i64 {
        count(&self.state, sql, with)
    }

    /// Text and number, a line each.
    pub fn counts(&self, sql: &str) -> Vec<(String, i64)> {
        let mut asked = self.state.prepare(sql).unwrap();
        let rows = asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }
}

/// One number.
pub fn count(state: &Connection, sql: &str, with: impl rusqlite::Params) -> i64 {
    state.query_row(sql, with, |row| row.get(0)).unwrap()
}
