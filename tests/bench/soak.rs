//! The sandbox at work for minutes: after the edits stop, both sides are equal, or there is a reason for it.
//!
//! Run by hand: `cargo bench --bench soak -- [--minutes 10] [--edits-per-minute 600] [--people 1500] [--seed 1]`.
//! `syncdeck sandbox` and `syncdeck run` are processes of their own; custom entities are added while people edit, some
//! conflicts are decided, and once the edits have stopped and the engine has come to rest it is stopped. Then a plain client
//! compares every record of every entity over HTTP, by the documented maps; a difference needs a pending conflict, a
//! listed failure, or a rule that explains it. Anything else is printed, and the bench fails.
#![allow(
    missing_docs,
    dead_code,
    unreachable_pub,
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
#[path = "soak/collisions.rs"]
mod collisions;
#[path = "soak/ends.rs"]
mod ends;
#[path = "soak/kinds.rs"]
mod kinds;
#[path = "soak/ledger.rs"]
mod ledger;
#[path = "soak/objects.rs"]
mod objects;
#[path = "soak/people.rs"]
mod people;
#[path = "soak/roles.rs"]
mod roles;
#[path = "soak/tally.rs"]
mod tally;

use std::fmt::Write as _;
use std::process::{Child, ExitCode};
use std::time::{Duration, Instant};

use ends::Ends;
use engine::harness::process::{Program, sandbox_with};
use kinds::Kind;
use ledger::{Ledger, count, opened};
use objects::{Twin, standard};
use serde_json::Value as Json;
use syncdeck::clock::Clock;
use tally::Tally;

/// How long the engine may take to come to rest once nobody edits any more.
const REST: Duration = Duration::from_secs(600);
/// Cycles in a row that have to write nothing.
const QUIET: usize = 3;
/// Records to be looked at, but for those that have failed and are tried again.
const UNATTENDED: &str = "SELECT count(*) FROM dirty WHERE NOT EXISTS \
    (SELECT 1 FROM failure f WHERE f.key = dirty.key AND f.status <> 'healed')";
/// The tables that are added while it runs.
const CUSTOM: [&str; 3] = ["new_registration", "new_asset", "teammembership"];

struct Wish {
    minutes: f64,
    edits: u32,
    people: usize,
    seed: u64,
}

fn wish() -> Wish {
    let words: Vec<String> = std::env::args().collect();
    let of = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1)?.parse::<f64>().ok()
    };
    Wish {
        minutes: of("--minutes").unwrap_or(10.0),
        edits: of("--edits-per-minute").unwrap_or(600.0) as u32,
        people: of("--people").unwrap_or(1_500.0) as usize,
        seed: of("--seed").unwrap_or(1.0) as u64,
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if runtime.block_on(run(&wish())) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn run(wish: &Wish) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let since = Clock::system().now() - chrono::TimeDelta::minutes(1);
    let since = since.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let length = Duration::from_secs_f64(wish.minutes * 60.0);
    let (edits, time) = (wish.edits.to_string(), format!("{}s", length.as_secs()));
    let seed = wish.seed.to_string();
    let words = [
        "--seed",
        &seed,
        "--edits-per-minute",
        &edits,
        "--edits-for",
        &time,
    ];
    let (_servers, announced) = sandbox_with(wish.people, &words);
    let began = Instant::now();
    let program = Program::new(folder.path(), &announced);
    hurry(&folder.path().join("config.toml"));
    let mut running = program.command(&["run"]).spawn().unwrap();
    let plans = work(&program, length, began).await;
    let after = rest(&program, &mut running).await;
    let stopped = stop(&mut running);
    let ends = Ends::sign_in(&announced).await;
    let mut tally = Tally::default();
    if !stopped {
        tally.wrong("the engine did not end cleanly".to_owned());
    }
    match after {
        Some(after) => tally.note(format!("at rest {} s after the last edit", after.as_secs())),
        None => tally.wrong(format!("not at rest after {} s", REST.as_secs())),
    }
    compare(&ends, &program, &plans, &since, &mut tally).await;
    let told = tally.told();
    if let (false, Ok(kept)) = (told, std::env::var("SOAK_KEEP")) {
        std::fs::copy(&program.state, kept).unwrap();
    }
    told
}

/// A cycle begins two seconds after the last.
fn hurry(file: &std::path::Path) {
    let mut text = std::fs::read_to_string(file).unwrap();
    text.push_str("interval = \"2s\"\n");
    std::fs::write(file, text).unwrap();
}

/// What the admin does while people edit: adds entities, decides some conflicts. The plans of the entities.
async fn work(program: &Program, length: Duration, began: Instant) -> Vec<Json> {
    let mut plans = Vec::new();
    let at = |part: f64| length.mul_f64(part).saturating_sub(began.elapsed());
    for (number, table) in CUSTOM.into_iter().enumerate() {
        tokio::time::sleep(at(0.2 + 0.1 * number as f64)).await;
        let plan = program.document(&["entities", "add", table, "--json"]);
        let name = plan["plan"].as_str().unwrap_or_else(|| panic!("{plan}"));
        program.says(&["entities", "add", table, "--approve", name]);
        plans.push(plan);
    }
    for (part, field, side) in [(0.6, "title", "marketo"), (0.7, "city", "dynamics")] {
        tokio::time::sleep(at(part)).await;
        let words = [
            "conflicts",
            "resolve",
            "--all",
            "--field",
            field,
            "--take",
            side,
        ];
        program.says(&words);
    }
    tokio::time::sleep(at(1.0)).await;
    plans
}

