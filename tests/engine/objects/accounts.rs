//! Accounts become companies, one way, and cost what they are, not what belongs to them.

use std::sync::Arc;

use serde_json::json;
use syncdeck::model::{Direction, Entity, Filter, Policy, RuleChange};
use syncdeck::store::{LinkState, Tx};

use super::super::harness::wire::{Fate, is_record};
use super::super::harness::{Bench, assert_clean, written};
use super::{bind, company};

#[tokio::test(start_paused = true)]
async fn an_account_is_a_company_and_follows_its_row() {
    let bench = Bench::whole(0, 1);
    let contoso = bench.row_of(
        "account",
        &[
            ("name", json!("Contoso")),
            ("websiteurl", json!("https://contoso.example")),
            ("address1_stateorprovince", json!("WA")),
            ("industrycode", json!(7)),
            ("revenue", json!(1250.5)),
        ],
    );
    assert_clean(&bench.cycle().await);
    let there = company(&bench, contoso).unwrap();
    assert_eq!(there["company"], json!("Contoso"));
    assert_eq!(there["billingState"], json!("WA"));
    assert_eq!(there["industry"], json!("Consulting"));
    assert_eq!(there["annualRevenue"], json!(1250.5));
    let values = [("name", json!("Contoso AS")), ("websiteurl", json!(null))];
    bench
        .world
        .dynamics
        .edit_row("account", contoso, &values)
        .unwrap();
    bench.wire.take();
    assert_clean(&bench.later().await);
    let writes = bench.wire.take_writes();
    assert_eq!(writes.len(), 1, "{writes:#?}");
    let sent = writes[0].fields.keys();
    let sent: Vec<&str> = sent.map(String::as_str).collect();
    assert_eq!(sent, ["company", "externalCompanyId", "website"]);
    let there = company(&bench, contoso).unwrap();
    assert_eq!(there["company"], json!("Contoso AS"));
    assert_eq!(there.get("website"), None);
    let told = bench.journal(contoso);
    let names = told.iter().filter(|row| row.entry.field == "company");
    let names: Vec<String> = names.map(|row| row.entry.before.to_string()).collect();
    assert_eq!(names, ["Contoso"]);
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_marketo_stays_until_the_row_changes_and_is_kept_in_the_journal() {
    let bench = Bench::whole(0, 1);
    let row = bench.row_of("account", &[("name", json!("Contoso"))]);
    bench.cycle().await;
    let key = row.to_string();
    let edit = [("company", json!("Contoso!")), ("mainPhone", json!("1"))];
    let at = ("externalCompanyId", key.as_str());
    assert_eq!(bench.world.marketo.edit_records("companies", at, &edit), 1);
    assert_eq!(written(&bench.later().await), 0);
    let values = [("telephone1", json!("+1 425 555 0100"))];
    bench
        .world
        .dynamics
        .edit_row("account", row, &values)
        .unwrap();
    assert_clean(&bench.later().await);
    let there = company(&bench, row).unwrap();
    assert_eq!(there["company"], json!("Contoso"));
    assert_eq!(there["mainPhone"], json!("+1 425 555 0100"));
    let replaced = bench.journal(row);
    assert!(
        replaced
            .iter()
            .any(|one| one.entry.before.as_text() == Some("Contoso!"))
    );
}

/// Each member shows the new value, and none was written.
#[tokio::test(start_paused = true)]
async fn an_account_of_a_hundred_contacts_is_one_write_and_no_call_a_contact() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let contacts: Vec<_> = (0..100)
        .map(|number| {
            let values = [
                ("lastname", json!(format!("Member {number}"))),
                (
                    "parentcustomerid_account@odata.bind",
                    bind("accounts", account),
                ),
            ];
            bench.row_of("contact", &values)
        })
        .collect();
    assert_clean(&bench.cycle().await);
    let idle = bench.later().await.calls.total();
    bench
        .world
        .dynamics
        .edit_row("account", account, &[("name", json!("Contoso AS"))])
        .unwrap();
    bench.wire.take();
    let report = bench.later().await;
    assert_clean(&report);
    assert_eq!(bench.wire.take_writes().len(), 1);
    assert!(
        report.calls.total() <= idle + 3,
        "{} calls, idle {idle}",
        report.calls.total()
    );
    for contact in contacts {
        let person = bench.person_of(contact);
        assert_eq!(bench.field(person, "company"), json!("Contoso AS"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_company_whose_answer_was_lost_is_looked_at_again_and_made_once() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    bench.wire.before(|sent| {
        if sent.path.ends_with("/companies.json") && sent.writes.iter().any(is_record) {
            Fate::Lost
        } else {
            Fate::Pass
        }
    });
    bench.cycle().await;
    bench.wire.unhook();
    bench.restart();
    bench.wire.take();
    bench.cycle().await;
    let early = bench.wire.take_writes();
    assert!(early.is_empty(), "resent before it had settled: {early:#?}");
    bench.pass(200).await;
    assert_clean(&bench.cycle().await);
    assert!(company(&bench, account).is_some());
    assert_eq!(bench.wire.take_writes().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_account_switched_off_moves_nothing_and_its_people_keep_no_company() {
    let bench = Bench::whole(0, 1);
    bench.set(Entity::ACCOUNT, Direction::Off, Policy::Dynamics);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let values = [
        ("lastname", json!("Hopper")),
        (
            "parentcustomerid_account@odata.bind",
            bind("accounts", account),
        ),
    ];
    let contact = bench.row_of("contact", &values);
    assert_clean(&bench.cycle().await);
    assert_eq!(company(&bench, account), None);
    let person = bench.person_of(contact);
    assert_eq!(bench.field(person, "externalCompanyId"), json!(null));
}

/// Nothing is decided; the feeds are read.
fn pause(bench: &Bench, paused: bool) {
    let set = |tx: &Tx<'_>| tx.set_paused(paused);
    bench.store.transaction_blocking(set).unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_account_that_waited_and_was_deleted_before_the_rules_changed_is_not_made() {
    let bench = Bench::whole(0, 1);
    assert_clean(&bench.cycle().await);
    pause(&bench, true);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    bench.later().await;
    bench.world.dynamics.delete_row("account", account).unwrap();
    let filter = Filter {
        expression: Some("name != 'Nobody'".to_owned()),
        ..Filter::default()
    };
    bench.rule(&Entity::ACCOUNT, RuleChange::Filter(filter));
    pause(&bench, false);
    assert_clean(&bench.later().await);
    assert_clean(&bench.later().await);
    assert_eq!(company(&bench, account), None);
}

/// Its company is being made of what the old feed has told; the new one begins after the row has gone.
#[tokio::test(start_paused = true)]
async fn an_account_that_goes_while_its_feed_begins_anew_is_known_to_be_gone() {
    let bench = Bench::whole(0, 1);
    assert_clean(&bench.cycle().await);
    pause(&bench, true);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    bench.later().await;
    bench.world.dynamics.touch_schema("account");
    pause(&bench, false);
    let world = Arc::clone(&bench.world);
    bench.wire.before(move |sent| {
        if sent.path.ends_with("/accounts") {
            let _ = world.dynamics.delete_row("account", account);
        }
        Fate::Pass
    });
    bench.later().await;
    bench.wire.unhook();
    assert_clean(&bench.later().await);
    let link = bench.link(account);
    assert!(link.is_none_or(|link| link.state == LinkState::Tombstone));
}
