//! Filters that ask the account, and accounts that take along whoever belongs to them.

use serde_json::{Value as Json, json};
use syncdeck::engine::{self, filter_problem, filter_test};
use syncdeck::model::{CycleOutcome, Entity, Filter, LeavePolicy, RuleChange};
use uuid::Uuid;

use super::super::harness::rules::plan_of;
use super::super::harness::{Bench, assert_clean, written};
use super::bind;

fn account(bench: &Bench, name: &str, employees: i64) -> Uuid {
    let values = [
        ("name", json!(name)),
        ("numberofemployees", json!(employees)),
    ];
    bench.row_of("account", &values)
}

fn contact(bench: &Bench, name: &str, account: Option<Uuid>) -> Uuid {
    let email = format!("{}@example.com", name.to_lowercase());
    let mut values = vec![("lastname", json!(name)), ("emailaddress1", json!(email))];
    let to = account.map(|row| ("parentcustomerid_account@odata.bind", bind("accounts", row)));
    values.extend(to);
    bench.row_of("contact", &values)
}

fn edit(bench: &Bench, row: Uuid, column: &str, value: impl Into<Json>) {
    let values = [(column, value.into())];
    bench
        .world
        .dynamics
        .edit_row("account", row, &values)
        .unwrap();
}

fn only(expression: &str) -> Filter {
    Filter {
        expression: Some(expression.to_owned()),
        ..Filter::default()
    }
}

fn title(bench: &Bench, row: Uuid) -> Json {
    bench.field(bench.person_of(row), "title")
}

#[tokio::test(start_paused = true)]
async fn a_filter_asks_the_account_and_a_change_of_it_looks_at_its_contacts_again() {
    let bench = Bench::whole(0, 1);
    let (big, small) = (
        account(&bench, "Contoso", 900),
        account(&bench, "Adatum", 9),
    );
    let ada = contact(&bench, "Ada", Some(big));
    let grace = contact(&bench, "Grace", Some(small));
    for number in 0..30 {
        contact(&bench, &format!("N{number}"), Some(small));
    }
    contact(&bench, "Edith", None);
    assert_clean(&bench.cycle().await);
    let wanted = only("related.parentcustomerid.numberofemployees > 100");
    let parts = bench.parts();
    let test = filter_test(&parts, &Entity::CONTACT, &wanted)
        .await
        .unwrap();
    assert_eq!((test.inside, test.outside, test.leaving), (1, 32, 32));
    assert!(!test.leaving_examples.is_empty());
    bench.rule(&Entity::CONTACT, RuleChange::Filter(wanted));
    let halted = bench.later().await;
    assert_eq!(halted.outcome, CycleOutcome::Halted);
    bench.approving(&plan_of(&halted)).await;

    bench.edit(ada, "jobtitle", "Countess");
    bench.edit(grace, "jobtitle", "Admiral");
    assert_clean(&bench.later().await);
    assert_eq!(title(&bench, ada), json!("Countess"));
    assert_ne!(title(&bench, grace), json!("Admiral"));

    edit(&bench, small, "name", "Adatum Two");
    let idle = bench.later().await;
    assert!(
        idle.calls.dynamics < 30,
        "nobody is asked for alone: {idle:?}"
    );
    edit(&bench, small, "numberofemployees", 200);
    let report = bench.later().await;
    assert_clean(&report);
    assert!(
        report.calls.dynamics < 35,
        "nobody is asked for alone: {report:?}"
    );
    assert_eq!(title(&bench, grace), json!("Admiral"));

    edit(&bench, big, "numberofemployees", 1);
    bench.later().await;
    bench.edit(ada, "jobtitle", "Duchess");
    bench.later().await;
    assert_eq!(title(&bench, ada), json!("Countess"));
    assert_eq!(written(&bench.later().await), 0);
}

#[tokio::test(start_paused = true)]
async fn an_account_out_of_scope_takes_its_contacts_along_by_their_own_rule() {
    let bench = Bench::whole(0, 1);
    let (inside, outside) = (account(&bench, "Contoso", 1), account(&bench, "Adatum", 1));
    let ada = contact(&bench, "Ada", Some(inside));
    let grace = contact(&bench, "Grace", Some(outside));
    let edith = contact(&bench, "Edith", None);
    bench.rule(&Entity::CONTACT, RuleChange::Leave(LeavePolicy::Delete));
    assert_clean(&bench.cycle().await);
    let wanted = Filter {
        cascade: true,
        ..only("!name.startsWith('Adatum')")
    };
    bench.rule(&Entity::ACCOUNT, RuleChange::Filter(wanted));
    let accounts = bench.later().await;
    let contacts = bench.approving(&plan_of(&accounts)).await;
    assert_eq!(contacts.outcome, CycleOutcome::Halted, "{contacts:?}");
    let reason = contacts.reason.clone().unwrap();
    assert!(reason.contains("leaves 1 out"), "{reason}");
    bench.person_of(grace);
    bench.approving(&plan_of(&contacts)).await;
    // Who leaves is deleted; the rows themselves are looked at once the scope has changed.
    bench.later().await;
    assert!(bench.people_of(grace).is_empty());
    bench.person_of(ada);
    bench.person_of(edith);

    edit(&bench, outside, "name", "Northwind");
    bench.later().await;
    bench.later().await;
    bench.person_of(grace);
    edit(&bench, inside, "name", "Adatum Two");
    bench.later().await;
    bench.later().await;
    assert!(bench.people_of(ada).is_empty(), "her account has left");
}

#[tokio::test(start_paused = true)]
async fn a_column_that_is_not_there_is_found_when_it_is_set_and_by_the_check() {
    let bench = Bench::whole(0, 1);
    contact(&bench, "Ada", None);
    bench.cycle().await;
    for (text, told) in [
        (
            "no_such_column == 1",
            "'no_such_column': there is no such column in contact",
        ),
        (
            "related.nobody.name == 'a'",
            "'related.nobody': contact has no such lookup",
        ),
        (
            "related.parentcustomerid.shoe_size == 1",
            "'related.parentcustomerid.shoe_size': there is no such column in",
        ),
        ("related == 1", "'related'"),
        ("lastname ==", "line 1"),
    ] {
        let filter = only(text);
        let problem = bench
            .store
            .read_blocking(|r| filter_problem(r, &Entity::CONTACT, &filter));
        let problem = problem
            .unwrap()
            .unwrap_or_else(|| panic!("{text} is taken"));
        assert!(problem.contains(told), "{problem}");
        let error = filter_test(&bench.parts(), &Entity::CONTACT, &filter).await;
        assert!(error.unwrap_err().to_string().contains(told));
        bench.rule(&Entity::CONTACT, RuleChange::Filter(filter));
        let list = engine::check(bench.parts()).await.unwrap();
        let line = list
            .iter()
            .find(|line| line.name == "contact: filter")
            .unwrap();
        assert!(!line.ok && line.found.contains(told), "{line:?}");
        assert!(line.remedy.contains("filter test"), "{line:?}");
    }
    let fine = only("related.parentcustomerid.name != null && lastname != ''");
    let problem = bench
        .store
        .read_blocking(|r| filter_problem(r, &Entity::CONTACT, &fine));
    assert_eq!(problem.unwrap(), None);
}
