//! Roles follow whom they belong to: out of scope with them, and back.

use serde_json::{Value as Json, json};
use syncdeck::model::{CycleOutcome, CycleReport, Entity, Filter, LeavePolicy, RuleChange};
use uuid::Uuid;

use super::super::harness::rules::plan_of;
use super::super::harness::{Bench, written};
use super::bind;
use super::cast::{cast, plays, roles, stakeholder};

const CUSTOMER: &str = "Potential Customer";

/// An account with a contact, and a deal of hers in which another contact has a part.
struct Sale {
    bench: Bench,
    account: Uuid,
    member: Uuid,
    deal: Uuid,
    other: Uuid,
}

fn sale() -> Sale {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let member = [
        ("lastname", json!("Hopper")),
        (
            "parentcustomerid_account@odata.bind",
            bind("accounts", account),
        ),
    ];
    let member = bench.row_of("contact", &member);
    let other = bench.row_of("contact", &[("lastname", json!("Lovelace"))]);
    let customer = ("customerid_contact@odata.bind", bind("contacts", member));
    let deal = bench.row_of("opportunity", &[("name", json!("Deal")), customer]);
    stakeholder(&bench, deal, other, 1);
    Sale {
        bench,
        account,
        member,
        deal,
        other,
    }
}

fn only(expression: &str) -> Filter {
    Filter {
        expression: Some(expression.to_owned()),
        ..Filter::default()
    }
}

impl Sale {
    fn edit(&self, table: &str, row: Uuid, column: &str, value: impl Into<Json>) {
        let values = [(column, value.into())];
        self.bench
            .world
            .dynamics
            .edit_row(table, row, &values)
            .unwrap();
    }

    /// Both roles, as long as all is in scope.
    fn both(&self) -> Vec<(i64, String)> {
        let mut both = vec![
            plays(self.bench.person_of(self.member), CUSTOMER),
            plays(self.bench.person_of(self.other), "Decision Maker"),
        ];
        both.sort();
        both
    }

    fn cast(&self) -> Vec<(i64, String)> {
        cast(&self.bench, self.deal)
    }

    fn deals(&self) -> usize {
        self.bench.world.marketo.records("opportunities").len()
    }

    fn leave(&self, entity: &Entity, policy: LeavePolicy) {
        self.bench.rule(entity, RuleChange::Leave(policy));
    }

    /// Sets a filter and lets it be obeyed, until nothing is left to be approved and nothing to be done.
    async fn filter(&self, entity: &Entity, filter: Filter) {
        self.bench.rule(entity, RuleChange::Filter(filter));
        let mut report = self.bench.later().await;
        while report.outcome == CycleOutcome::Halted {
            self.bench.pass(10).await;
            report = self.bench.approving(&plan_of(&report)).await;
        }
        self.settle().await;
    }

    /// Runs cycles until nothing is written; more than three would be too many.
    async fn settle(&self) -> CycleReport {
        for _ in 0..3 {
            let report = self.bench.later().await;
            assert_eq!(report.outcome, CycleOutcome::Clean, "{report:#?}");
            if written(&report) == 0 {
                return report;
            }
        }
        panic!("it does not come to rest");
    }
}

#[tokio::test(start_paused = true)]
async fn an_opportunity_that_leaves_and_is_kept_takes_its_roles_along_by_their_own_rule() {
    let sale = sale();
    sale.leave(&Entity::ROLE, LeavePolicy::Delete);
    sale.settle().await;
    assert_eq!(sale.cast(), sale.both());
    sale.filter(&Entity::OPPORTUNITY, only("name != 'Secret'"))
        .await;
    sale.edit("opportunity", sale.deal, "name", "Secret");
    sale.settle().await;
    let customer = sale.bench.person_of(sale.member);
    assert_eq!(sale.cast(), [plays(customer, CUSTOMER)], "it is frozen");
    assert_eq!(sale.deals(), 1);
    sale.edit("opportunity", sale.deal, "name", "Deal");
    sale.settle().await;
    assert_eq!(sale.cast(), sale.both());
}

