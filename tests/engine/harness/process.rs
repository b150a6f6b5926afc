//! The real program as a process, and a plain client of the two servers it talks to.
#![allow(
    dead_code,
    reason = "the bench that kills uses more of it than the test"
)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

/// The program this crate builds.
pub fn syncdeck() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncdeck"));
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// Ends with the test.
pub struct Servers(Child);

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two servers in a process of their own, and what they announced.
pub fn sandbox(people: usize) -> (Servers, Json) {
    sandbox_with(people, &[])
}

/// The same, with more words on its command line.
pub fn sandbox_with(people: usize, words: &[&str]) -> (Servers, Json) {
    let people = people.to_string();
    let mut child = syncdeck()
        .args(["sandbox", "--limits", "off", "--people", &people])
        .args(words)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut announced = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut announced)
        .unwrap();
    (Servers(child), serde_json::from_str(&announced).unwrap())
}

fn configure(folder: &Path, announced: &Json) -> PathBuf {
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

/// The program with its configuration, state and secrets.
pub struct Program {
    config: PathBuf,
    pub state: PathBuf,
    secrets: [(&'static str, String); 2],
}

impl Program {
    /// Configured for the servers that announced themselves so.
    pub fn new(folder: &Path, announced: &Json) -> Self {
        let secret = |side: &str| {
            announced[side]["client_secret"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        Self {
            config: configure(folder, announced),
            state: folder.join("state.db"),
            secrets: [
                ("DYNAMICS_SECRET", secret("dynamics")),
                ("MARKETO_SECRET", secret("marketo")),
            ],
        }
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = syncdeck();
        command.args(words).arg("--config").arg(&self.config);
        command.arg("--state").arg(&self.state);
        command.envs(self.secrets.clone()).stdout(Stdio::piped());
        command
    }

    /// What a command prints.
    pub fn says(&self, words: &[&str]) -> String {
        let output = self.command(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The one document a command prints.
    pub fn document(&self, words: &[&str]) -> Json {
        serde_json::from_str(&self.says(words)).unwrap()
    }
}

/// A plain client of both ends.
pub struct Plain {
    http: reqwest::Client,
    dynamics: (String, String),
    marketo: (String, String),
}

impl Plain {
    pub async fn sign_in(announced: &Json) -> Self {
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

    pub async fn rows(&self) -> Vec<String> {
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
    pub async fn people(&self, rows: &[String]) -> HashMap<String, usize> {
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

    /// Every lead and contact, with the columns named.
    pub async fn table(&self, table: &str, columns: &str) -> Vec<Json> {
        let mut next = Some(format!(
            "{}/api/data/v9.2/{table}s?$select={table}id,{columns}",
            self.dynamics.0
        ));
        let mut found = Vec::new();
        while let Some(url) = next {
            let asked = self.http.get(url).bearer_auth(&self.dynamics.1);
            let mut page: Json = asked.send().await.unwrap().json().await.unwrap();
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
            found.append(page["value"].as_array_mut().unwrap());
        }
        found
    }

    /// Somebody edits a row.
    pub async fn edit_row(&self, table: &str, id: &str, column: &str, value: &str) {
        let url = format!("{}/api/data/v9.2/{table}s({id})", self.dynamics.0);
        let asked = self.http.patch(url).bearer_auth(&self.dynamics.1);
        let answer = asked.json(&json!({column: value})).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Somebody edits a person.
    pub async fn edit_person(&self, id: i64, field: &str, value: &str) {
        let url = format!("{}/v1/leads.json", self.marketo.0);
        let record = json!({"id": id, field: value});
        let body = json!({"action": "updateOnly", "lookupField": "id", "input": [record]});
        let asked = self.http.post(url).bearer_auth(&self.marketo.1).json(&body);
        let answer: Json = asked.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["result"][0]["status"], "updated", "{answer}");
    }

    /// The people with our stamp of one of these rows, with the fields named, by row.
    pub async fn stamped(&self, rows: &[String], fields: &str) -> Vec<Json> {
        let mut found = Vec::new();
        for some in rows.chunks(100) {
            let query = [
                ("filterType", "syncdeckDynamicsId".to_owned()),
                ("filterValues", some.join(",")),
                ("fields", format!("id,syncdeckDynamicsId,{fields}")),
            ];
            let url = format!("{}/v1/leads.json", self.marketo.0);
            let asked = self
                .http
                .get(url)
                .bearer_auth(&self.marketo.1)
                .query(&query);
            let mut page: Json = asked.send().await.unwrap().json().await.unwrap();
            let people = page["result"].as_array_mut();
            found.append(people.unwrap_or(&mut Vec::new()));
        }
        found
    }
}
