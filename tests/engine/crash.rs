//! The real program, killed at random moments of its first copy: nobody is lost, nobody is doubled.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value as Json;

use super::harness::process::{Plain, Program, sandbox};

const PEOPLE: usize = 2000;
const KILLS: usize = 5;
/// Cycles to the end: unknown outcomes rest two seconds, and each `sync` is one cycle.
const CYCLES: usize = 12;

#[tokio::test]
async fn killed_five_times_in_its_first_copy_it_loses_and_doubles_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (_servers, announced) = sandbox(PEOPLE);
    let program = Program::new(folder.path(), &announced);
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..KILLS {
        let mut child = program.command(&["sync"]).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(random.u64(50..2500))).await;
        // SIGKILL; an engine that was faster has ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
    }
    let mut ended = Json::Null;
    for _ in 0..CYCLES {
        ended = program.document(&["sync", "--json"]);
        let wrote = ended["entities"].as_array().unwrap().iter().any(|one| {
            ["written", "created"]
                .iter()
                .any(|what| one[what]["marketo"] != 0 || one[what]["dynamics"] != 0)
        });
        let status = program.document(&["status", "--json"]);
        let backlog: u64 = status["entities"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["backlog"].as_u64())
            .sum();
        if !wrote && backlog == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let held = program.says(&["conflicts", "list", "--json"]);
    let held: HashSet<String> = held
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok())
        .filter(|one| one["kind"] == "ambiguous_match" || one["kind"] == "two_rows")
        .filter_map(|one| one["dynamics_id"].as_str().map(str::to_owned))
        .collect();
    let plain = Plain::sign_in(&announced).await;
    let rows = plain.rows().await;
    let people = plain.people(&rows).await;
    assert!(rows.len() >= PEOPLE, "{}", rows.len());
    let wrong: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row,
                people.get(row).copied().unwrap_or(0),
                held.contains(row),
            )
        })
        .filter(|(_, people, held)| *people != usize::from(!held))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} rows: {:?}\n{ended}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
}