/// Marketo deletes no opportunity that has roles: they go first, whatever their own rule says.
#[tokio::test(start_paused = true)]
async fn an_opportunity_that_is_deleted_when_it_leaves_takes_its_roles_away() {
    let sale = sale();
    sale.leave(&Entity::OPPORTUNITY, LeavePolicy::Delete);
    sale.settle().await;
    sale.filter(&Entity::OPPORTUNITY, only("name != 'Secret'"))
        .await;
    sale.edit("opportunity", sale.deal, "name", "Secret");
    sale.settle().await;
    assert_eq!((sale.cast(), sale.deals()), (vec![], 0));
    assert_eq!(sale.bench.failures().len(), 0);
    sale.edit("opportunity", sale.deal, "name", "Deal");
    sale.settle().await;
    assert_eq!((sale.cast(), sale.deals()), (sale.both(), 1));
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_leaves_takes_its_roles_along_and_brings_them_back() {
    let sale = sale();
    for entity in [Entity::CUSTOMER_ROLE, Entity::CONTACT] {
        sale.leave(&entity, LeavePolicy::Delete);
    }
    sale.settle().await;
    sale.filter(&Entity::CONTACT, only("jobtitle != 'Spy'"))
        .await;
    sale.edit("contact", sale.member, "jobtitle", "Spy");
    sale.settle().await;
    let other = sale.bench.person_of(sale.other);
    assert_eq!(sale.cast(), [plays(other, "Decision Maker")]);
    assert_eq!(sale.bench.failures().len(), 0);
    sale.edit("contact", sale.member, "jobtitle", "Admiral");
    sale.settle().await;
    assert_eq!(sale.cast(), sale.both());
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_is_kept_when_it_leaves_takes_its_roles_along_by_their_own_rule() {
    let sale = sale();
    sale.leave(&Entity::CUSTOMER_ROLE, LeavePolicy::Delete);
    sale.settle().await;
    sale.filter(&Entity::CONTACT, only("jobtitle != 'Spy'"))
        .await;
    sale.edit("contact", sale.member, "jobtitle", "Spy");
    sale.settle().await;
    let other = sale.bench.person_of(sale.other);
    assert_eq!(sale.cast(), [plays(other, "Decision Maker")]);
    sale.edit("contact", sale.member, "jobtitle", "Admiral");
    sale.settle().await;
    assert_eq!(sale.cast(), sale.both());
}

#[tokio::test(start_paused = true)]
async fn an_account_that_takes_its_opportunities_along_takes_their_roles_too() {
    let sale = sale();
    let to = bind("accounts", sale.account);
    sale.edit(
        "opportunity",
        sale.deal,
        "customerid_account@odata.bind",
        to,
    );
    sale.leave(&Entity::OPPORTUNITY, LeavePolicy::Delete);
    sale.settle().await;
    let other = plays(sale.bench.person_of(sale.other), "Decision Maker");
    assert_eq!(sale.cast(), std::slice::from_ref(&other));
    let wanted = Filter {
        cascade: true,
        ..only("!name.startsWith('Secret')")
    };
    sale.filter(&Entity::ACCOUNT, wanted).await;
    sale.edit("account", sale.account, "name", "Secret Contoso");
    sale.settle().await;
    assert_eq!((sale.cast(), sale.deals()), (vec![], 0));
    sale.edit("account", sale.account, "name", "Contoso");
    sale.settle().await;
    assert_eq!((sale.cast(), sale.deals()), (vec![other], 1));
}

/// What was never in scope is nobody's failure, and its roles come with it.
#[tokio::test(start_paused = true)]
async fn roles_of_what_was_never_in_scope_wait_without_a_failure() {
    let sale = sale();
    sale.edit("opportunity", sale.deal, "name", "Secret");
    sale.bench.rule(
        &Entity::OPPORTUNITY,
        RuleChange::Filter(only("name != 'Secret'")),
    );
    sale.settle().await;
    assert_eq!((roles(&sale.bench).len(), sale.deals()), (0, 0));
    assert_eq!(sale.bench.failures().len(), 0);
    sale.edit("opportunity", sale.deal, "name", "Deal");
    sale.settle().await;
    assert_eq!((sale.cast(), sale.deals()), (sale.both(), 1));
}
