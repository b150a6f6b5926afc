//! Failures, records, history, preview, check and metrics, by the real program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::servers::{PROGRAM, Servers, documents};

#[test]
fn a_preview_then_a_sync_then_its_history() {
    let servers = Servers::start(60);
    let preview = servers.syncdeck(&["preview", "--json"]);
    assert_eq!(preview.status.code(), Some(0), "{preview:?}");
    let lines = documents(&preview);
    assert!(lines.len() > 50);
    for line in lines.iter().filter(|line| !line["entity"].is_null()) {
        assert!(
            ["dynamics", "marketo"].contains(&line["to"].as_str().unwrap()),
            "{line}"
        );
        let actions = ["create", "update", "delete", "link", "hold"];
        assert!(
            actions.contains(&line["action"].as_str().unwrap()),
            "{line}"
        );
        assert!(line["fields"].is_object(), "{line}");
    }
    assert!(!servers.state().exists(), "a preview leaves no state");
    let report = documents(&servers.syncdeck(&["sync", "--json"])).remove(0);
    let cycle = report["cycle"].to_string();
    let history = documents(&servers.syncdeck(&["history", "--json"]));
    assert_eq!(history[0]["cycle"], report["cycle"]);
    let details = documents(&servers.syncdeck(&["history", "--cycle", &cycle, "--json"]));
    let of = |kind: &str| details.iter().filter(|line| line["type"] == kind).count();
    assert!(of("batch") > 0 && of("write") > 40, "{details:?}");
    let write = details.iter().find(|line| line["type"] == "write").unwrap();
    let row = write["dynamics_id"].as_str().unwrap();
    let writes = documents(&servers.syncdeck(&["history", "--record", row, "--json"]));
    assert!(writes.iter().any(|line| line["id"] == write["id"]));
    let shown = documents(&servers.syncdeck(&["records", "show", row, "--json"])).remove(0);
    assert_eq!(shown["dynamics_id"].as_str(), Some(row));
    assert!(!shown["why"].as_array().unwrap().is_empty(), "{shown}");
    let plan = documents(&servers.syncdeck(&["history", "rollback", &cycle, "--json"])).remove(0);
    assert!(
        plan["plan"].as_str().unwrap().starts_with("rollback-"),
        "{plan}"
    );
    let wrong = servers.syncdeck(&["history", "rollback", &cycle, "--approve", "other"]);
    assert_eq!(wrong.status.code(), Some(1));
    let looked = servers.syncdeck(&["records", "sync", row]);
    assert!(matches!(looked.status.code(), Some(0 | 3)), "{looked:?}");
    let failures = servers.syncdeck(&["failures", "list", "--json"]);
    assert_eq!(failures.status.code(), Some(0));
    assert_eq!(
        servers.syncdeck(&["failures", "retry"]).status.code(),
        Some(1),
        "which ones?"
    );
    assert_eq!(
        servers
            .syncdeck(&["failures", "retry", "--all"])
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn the_check_list_passes_once_everything_is_there_and_says_what_is_not() {
    let servers = Servers::start(20);
    let before = servers.syncdeck(&["check", "--json"]);
    assert_eq!(
        before.status.code(),
        Some(1),
        "our fields are not there yet"
    );
    let failed: Vec<Value> = documents(&before)
        .into_iter()
        .filter(|line| line["ok"] == false)
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["name"], "Marketo key fields");
    assert!(
        failed[0]["remedy"]
            .as_str()
            .unwrap()
            .contains("create-fields")
    );
    servers.syncdeck(&["sync"]);
    let after = servers.syncdeck(&["check", "--json"]);
    assert_eq!(after.status.code(), Some(0), "{after:?}");
    let lines = documents(&after);
    let named = |what: &str| {
        lines
            .iter()
            .any(|line| line["name"].as_str().unwrap().contains(what))
    };
    for what in [
        "token of dynamics/lead",
        "clock of",
        "change tracking",
        "write privilege",
        "CRM sync",
        "ours alone",
    ] {
        assert!(named(what), "{what} is missing: {lines:#?}");
    }
    let status = documents(&servers.syncdeck(&["status", "--json"])).remove(0);
    assert!(status["cursors"][0]["age_days"].is_number(), "{status}");
}

#[test]
fn a_running_engine_tells_its_metrics() {
    let servers = Servers::start(20);
    let mut run = Command::new(PROGRAM)
        .args(["run", "--metrics", "127.0.0.1:0", "--config"])
        .arg(servers.config())
        .arg("--state")
        .arg(servers.state())
        .envs(servers.secrets())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut said = BufReader::new(run.stderr.take().unwrap());
    said.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let message = line["message"].as_str().unwrap().to_owned();
    let address = message
        .split("http://")
        .nth(1)
        .unwrap()
        .trim_end_matches("/metrics");
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for name in [
        "syncdeck_state",
        "syncdeck_links",
        "syncdeck_backlog",
        "syncdeck_quota_budget",
    ] {
        assert!(page.contains(name), "{name} is missing: {page}");
    }
}
