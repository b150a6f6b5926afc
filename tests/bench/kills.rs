//! The real program, killed again and again while people edit both sides: nobody lost, nobody doubled, all in step.
//!
//! Run by hand: `cargo bench --bench kills -- [KILLS]` (200). A sandbox of 300 people runs beside it; every engine is
//! killed (`kill -9`) after a random time, while a plain client edits rows and people, every text used once. At the end
//! the engine runs undisturbed until it writes nothing more. Then every row has its one person, unless it is held as
//! ambiguous, both agree in the edited fields, unless a conflict waits, and every last text is there or in the store.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a bench"
)]

#[path = "../engine"]
mod engine {
    pub mod harness;
}

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use engine::harness::process::{Plain, Program, sandbox};
use serde_json::Value as Json;

const KILLS: usize = 200;
const PEOPLE: usize = 300;
/// Edits between two kills.
const EDITS: usize = 12;
/// An engine lives so many milliseconds at most.
const LIFE: u64 = 900;
/// Cycles to the end.
const CYCLES: usize = 40;
/// Column and field.
const FIELDS: [(&str, &str); 3] = [
    ("jobtitle", "title"),
    ("address1_city", "city"),
    ("description", "personNotes"),
];

/// Who was given which text last: row, column.
type Last = HashMap<(String, &'static str), String>;

fn main() -> ExitCode {
    let kills = std::env::args()
        .find_map(|word| word.parse().ok())
        .unwrap_or(KILLS);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(kills))
}

async fn run(kills: usize) -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let (_servers, announced) = sandbox(PEOPLE);
    let program = Program::new(folder.path(), &announced);
    let plain = Plain::sign_in(&announced).await;
    let mut random = fastrand::Rng::with_seed(kills as u64);
    let mut rows = Vec::new();
    for table in ["lead", "contact"] {
        let found = plain.table(table, "createdon").await;
        let id = format!("{table}id");
        rows.extend(
            found
                .iter()
                .map(|row| (table, row[&id].as_str().unwrap().to_owned())),
        );
    }
    let ids: Vec<String> = rows.iter().map(|(_, id)| id.clone()).collect();
    let (mut texts, began, mut ended) = (Vec::new(), Instant::now(), 0);
    let mut last = Last::new();
    for kill in 0..kills {
        let mut child = program.command(&["sync"]).spawn().unwrap();
        let lives = Instant::now() + Duration::from_millis(random.u64(5..LIFE));
        for edit in 0..EDITS {
            let (table, id) = &rows[random.usize(..rows.len())];
            let (column, field) = FIELDS[random.usize(..FIELDS.len())];
            let text = format!("t{kill}-{edit}");
            let person = if random.bool() {
                person(&plain, id).await
            } else {
                None
            };
            match person {
                Some(person) => plain.edit_person(person, field, &text).await,
                None => plain.edit_row(table, id, column, &text).await,
            }
            texts.push(text.clone());
            last.insert((id.clone(), column), text);
            if Instant::now() >= lives {
                break;
            }
        }
        tokio::time::sleep(lives.saturating_duration_since(Instant::now())).await;
        ended += usize::from(child.try_wait().unwrap().is_some());
        let _ = child.kill();
        child.wait().unwrap();
    }
    let killing = began.elapsed().as_secs();
    let quiet = settle(&program).await;
    let found = examine(&program, &plain, &ids, &last).await;
    println!(
        "{kills} engines killed ({ended} had ended by themselves) in {killing} s, {} edits on {} rows; \
         at rest after {quiet} cycles; {} wrong",
        texts.len(),
        rows.len(),
        found.len()
    );
    for wrong in found.iter().take(10) {
        println!("  {wrong}");
    }
    if found.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn person(plain: &Plain, row: &str) -> Option<i64> {
    let people = plain.stamped(&[row.to_owned()], "email").await;
    people.first()?["id"].as_i64()
}

/// Runs cycles until two in a row write nothing and nothing is left to be looked at.
async fn settle(program: &Program) -> usize {
    let mut quiet = 0;
    for cycle in 1..=CYCLES {
        let report = program.document(&["sync", "--json"]);
        let wrote = report["entities"].as_array().unwrap().iter().any(|one| {
            ["written", "created", "deleted"]
                .iter()
                .any(|what| one[what]["marketo"] != 0 || one[what]["dynamics"] != 0)
        });
        let status = program.document(&["status", "--json"]);
        let entities = status["entities"].as_array().unwrap().iter();
        let backlog: u64 = entities.filter_map(|one| one["backlog"].as_u64()).sum();
        quiet = if wrote || backlog > 0 { 0 } else { quiet + 1 };
        if quiet == 2 {
            return cycle;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    CYCLES
}

async fn examine(program: &Program, plain: &Plain, ids: &[String], last: &Last) -> Vec<String> {
    let mut wrong = Vec::new();
    let listed = program.says(&["conflicts", "list", "--json"]);
    let open: Vec<Json> = listed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |one: &Json, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let held: HashSet<(String, String)> = open
        .iter()
        .map(|one| (of(one, "dynamics_id"), of(one, "field")))
        .collect();
    let columns = FIELDS.map(|(column, _)| column).join(",");
    let fields = FIELDS.map(|(_, field)| field).join(",");
    let mut rows = HashMap::new();
    for table in ["lead", "contact"] {
        for row in plain.table(table, &columns).await {
            rows.insert(row[&format!("{table}id")].as_str().unwrap().to_owned(), row);
        }
    }
    let mut people: HashMap<String, Vec<Json>> = HashMap::new();
    for person in plain.stamped(ids, &fields).await {
        people
            .entry(of(&person, "syncdeckDynamicsId"))
            .or_default()
            .push(person);
    }
    let file = std::fs::read(&program.state).unwrap();
    let log = std::fs::read(program.state.with_extension("db-wal")).unwrap_or_default();
    let stored = |text: &str| {
        [&file, &log]
            .iter()
            .any(|bytes| memchr::memmem::find(bytes, text.as_bytes()).is_some())
    };
    for id in ids {
        let stamped = people.get(id).map_or(&[][..], Vec::as_slice);
        let ambiguous = held.contains(&(id.clone(), String::new()));
        if stamped.len() != usize::from(!ambiguous) {
            wrong.push(format!("{id} has {} people", stamped.len()));
        }
        let Some(person) = stamped.first() else {
            continue;
        };
        for (column, field) in FIELDS {
            let (ours, theirs) = (of(&rows[id], column), of(person, field));
            let waits = [column, field]
                .iter()
                .any(|name| held.contains(&(id.clone(), (*name).to_owned())));
            if ours != theirs && !waits {
                wrong.push(format!("{id} {column}: {ours} != {theirs}"));
            }
            let text = last.get(&(id.clone(), column));
            let lost = text.filter(|text| **text != ours && **text != theirs && !stored(text));
            if let Some(text) = lost {
                wrong.push(format!("{id} {column}: {text} is lost"));
            }
        }
    }
    wrong
}
