//! The command line's contract: documents, exit codes, and what the servers hold afterwards.

use serde_json::Value;

use super::servers::{Servers, documents, mentions};

/// Runs cycles until one writes nothing; returns that one's report.
fn until_quiet(servers: &Servers) -> Value {
    for _ in 0..5 {
        let report = documents(&servers.syncdeck(&["sync", "--json"])).remove(0);
        let wrote: u64 = report["entities"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|entity| ["written", "created", "deleted"].map(|what| &entity[what]))
            .map(|sides| sides["dynamics"].as_u64().unwrap() + sides["marketo"].as_u64().unwrap())
            .sum();
        if wrote == 0 {
            return report;
        }
    }
    panic!("no cycle came to rest");
}

#[test]
fn the_first_copy_ends_in_quiet_cycles_and_a_decision_reaches_both_servers() {
    let servers = Servers::start(300);
    let first = servers.syncdeck(&["sync", "--json"]);
    assert_eq!(first.status.code(), Some(3), "conflicts wait: {first:?}");
    let report = documents(&first).remove(0);
    assert_eq!(report["outcome"], "waiting");
    let quiet = until_quiet(&servers);
    let calls = &quiet["calls"];
    let calls = calls["dynamics"].as_u64().unwrap() + calls["marketo"].as_u64().unwrap();
    assert!(calls <= 20, "an idle cycle cost {calls} calls");

    let listed = documents(&servers.syncdeck(&["conflicts", "list", "--json", "--field", "title"]));
    let [one, two] = [&listed[0], &listed[1]];
    let decide = |conflict: &Value, what: &[&str]| {
        let id = conflict["id"].to_string();
        let arguments = [&["conflicts", "resolve", id.as_str(), "--json"], what].concat();
        let output = servers.syncdeck(&arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(documents(&output)[0]["status"], "resolved");
    };
    decide(one, &["--take", "marketo"]);
    decide(two, &["--value", "Chief \"Ö\" Officer"]);
    until_quiet(&servers);

    for (conflict, value) in [
        (one, one["marketo"].clone()),
        (two, "Chief \"Ö\" Officer".into()),
    ] {
        let set = format!("{}s", conflict["entity"].as_str().unwrap());
        let row = servers.row(&set, conflict["dynamics_id"].as_str().unwrap(), "jobtitle");
        assert_eq!(row, value, "Dynamics holds the chosen value");
        let person = servers.person(conflict["marketo_id"].as_i64().unwrap(), "title");
        assert_eq!(person, value, "Marketo holds the chosen value");
    }
    let again = servers.syncdeck(&[
        "conflicts",
        "resolve",
        &one["id"].to_string(),
        "--take",
        "dynamics",
    ]);
    assert_eq!(again.status.code(), Some(1), "a decision is made once");
}

#[test]
fn status_tells_how_things_stand_without_an_engine() {
    let servers = Servers::start(60);
    let unborn = servers.syncdeck(&["status"]);
    assert_eq!(unborn.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&unborn.stderr).contains("syncdeck sync"),
        "{unborn:?}"
    );
    servers.syncdeck(&["sync"]);
    let status = documents(&servers.syncdeck(&["status", "--json"])).remove(0);
    assert_eq!(status["profile"], "test");
    assert_eq!(status["engine"]["state"], "stopped");
    let links: u64 = status["entities"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| matches!(it["entity"].as_str(), Some("lead" | "contact")))
        .map(|it| it["links"].as_u64().unwrap())
        .sum();
    assert!(
        (55..=60).contains(&links),
        "{links} of 60 are linked, the ambiguous ones are held"
    );
}

#[test]
fn no_secret_reaches_the_state_or_the_output() {
    let servers = Servers::start(60);
    let output = servers.syncdeck(&["sync"]);
    let said = [output.stdout, output.stderr].concat();
    for (_, secret) in servers.secrets() {
        assert!(
            !mentions(&servers.state(), secret),
            "a secret is in the state file"
        );
        assert!(
            !String::from_utf8_lossy(&said).contains(secret),
            "a secret was printed"
        );
    }
}

#[test]
fn a_dead_end_is_an_error_that_says_which() {
    let servers = Servers::start(20);
    let config = std::fs::read_to_string(servers.config()).unwrap();
    let dead = config.replace(
        servers.announced("marketo", "endpoint"),
        "http://127.0.0.1:9/rest",
    );
    std::fs::write(servers.config(), dead).unwrap();
    let output = servers.syncdeck(&["sync", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report = documents(&output).remove(0);
    assert_eq!(report["outcome"], "error");
    assert!(
        report["reason"].as_str().unwrap().contains("marketo"),
        "{report}"
    );
}

#[test]
fn wrong_words_are_usage_errors() {
    let servers = Servers::start(1);
    for words in [
        &["sync", "--fast"][..],
        &["conflicts", "resolve", "1"],
        &["conflicts", "resolve", "--take", "both"],
    ] {
        assert_eq!(servers.syncdeck(words).status.code(), Some(2), "{words:?}");
    }
}
