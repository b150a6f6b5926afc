//! 11. Who has a role in an opportunity: the customer and the stakeholders, by the documented rules.

use serde_json::json;

use crate::engine::harness::{Bench, assert_clean};
use crate::engine::objects::cast::{cast, contact, deal, plays, stakeholder};
use crate::engine::objects::{bind, record};

#[tokio::test(start_paused = true)]
async fn a_contact_as_customer_has_a_role_and_gives_the_opportunity_its_account() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let member = [
        ("lastname", json!("Hopper")),
        (
            "parentcustomerid_account@odata.bind",
            bind("accounts", account),
        ),
    ];
    let grace = bench.row_of("contact", &member);
    let customer = ("customerid_contact@odata.bind", bind("contacts", grace));
    let deal = bench.row_of("opportunity", &[("name", json!("Deal")), customer]);
    assert_clean(&bench.cycle().await);
    let person = bench.person_of(grace);
    assert_eq!(cast(&bench, deal), [plays(person, "Potential Customer")]);
    let key = deal.to_string();
    let there = record(&bench, "opportunities", "externalOpportunityId", &key).unwrap();
    assert_eq!(there["externalCompanyId"], json!(account.to_string()));
}

#[tokio::test(start_paused = true)]
async fn an_account_as_customer_is_linked_and_nobody_has_a_role() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let customer = ("customerid_account@odata.bind", bind("accounts", account));
    let deal = bench.row_of("opportunity", &[("name", json!("Deal")), customer]);
    assert_clean(&bench.cycle().await);
    assert_eq!(cast(&bench, deal), []);
    let key = deal.to_string();
    let there = record(&bench, "opportunities", "externalOpportunityId", &key).unwrap();
    assert_eq!(there["externalCompanyId"], json!(account.to_string()));
    assert_eq!(bench.failures().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_stakeholder_has_a_role() {
    let bench = Bench::whole(0, 1);
    let deal = deal(&bench);
    let (grace, ada) = (contact(&bench, "Hopper"), contact(&bench, "Ada"));
    stakeholder(&bench, deal, grace, 0);
    stakeholder(&bench, deal, ada, 1);
    assert_clean(&bench.cycle().await);
    let mut both = [
        plays(bench.person_of(grace), "Stakeholder"),
        plays(bench.person_of(ada), "Decision Maker"),
    ];
    both.sort();
    assert_eq!(cast(&bench, deal), both);
}
