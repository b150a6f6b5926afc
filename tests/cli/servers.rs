//! `syncdeck sandbox` as a process of its own, a configuration that names it, and plain HTTP to ask both servers.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_syncdeck");

/// Two servers and a folder with a configuration and a state file; gone when dropped.
pub struct Servers {
    pub folder: TempDir,
    announced: Value,
    process: Child,
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Servers {
    /// Starts them with `people` in Dynamics.
    pub fn start(people: usize) -> Self {
        let mut process = Command::new(PROGRAM)
            .args([
                "sandbox",
                "--limits",
                "off",
                "--people",
                &people.to_string(),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let announced = serde_json::from_str(&line).unwrap();
        let servers = Self {
            folder: tempfile::tempdir().unwrap(),
            announced,
            process,
        };
        std::fs::write(servers.config(), servers.toml()).unwrap();
        servers
    }

    pub fn announced(&self, side: &str, what: &str) -> &str {
        self.announced[side][what]
            .as_str()
            .unwrap_or_else(|| panic!("no {side}.{what}"))
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    fn toml(&self) -> String {
        let at = |side, what| self.announced(side, what);
        format!(
            "[profiles.test.dynamics]\nurl = \"{}\"\ntenant = \"{}\"\ntoken_url = \"{}\"\nclient_id = \"{}\"\n\
             client_secret_env = \"TEST_DYNAMICS\"\n\
             [profiles.test.marketo]\nendpoint = \"{}\"\nidentity = \"{}\"\nclient_id = \"{}\"\n\
             client_secret_env = \"TEST_MARKETO\"\n\
             [profiles.test.sync]\ninterval = \"1s\"\nfirst_copy = \"go\"\nsettle = \"2s\"\n",
            at("dynamics", "url"),
            at("dynamics", "tenant"),
            at("dynamics", "token_url"),
            at("dynamics", "client_id"),
            at("marketo", "endpoint"),
            at("marketo", "identity"),
            at("marketo", "client_id"),
        )
    }

    /// The secrets, as the configuration wants them.
    pub fn secrets(&self) -> [(&'static str, &str); 2] {
        [
            ("TEST_DYNAMICS", self.announced("dynamics", "client_secret")),
            ("TEST_MARKETO", self.announced("marketo", "client_secret")),
        ]
    }

    /// Runs `syncdeck` on this configuration and state.
    pub fn syncdeck(&self, arguments: &[&str]) -> Output {
        Command::new(PROGRAM)
            .args(arguments)
            .arg("--config")
            .arg(self.config())
            .arg("--state")
            .arg(self.state())
            .envs(self.secrets())
            .output()
            .unwrap()
    }

    /// A Dynamics row, asked for by plain HTTP.
    pub fn row(&self, set: &str, id: &str, column: &str) -> Value {
        self.dynamics(&format!("{set}({id})?$select={column}"))[column].clone()
    }

    /// What Dynamics answers to a plain GET below the root of its Web API.
    pub fn dynamics(&self, path: &str) -> Value {
        let address = self.announced("dynamics", "token_url").to_owned();
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            (
                "client_id",
                self.announced("dynamics", "client_id").to_owned(),
            ),
            (
                "client_secret",
                self.announced("dynamics", "client_secret").to_owned(),
            ),
            (
                "scope",
                format!("{}/.default", self.announced("dynamics", "url")),
            ),
        ];
        let url = self.announced("dynamics", "url");
        let url = format!("{url}/api/data/v9.2/{path}");
        asked(async move {
            let client = client();
            let token: Value = client
                .post(address)
                .form(&form)
                .send()
                .await?
                .json()
                .await?;
            get(&client, url, &token).await
        })
    }

    /// A Marketo person, asked for by plain HTTP.
    pub fn person(&self, id: i64, field: &str) -> Value {
        self.marketo(&format!("lead/{id}.json?fields={field}"))[0][field].clone()
    }

    /// What Marketo answers to a plain GET below `/v1/`: the result.
    pub fn marketo(&self, path: &str) -> Value {
        let identity = format!(
            "{}/oauth/token?grant_type=client_credentials&client_id={}&client_secret={}",
            self.announced("marketo", "identity"),
            self.announced("marketo", "client_id"),
            self.announced("marketo", "client_secret")
        );
        let endpoint = self.announced("marketo", "endpoint");
        let url = format!("{endpoint}/v1/{path}");
        asked(async move {
            let client = client();
            let token: Value = client.get(identity).send().await?.json().await?;
            get(&client, url, &token).await
        })["result"]
            .clone()
    }
}

fn client() -> reqwest::Client {
    let _already_there = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

fn asked(question: impl Future<Output = reqwest::Result<Value>>) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(question).unwrap()
}

/// The documents a command printed, one a line.
pub fn documents(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Whether any of the files whose name starts with `path`'s contains `word`.
pub fn mentions(path: &Path, word: &str) -> bool {
    let folder = path.parent().unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .any(|entry| {
            entry.file_name().to_string_lossy().starts_with(&name)
                && std::fs::read(entry.path())
                    .unwrap()
                    .windows(word.len())
                    .any(|window| window == word.as_bytes())
        })
}

/// What a server tells whoever holds this token answer.
async fn get(client: &reqwest::Client, url: String, token: &Value) -> reqwest::Result<Value> {
    let token = token["access_token"].as_str().unwrap_or_default();
    let answer = client.get(url).bearer_auth(token).send().await?;
    answer.json().await
}
