//! `syncdeck entities`: a table becomes a custom object, from the command line alone.

use serde_json::{Value, json};

use super::servers::{Servers, documents};

fn line(servers: &Servers, entity: &str) -> Option<Value> {
    let listed = documents(&servers.syncdeck(&["entities", "list", "--json"]));
    listed.into_iter().find(|line| line["entity"] == entity)
}

#[test]
fn a_table_is_planned_added_copied_and_removed() {
    let servers = Servers::start(40);
    servers.syncdeck(&["sync"]);
    let shown = servers.syncdeck(&["entities", "add", "new_registration", "--json"]);
    assert_eq!(shown.status.code(), Some(0), "{shown:?}");
    let plan = documents(&shown).remove(0);
    assert_eq!(plan["path"], "contact.new_contact");
    assert_eq!(plan["link"], "personId");
    let seats = json!({"dynamics": "new_seats", "marketo": "new_seats", "label": "Seats",
                       "type": "integer", "length": null, "note": null});
    assert!(
        plan["columns"].as_array().unwrap().contains(&seats),
        "{plan}"
    );
    assert_eq!(line(&servers, "new_registration"), None);
    assert_eq!(servers.marketo("customobjects/schema.json"), json!([]));

    let name = plan["plan"].as_str().unwrap();
    let other = [
        "entities",
        "add",
        "new_registration",
        "--approve",
        "add-nothing",
    ];
    assert_eq!(servers.syncdeck(&other).status.code(), Some(1));
    let add = ["entities", "add", "new_registration", "--approve", name];
    assert_eq!(servers.syncdeck(&add).status.code(), Some(0));
    assert_eq!(
        line(&servers, "new_registration").unwrap()["state"],
        "wanted"
    );
    servers.syncdeck(&["sync"]);
    let there = line(&servers, "new_registration").unwrap();
    assert_eq!(
        (&there["state"], &there["custom"]),
        (&json!("ready"), &json!(true))
    );

    let columns = "new_registrationid,new_name,new_ticket,new_seats";
    let rows = servers.dynamics(&format!("new_registrations?$select={columns}"));
    let rows = rows["value"].as_array().unwrap();
    let mut found_rows = 0;
    for row in rows {
        let id = row["new_registrationid"].as_str().unwrap();
        let found = servers.marketo(&format!(
            "customobjects/new_registration_c.json?filterType=dynamicsId&filterValues={id}\
             &fields=new_name,new_ticket,new_seats,personId"
        ));
        // Rows of people that are held for the admin wait for them.
        if found.as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        found_rows += 1;
        for field in ["new_name", "new_ticket", "new_seats"] {
            assert_eq!(found[0][field], row[field], "{found}");
        }
        assert!(found[0]["personId"].is_number(), "{found}");
    }
    assert!(found_rows > 0);
    assert_eq!(there["links"], found_rows);
    let exported = servers.syncdeck(&["config", "export"]);
    let exported = String::from_utf8(exported.stdout).unwrap();
    assert!(exported.contains("column = \"new_contact\""), "{exported}");
    let gone = servers.syncdeck(&["entities", "remove", "new_registration"]);
    assert_eq!(gone.status.code(), Some(0), "{gone:?}");
    servers.syncdeck(&["sync"]);
    assert_eq!(line(&servers, "new_registration"), None);
    // Whoever imports the document has the same entity.
    let file = servers.folder.path().join("entities.toml");
    std::fs::write(&file, exported).unwrap();
    let import = servers.syncdeck(&["config", "import", file.to_str().unwrap()]);
    assert_eq!(import.status.code(), Some(0), "{import:?}");
    servers.syncdeck(&["sync"]);
    let again = line(&servers, "new_registration").unwrap();
    assert_eq!(
        (&again["state"], &again["links"]),
        (&json!("ready"), &json!(found_rows))
    );
    let lead = servers.syncdeck(&["entities", "remove", "lead"]);
    assert_eq!(lead.status.code(), Some(1));
}

/// With the roles switched off nobody has one; the limit is kept.
#[test]
fn opportunities_nobody_has_a_role_in_are_listed() {
    let servers = Servers::start(60);
    servers.syncdeck(&["entities", "add", "new_registration"]);
    let exported = servers.syncdeck(&["config", "export"]).stdout;
    let mut document = String::from_utf8(exported).unwrap();
    for roles in ["opportunityrole", "customerrole"] {
        let on = format!("name = \"{roles}\"\ndirection = \"to_marketo\"");
        assert!(document.contains(&on), "{document}");
        document = document.replace(&on, &on.replace("to_marketo", "off"));
    }
    let file = servers.folder.path().join("off.toml");
    std::fs::write(&file, document).unwrap();
    let applied = servers.syncdeck(&["config", "apply", file.to_str().unwrap()]);
    assert_eq!(applied.status.code(), Some(0), "{applied:?}");
    servers.syncdeck(&["sync"]);
    let list = ["records", "list", "--orphan-opportunities", "--json"];
    let listed = servers.syncdeck(&list);
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    let listed = documents(&listed);
    assert!(listed.len() > 1, "{listed:?}");
    for one in &listed {
        assert_eq!(one["type"], "orphan_opportunity");
        let id = one["dynamics_id"].as_str().unwrap();
        let roles = servers.marketo(&format!(
            "opportunities/roles.json?filterType=externalOpportunityId&filterValues={id}"
        ));
        assert!(roles.as_array().is_none_or(Vec::is_empty), "{one} {roles}");
    }
    let one = ["records", "list", "--orphan-opportunities", "--limit", "1"];
    let one = String::from_utf8(servers.syncdeck(&one).stdout).unwrap();
    assert_eq!(one.lines().count(), 1, "{one}");
    let both = [
        "records",
        "list",
        "--orphan-opportunities",
        "--marketo-only",
    ];
    assert_eq!(servers.syncdeck(&both).status.code(), Some(2));
}

#[test]
fn a_plan_that_cannot_be_carried_out_says_all_that_is_wrong() {
    let servers = Servers::start(20);
    let long = "a_name_that_is_longer_than_thirty_three";
    let wrong = [
        "entities",
        "add",
        "new_asset",
        "--path",
        "contact",
        "--name",
        long,
        "--fields",
        "nothing",
    ];
    let refused = servers.syncdeck(&wrong);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    for part in ["--name", "'nothing'", "no relationship"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
