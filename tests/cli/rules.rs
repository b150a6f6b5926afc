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

#[test]
fn what_each_cycle_did_and_what_waits_can_be_read_by_scripts() {
    let servers = Servers::start(20);
    servers.syncdeck(&["sync", "--json"]);
    let steps = documents(&servers.syncdeck(&["history", "--steps"]));
    let copied = steps
        .iter()
        .find(|step| step["entity"] == "lead" && step["to"] == "marketo")
        .unwrap();
    assert!(copied["created"].as_u64().unwrap() > 0, "{copied}");
    assert!(copied["calls"].as_u64().unwrap() > 0, "{copied}");
    let csv = text(&servers.syncdeck(&["history", "--steps", "--csv"]));
    assert!(
        csv.starts_with("cycle,entity,to,began,ended,pulled,created"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), steps.len() + 1);

    let status = documents(&servers.syncdeck(&["status", "--json"])).remove(0);
    let lead = status["entities"].as_array().unwrap();
    let lead = lead.iter().find(|one| one["entity"] == "lead").unwrap();
    assert_eq!(lead["trend"]["trend"], "normal", "{lead}");
    assert_eq!(lead["trend"]["written"].as_array().map(Vec::len), Some(96));
    assert!(
        lead["waiting"].is_array() && lead["failed"].is_array(),
        "{lead}"
    );

    let role = text(&servers.syncdeck(&["check", "--role"]));
    assert!(
        role.contains("lead") && role.contains("Append To"),
        "{role}"
    );
    let exported = text(&servers.syncdeck(&["config", "export"]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("entities.toml");
    let changed = exported.replacen("direction = \"both\"", "direction = \"to_marketo\"", 1);
    std::fs::write(&file, &changed).unwrap();
    let plan = servers.syncdeck(&["config", "plan", file.to_str().unwrap()]);
    assert!(text(&plan).contains("+ "), "{plan:?}");
    assert_eq!(text(&servers.syncdeck(&["config", "export"])), exported);
    servers.syncdeck(&["config", "apply", file.to_str().unwrap()]);
    assert_eq!(text(&servers.syncdeck(&["config", "export"])), changed);
}

#[test]
fn a_configuration_to_start_from_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep").join("config.toml");
    let init = || {
        let mut command = std::process::Command::new(super::servers::PROGRAM);
        command.args(["config", "init", "--config"]).arg(&file);
        command.output().unwrap().status.code()
    };
    assert_eq!(init(), Some(0));
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("client_secret_env"), "{written}");
    syncdeck::config::load(Some(&file)).unwrap();
    std::fs::write(&file, "# mine\n").unwrap();
    assert_eq!(init(), Some(1), "one that is there is left alone");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n");
}

/// The option is a line of the document; a name Marketo would not take, or another entity's, changes nothing.
#[test]
fn account_roles_are_set_in_the_document_of_opportunities_alone() {
    let servers = Servers::start(20);
    servers.syncdeck(&["sync", "--json"]);
    let exported = text(&servers.syncdeck(&["config", "export"]));
    assert!(!exported.contains("account_roles"), "{exported}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("entities.toml");
    let apply = |entity: &str, role: &str| {
        let (before, own) = exported
            .split_once(&format!("name = \"{entity}\""))
            .unwrap();
        let option =
            format!("[entity.rules.account_roles]\nrole = \"{role}\"\n\n[entity.rules.filter]");
        let own = own.replacen("[entity.rules.filter]", &option, 1);
        std::fs::write(&file, format!("{before}name = \"{entity}\"{own}")).unwrap();
        servers.syncdeck(&["config", "apply", file.to_str().unwrap()])
    };
    for (entity, role) in [("account", "Member"), ("opportunity", &*"x".repeat(51))] {
        let refused = apply(entity, role);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains("account_roles"), "{said}");
        assert_eq!(text(&servers.syncdeck(&["config", "export"])), exported);
    }
    let taken = apply("opportunity", "Member");
    assert_eq!(taken.status.code(), Some(0), "{taken:?}");
    assert!(
        text(&taken).contains("+ opportunity: role = \"Member\""),
        "{taken:?}"
    );
    let now = text(&servers.syncdeck(&["config", "export"]));
    assert!(now.contains("role = \"Member\""), "{now}");
}
