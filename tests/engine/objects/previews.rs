//! A preview of every entity: its lines are what the next cycle then writes, by the journal and on the wire.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use syncdeck::engine::PreviewLine;
use syncdeck::model::{
    Cause, CycleId, DeletePolicy, Entity, Filter, LeavePolicy, RuleChange, Side,
};
use uuid::Uuid;

use super::super::harness::Bench;
use super::super::preview::previewed;
use super::bind;
use super::cast::stakeholder;

/// What is done to whom: entity, row, side, action; and how often.
type Done = BTreeMap<(String, Option<Uuid>, Side, String), usize>;

/// Every value that is replaced in an object: entity, row, field, old and new.
type Changed = BTreeMap<(String, Option<Uuid>, String), (Json, Json)>;

fn of_preview(lines: &[PreviewLine]) -> (Done, Changed) {
    let (mut done, mut changed) = (Done::new(), Changed::new());
    for line in lines {
        let Some(entity) = line.entity.as_ref() else {
            continue;
        };
        if matches!(line.action, "link" | "hold") {
            continue;
        }
        let (name, row) = (entity.to_string(), line.dynamics_id);
        let key = (name.clone(), row, line.to, line.action.to_owned());
        *done.entry(key).or_default() += 1;
        if entity.is_person() || line.action != "update" {
            continue;
        }
        for (field, change) in &line.fields {
            // The key of an object says whom it is about, and replaces nothing.
            if !field.starts_with("external") || !change[0].is_null() {
                let change = (change[0].clone(), change[1].clone());
                changed.insert((name.clone(), row, field.clone()), change);
            }
        }
    }
    (done, changed)
}

fn of_journal(bench: &Bench, cycle: CycleId) -> (Done, Changed) {
    let (mut done, mut changed) = (Done::new(), Changed::new());
    let rows = bench
        .store
        .read_blocking(|r| r.journal_of_cycle(cycle, None, 100_000))
        .unwrap();
    let mut updated = std::collections::BTreeSet::new();
    for one in rows {
        let entry = one.entry;
        let (name, row) = (entry.entity.to_string(), entry.dynamics_id);
        let action = match (&entry.cause, entry.field.as_str()) {
            // It tells what was seen, and that nothing was written.
            (Cause::Policy(word), "") if word == "keep" => continue,
            (Cause::Create, "") => "create",
            (Cause::Delete, "") => "delete",
            (Cause::Delete, _) => continue,
            _ => "update",
        };
        let key = (name.clone(), row, entry.side, action.to_owned());
        if action != "update" || updated.insert(key.clone()) {
            *done.entry(key).or_default() += 1;
        }
        if action == "update" && !entry.entity.is_person() {
            let change = (entry.before.to_json(), entry.after.to_json());
            changed.insert((name, row, entry.field), change);
        }
    }
    (done, changed)
}

/// Previews the next cycle, runs it, and holds one against the other.
async fn exact(bench: &Bench) -> Done {
    let (lines, told) = previewed(bench).await;
    // What needs approval is shown as if it were approved.
    let report = match told.plans.first() {
        Some(plan) => bench.approving(plan).await,
        None => bench.cycle().await,
    };
    let (shown, values) = of_preview(&lines);
    let (wrote, changed) = of_journal(bench, report.cycle);
    assert_eq!(shown, wrote);
    assert_eq!(values, changed);
    for (told, done) in told.report.entities.iter().zip(&report.entities) {
        let counts = |one: &syncdeck::model::EntityCounts| (one.created, one.written, one.deleted);
        assert_eq!(told.entity, done.entity);
        assert_eq!(counts(told), counts(done), "{}", told.entity);
    }
    shown
}

fn count(done: &Done, entity: &str, action: &str) -> usize {
    let of = done
        .iter()
        .filter(|((name, _, _, what), _)| name == entity && what == action);
    of.map(|(_, count)| count).sum()
}

