//! The real program, killed at random moments of its first copy: nobody is lost, nobody is doubled.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

const PEOPLE: usize = 2000;
const KILLS: usize = 5;
/// Cycles to the end: unknown outcomes rest two seconds, and each `sync` is one cycle.
const CYCLES: usize = 12;

fn syncdeck() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncdeck"));
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// Ends with the test.
struct Servers(Child);

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two servers in a process of their own, and what they announced.
fn sandbox() -> (Servers, Json) {
    let people = PEOPLE.to_string();
    let mut child = syncdeck()
        .args(["sandbox", "--limits", "off", "--people", &people])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut announced = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut announced)
        .unwrap();
    (Servers(child), serde_json::from_str(&announced).unwrap())
}

fn configure(folder: &Path, announced: &Json) -> std::path::PathBuf {
    let of = |side: &str, name: &str| announced[side][name].as_str().unwrap().to_owned();
    let file = folder.join("config.toml");
    let text = format!(
        "default_profile = \"crash\"\n\n[profiles.crash.dynamics]\nurl = \"{}\"\ntenant = \"{}\"\ntoken_url = \"{}\"\n\
         client_id = \"{}\"\nclient_secret_env = \"DYNAMICS_SECRET\"\n\n[profiles.crash.marketo]\nendpoint = \"{}\"\n\
         identity = \"{}\"\nclient_id = \"{}\"\nclient_secret_env = \"MARKETO_SECRET\"\n\n[profiles.crash.sync]\n\
         first_copy = \"go\"\nsettle = \"2s\"\n",
        of("dynamics", "url"),
        of("dynamics", "tenant"),
        of("dynamics", "token_url"),
        of("dynamics", "client_id"),
        of("marketo", "endpoint"),
        of("marketo", "identity"),
        of("marketo", "client_id"),
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// A plain client of both ends.
struct Plain {
    http: reqwest::Client,
    dynamics: (String, String),
    marketo: (String, String),
}

impl Plain {
    async fn sign_in(announced: &Json) -> Self {
        // A second call finds the provider installed; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let of = |side: &str, name: &str| announced[side][name].as_str().unwrap().to_owned();
        let scope = format!("{}/.default", of("dynamics", "url"));
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", of("dynamics", "client_id")),
            ("client_secret", of("dynamics", "client_secret")),
            ("scope", scope),
        ];
        let asked = http
            .post(of("dynamics", "token_url"))
            .form(&form)
            .send()
            .await
            .unwrap();
        let one: Json = asked.json().await.unwrap();
        let query = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", of("marketo", "client_id")),
            ("client_secret", of("marketo", "client_secret")),
        ];
        let url = format!("{}/oauth/token", of("marketo", "identity"));
        let other: Json = http
            .get(url)
            .query(&query)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let token = |answer: &Json| answer["access_token"].as_str().unwrap().to_owned();
        Self {
            dynamics: (of("dynamics", "url"), token(&one)),
            marketo: (of("marketo", "endpoint"), token(&other)),
            http,
        }
    }

    async fn rows(&self) -> Vec<String> {
        let mut found = Vec::new();
        for table in ["lead", "contact"] {
            let mut next = Some(format!(
                "{}/api/data/v9.2/{table}s?$select={table}id",
                self.dynamics.0
            ));
            while let Some(url) = next {
                let asked = self
                    .http
                    .get(url)
                    .bearer_auth(&self.dynamics.1)
                    .send()
                    .await
                    .unwrap();
                let page: Json = asked.json().await.unwrap();
                let ids = page["value"].as_array().unwrap().iter();
                found.extend(ids.map(|row| row[format!("{table}id")].as_str().unwrap().to_owned()));
                next = page["@odata.nextLink"].as_str().map(str::to_owned);
            }
        }
        found
    }

    /// How many people carry the GUID of each of these rows.
    async fn people(&self, rows: &[String]) -> HashMap<String, usize> {
        let mut found = HashMap::new();
        for some in rows.chunks(100) {
            let query = [
                ("filterType", "syncdeckDynamicsId".to_owned()),
                ("filterValues", some.join(",")),
                ("fields", "id,syncdeckDynamicsId".to_owned()),
            ];
            let url = format!("{}/v1/leads.json", self.marketo.0);
            let asked = self
                .http
                .get(url)
                .bearer_auth(&self.marketo.1)
                .query(&query)
                .send()
                .await
                .unwrap();
            let page: Json = asked.json().await.unwrap();
            for person in page["result"]
                .as_array()
                .unwrap_or_else(|| panic!("{page}"))
            {
                *found
                    .entry(person["syncdeckDynamicsId"].as_str().unwrap().to_owned())
                    .or_default() += 1;
            }
        }
        found
    }
}

#[tokio::test]
async fn killed_five_times_in_its_first_copy_it_loses_and_doubles_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (_servers, announced) = sandbox();
    let (config, state) = (
        configure(folder.path(), &announced),
        folder.path().join("state.db"),
    );
    let secret = |side: &str| {
        announced[side]["client_secret"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let program = |words: &[&str]| {
        let mut command = syncdeck();
        command
            .args(words)
            .arg("--config")
            .arg(&config)
            .arg("--state")
            .arg(&state);
        command
            .env("DYNAMICS_SECRET", secret("dynamics"))
            .env("MARKETO_SECRET", secret("marketo"));
        command.stdout(Stdio::piped());
        command
    };
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..KILLS {
        let mut child = program(&["sync"]).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(random.u64(50..2500))).await;
        // SIGKILL; an engine that was faster has ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
    }
    let mut ended = Json::Null;
    for _ in 0..CYCLES {
        let output = program(&["sync", "--json"]).output().unwrap();
        ended = serde_json::from_slice(&output.stdout).unwrap();
        let wrote = ended["entities"].as_array().unwrap().iter().any(|one| {
            ["written", "created"]
                .iter()
                .any(|what| one[what]["marketo"] != 0 || one[what]["dynamics"] != 0)
        });
        let status = program(&["status", "--json"]).output().unwrap();
        let status: Json = serde_json::from_slice(&status.stdout).unwrap();
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
    let held = program(&["conflicts", "list", "--json"]).output().unwrap();
    let held: HashSet<String> = String::from_utf8(held.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok())
        .filter(|one| one["kind"] == "ambiguous_match")
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