/// Waits until nothing is left to be looked at or sent, and some cycles in a row wrote nothing.
async fn rest(program: &Program, running: &mut Child) -> Option<Duration> {
    let began = Instant::now();
    let state = opened(&program.state);
    let (mut last, mut quiet) = (0, 0);
    while began.elapsed() < REST && running.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let sql = "SELECT ifnull(max(id), 0) FROM cycle WHERE ended IS NOT NULL";
        let cycle = count(&state, sql, []);
        if cycle == last {
            continue;
        }
        last = cycle;
        let backlog = count(&state, UNATTENDED, []);
        let outbox = count(&state, "SELECT count(*) FROM outbox", []);
        let report = program.document(&["history", "--limit", "1", "--json"]);
        let wrote = wrote(&report);
        quiet = if backlog == 0 && outbox == 0 && !wrote {
            quiet + 1
        } else {
            0
        };
        if quiet == QUIET {
            return Some(began.elapsed());
        }
        if began.elapsed().as_secs().is_multiple_of(30) {
            println!("cycle {cycle}: backlog {backlog}, outbox {outbox}, wrote: {wrote}");
        }
    }
    None
}

fn wrote(report: &Json) -> bool {
    let entities = report["entities"].as_array().into_iter().flatten();
    entities.into_iter().any(|one| {
        ["written", "created", "deleted"]
            .iter()
            .any(|what| one[what]["marketo"] != 0 || one[what]["dynamics"] != 0)
    })
}

/// As a service manager ends it.
fn stop(running: &mut Child) -> bool {
    let id = running.id().to_string();
    let told = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    told.unwrap().success() && running.wait().unwrap().success()
}

async fn compare(ends: &Ends, program: &Program, plans: &[Json], since: &str, tally: &mut Tally) {
    let ledger = Ledger::read(program);
    at_rest(&ledger, tally);
    let mut known = collisions::deleted(ends, since).await;
    for twin in &standard() {
        objects::compare(ends, &ledger, twin, tally).await;
    }
    people::rows(ends, &ledger, &mut known, tally).await;
    people::stamps(ends, &ledger, &known, tally).await;
    roles::compare(ends, &ledger, tally).await;
    for plan in plans {
        objects::compare(ends, &ledger, &custom(plan), tally).await;
    }
    collisions::decided(program, &ledger, tally);
    collisions::replaced(ends, &ledger, since, tally).await;
}

/// A custom entity as its plan shows it.
fn custom(plan: &Json) -> Twin<'_> {
    let text = |value: &'static str| plan[value].as_str().unwrap();
    let table = text("table");
    let set = format!("{table}s");
    let object = format!("customobjects/{}_c", text("object"));
    let columns = plan["columns"].as_array().unwrap().iter();
    let pairs = columns.map(|column| {
        let of = |name: &str| column[name].as_str().unwrap();
        let kind = match of("type") {
            "integer" | "float" | "decimal" | "currency" => Kind::Number,
            "boolean" => Kind::Flag,
            "date" => Kind::Day,
            "datetime" => Kind::Moment,
            "phone" => Kind::Phone,
            _ if matches!(of("dynamics"), "statecode" | "statuscode" | "new_topics") => Kind::Label,
            _ if of("dynamics").ends_with("id") => Kind::Row,
            _ => Kind::Text,
        };
        (of("dynamics"), of("marketo"), kind)
    });
    Twin {
        table,
        set: set.leak(),
        id: format!("{table}id").leak(),
        object: object.leak(),
        key: "dynamicsId",
        pairs: pairs.collect(),
    }
}

/// Nothing waits but what has failed; nothing is on its way; the file is sound.
fn at_rest(ledger: &Ledger, tally: &mut Tally) {
    let outbox = ledger.count("SELECT count(*) FROM outbox", []);
    if outbox > 0 {
        tally.wrong(format!("{outbox} writes are left in the outbox"));
    }
    let waiting = "SELECT entity || ' for reason ' || reason, count(*) FROM dirty WHERE NOT EXISTS \
        (SELECT 1 FROM failure f WHERE f.key = dirty.key AND f.status <> 'healed') GROUP BY 1";
    for (what, count) in ledger.counts(waiting) {
        tally.wrong(format!("{count} left to be looked at: {what}"));
    }
    let undone = "SELECT entity || ' ' || field, id FROM conflict c WHERE status = 'resolved' AND NOT EXISTS \
        (SELECT 1 FROM conflict o WHERE o.link = c.link AND o.field = '' AND o.status = 'pending')";
    for (what, id) in ledger.counts(undone) {
        tally.wrong(format!(
            "conflict {id} ({what}) was decided, and nothing came of it"
        ));
    }
    let ended = "SELECT c.kind || ' ' || c.field, c.id FROM conflict c JOIN link l ON l.id = c.link \
        WHERE c.status = 'pending' AND l.state = 2 AND c.kind <> 'overwritten'";
    for (what, id) in ledger.counts(ended) {
        tally.wrong(format!(
            "conflict {id} ({what}) is asked about a link that has ended"
        ));
    }
    let sound: String = ledger
        .state
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    if sound != "ok" {
        tally.wrong(format!("the state file: {sound}"));
    }
    let mut text = String::new();
    for (what, many) in [
        ("writes in the journal", "journal"),
        ("cycles", "cycle"),
        ("writes in the outbox", "outbox"),
        ("records to be looked at", "dirty"),
    ] {
        let many = ledger.count(&format!("SELECT count(*) FROM {many}"), []);
        let _ = write!(text, "{many} {what}, ");
    }
    tally.note(format!("{text}integrity {sound}"));
    let failures = "SELECT entity || ', ' || class || ' ' || code, count(*) FROM failure WHERE status <> 'healed' GROUP BY 1";
    for (what, count) in ledger.counts(failures) {
        tally.note(format!("failure              {count:>7} {what}"));
    }
}