#[tokio::test(start_paused = true)]
async fn a_preview_of_all_entities_equals_the_first_copy_and_later_cycles() {
    let bench = Bench::whole(40, 5);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let contact = bench.row_of(
        "contact",
        &[
            ("lastname", json!("Hopper")),
            (
                "parentcustomerid_account@odata.bind",
                bind("accounts", account),
            ),
        ],
    );
    let of = |name: &str| {
        let customer = ("customerid_account@odata.bind", bind("accounts", account));
        bench.row_of("opportunity", &[("name", json!(name)), customer])
    };
    let (deal, other) = (of("Deal"), of("Other"));
    let tie = stakeholder(&bench, deal, contact, 0);
    let gone = bench.row_of("account", &[("name", json!("Adatum"))]);
    let first = exact(&bench).await;
    for entity in ["systemuser", "team", "account", "contact", "opportunity"] {
        assert!(count(&first, entity, "create") > 1, "{entity}: {first:?}");
    }
    assert!(count(&first, "opportunityrole", "create") > 0);
    bench.later().await;
    bench.pass(10).await;
    assert_eq!(exact(&bench).await, Done::new(), "nothing to do");

    let dynamics = &bench.world.dynamics;
    let edit = |table: &str, row, column, value: Json| {
        dynamics.edit_row(table, row, &[(column, value)]).unwrap();
    };
    let delete = RuleChange::Delete {
        side: Side::Dynamics,
        policy: DeletePolicy::Delete,
    };
    bench.rule(&Entity::ACCOUNT, delete);
    let open = Filter {
        expression: Some("statecode == 0".to_owned()),
        ..Filter::default()
    };
    bench.rule(&Entity::OPPORTUNITY, RuleChange::Filter(open));
    bench.rule(&Entity::OPPORTUNITY, RuleChange::Leave(LeavePolicy::Delete));
    edit("account", account, "name", json!("Contoso AS"));
    edit("account", account, "telephone1", json!("+47 1"));
    edit("opportunity", deal, "estimatedvalue", json!(7));
    let won = [("statecode", json!(1)), ("statuscode", json!(3))];
    dynamics.edit_row("opportunity", other, &won).unwrap();
    edit("contact", contact, "jobtitle", json!("Admiral"));
    dynamics.delete_row("connection", tie).unwrap();
    dynamics.delete_row("account", gone).unwrap();
    let new = bench.row_of("opportunity", &[("name", json!("New"))]);
    stakeholder(&bench, new, contact, 0);
    bench.pass(10).await;
    let later = exact(&bench).await;
    assert_eq!(count(&later, "account", "update"), 1);
    assert_eq!(count(&later, "account", "delete"), 1);
    assert_eq!(count(&later, "opportunity", "create"), 1);
    assert_eq!(count(&later, "opportunity", "delete"), 1);
    assert_eq!(count(&later, "opportunityrole", "create"), 1);
    assert_eq!(count(&later, "opportunityrole", "delete"), 1);
    bench.later().await;
    bench.pass(10).await;
    assert_eq!(exact(&bench).await, Done::new(), "nothing to do");
}

/// A company that is there already is linked, and the line says so.
#[tokio::test(start_paused = true)]
async fn a_preview_shows_what_is_adopted_and_whom_nobody_knows_yet() {
    let bench = Bench::whole(0, 1);
    let contact = bench.row_of("contact", &[("lastname", json!("Hopper"))]);
    let deal = bench.row_of("opportunity", &[("name", json!("Deal"))]);
    stakeholder(&bench, deal, contact, 0);
    let (lines, _) = previewed(&bench).await;
    let role = lines
        .iter()
        .find(|line| line.entity.as_ref().map(Entity::name) == Some("opportunityrole"));
    let role = role.unwrap();
    assert_eq!(
        role.fields["leadId"],
        json!([null, null]),
        "not known before"
    );
    assert!(lines.iter().all(|line| line.marketo_id.is_none()));
    bench.cycle().await;
    let mut bench = bench;
    super::adopting::forget(&mut bench);
    let (lines, _) = previewed(&bench).await;
    let linked = lines.iter().filter(|line| {
        line.action == "link" && line.dynamics_id == Some(deal) && line.to == Side::Marketo
    });
    assert_eq!(linked.count(), 1);
    let created = lines.iter().filter(|line| line.action == "create");
    assert_eq!(created.count(), 0);
}
