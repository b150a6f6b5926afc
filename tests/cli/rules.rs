//! Rules from the command line: pauses, filters, backfills, the configuration as a document.

use super::servers::{Servers, documents};

fn text(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_configuration_is_exported_changed_and_imported_and_bad_input_changes_nothing() {
    let servers = Servers::start(20);
    servers.syncdeck(&["sync", "--json"]);
    let exported = text(&servers.syncdeck(&["config", "export"]));
    assert!(exported.contains("name = \"lead\""), "{exported}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("entities.toml");
    let import = |document: &str, more: &[&str]| {
        std::fs::write(&file, document).unwrap();
        let mut arguments = vec!["config", "import", file.to_str().unwrap()];
        arguments.extend(more);
        servers.syncdeck(&arguments)
    };
    let same = import(&exported, &[]);
    assert_eq!((same.status.code(), text(&same).as_str()), (Some(0), ""));

    let changed = exported.replacen("direction = \"both\"", "direction = \"to_marketo\"", 1);
    assert_ne!(changed, exported);
    let shown = import(&changed, &["--dry-run"]);
    assert!(text(&shown).contains("+ "), "{shown:?}");
    assert_eq!(text(&servers.syncdeck(&["config", "export"])), exported);

    let bad = import(
        &changed.replacen("marketo = \"title\"", "marketo = \"\"", 1),
        &[],
    );
    assert_eq!(bad.status.code(), Some(1), "{bad:?}");
    assert_eq!(text(&servers.syncdeck(&["config", "export"])), exported);

    assert_eq!(import(&changed, &[]).status.code(), Some(0));
    assert_eq!(text(&servers.syncdeck(&["config", "export"])), changed);
}

#[test]
fn pauses_filters_and_backfills_are_shown_in_the_status() {
    let servers = Servers::start(20);
    servers.syncdeck(&["sync", "--json"]);
    let paused = servers.syncdeck(&["pause", "--entity", "lead", "--for", "2h"]);
    assert_eq!(paused.status.code(), Some(0), "{paused:?}");
    let status = || documents(&servers.syncdeck(&["status", "--json"])).remove(0);
    assert_eq!(status()["pauses"][0]["entity"], "lead");
    servers.syncdeck(&["resume"]);
    assert_eq!(status()["pauses"].as_array().map(Vec::len), Some(0));

    let expression = "lastname == 'nobody at all'";
    let test = servers.syncdeck(&["filter", "test", "lead", expression, "--json"]);
    let plan = documents(&test).remove(0);
    assert_eq!(plan["inside"], 0);
    assert_eq!(plan["leaving"], plan["outside"]);
    let wrong = servers.syncdeck(&["filter", "test", "lead", "lastname ==", "--json"]);
    assert_eq!(wrong.status.code(), Some(1));

    let started = servers.syncdeck(&["backfill", "lead", "--fields", "title"]);
    assert_eq!(started.status.code(), Some(0), "{started:?}");
    servers.syncdeck(&["sync", "--json"]);
    let status = status();
    let leads = status["entities"].as_array().unwrap();
    let lead = leads.iter().find(|one| one["entity"] == "lead").unwrap();
    assert_eq!(lead["backfill"]["state"], "done", "{lead}");
    assert_eq!(servers.syncdeck(&["rebind"]).status.code(), Some(0));
}
