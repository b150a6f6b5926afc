//! Users and teams are sales persons; who owns a record shows in Marketo, and is never blanked in silence.

use serde_json::json;
use syncdeck::model::{Direction, Entity, FailureClass, Policy, RuleChange};
use syncdeck::sandbox::dynamics::HUMANS;

use super::super::harness::{Bench, assert_clean, person_columns};
use super::{bind, company, record};

#[tokio::test(start_paused = true)]
async fn every_user_and_team_is_a_sales_person() {
    let bench = Bench::whole(0, 1);
    assert_clean(&bench.cycle().await);
    for user in bench.rows("systemuser").await {
        let row = bench.world.dynamics.row("systemuser", user).unwrap();
        let key = user.to_string();
        let there = record(&bench, "salespersons", "externalSalesPersonId", &key).unwrap();
        assert_eq!(there["lastName"], row["lastname"]);
        assert_eq!(
            there.get("email").cloned().unwrap_or_default(),
            row["internalemailaddress"]
        );
    }
    let teams = bench.rows("team").await;
    assert_eq!(teams.len(), 3);
    for team in teams {
        let row = bench.world.dynamics.row("team", team).unwrap();
        let key = team.to_string();
        let there = record(&bench, "salespersons", "externalSalesPersonId", &key).unwrap();
        assert_eq!(there["lastName"], row["name"]);
        assert_eq!(there["title"], json!("Owner"));
    }
    assert!(HUMANS.len() > 3);
}

#[tokio::test(start_paused = true)]
async fn the_owner_of_a_person_and_of_an_account_resolves_be_it_a_user_or_a_team() {
    let bench = Bench::whole(0, 1);
    let team = bench.rows("team").await[0];
    let account = bench.row_of(
        "account",
        &[
            ("name", json!("Contoso")),
            ("ownerid@odata.bind", bind("teams", team)),
        ],
    );
    let lead = bench.somebody("Ada");
    let owner = bench.column(lead, "_ownerid_value");
    assert_clean(&bench.cycle().await);
    let person = bench.person_of(lead);
    assert_eq!(bench.field(person, "externalSalesPersonId"), owner);
    let company = company(&bench, account).unwrap();
    assert_eq!(company["externalSalesPersonId"], json!(team.to_string()));
    let values = [("ownerid@odata.bind", bind("teams", team))];
    bench
        .world
        .dynamics
        .edit_row("lead", lead, &values)
        .unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(
        bench.field(person, "externalSalesPersonId"),
        json!(team.to_string())
    );
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_is_not_there_keeps_the_old_one_is_told_and_heals() {
    let bench = Bench::whole(0, 1);
    bench.set(Entity::TEAM, Direction::Off, Policy::Dynamics);
    let lead = bench.somebody("Ada");
    let owner = bench.column(lead, "_ownerid_value");
    assert_clean(&bench.cycle().await);
    let person = bench.person_of(lead);
    let team = bench.rows("team").await[0];
    let values = [
        ("ownerid@odata.bind", bind("teams", team)),
        ("jobtitle", json!("Countess")),
    ];
    bench
        .world
        .dynamics
        .edit_row("lead", lead, &values)
        .unwrap();
    bench.later().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert_eq!(bench.field(person, "externalSalesPersonId"), owner);
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].refusal.class, FailureClass::MissingParent);
    assert!(failures[0].refusal.message.contains(&team.to_string()));
    bench.set(Entity::TEAM, Direction::ToMarketo, Policy::Dynamics);
    assert_clean(&bench.later().await);
    assert_eq!(
        bench.field(person, "externalSalesPersonId"),
        json!(team.to_string())
    );
    assert_eq!(bench.failures().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_contact_follows_its_account_to_another_company_and_is_never_taken_out_of_one() {
    let bench = Bench::whole(0, 1);
    let one = bench.row_of("account", &[("name", json!("Contoso"))]);
    let other = bench.row_of("account", &[("name", json!("Fabrikam"))]);
    let contact = bench.row_of(
        "contact",
        &[
            ("lastname", json!("Hopper")),
            ("parentcustomerid_account@odata.bind", bind("accounts", one)),
        ],
    );
    assert_clean(&bench.cycle().await);
    let person = bench.person_of(contact);
    assert_eq!(bench.field(person, "company"), json!("Contoso"));
    let edit = |values: &[(&str, serde_json::Value)]| {
        bench
            .world
            .dynamics
            .edit_row("contact", contact, values)
            .unwrap();
    };
    edit(&[(
        "parentcustomerid_account@odata.bind",
        bind("accounts", other),
    )]);
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "company"), json!("Fabrikam"));
    edit(&[("parentcustomerid_account@odata.bind", json!(null))]);
    bench.later().await;
    assert_eq!(bench.field(person, "company"), json!("Fabrikam"));
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].refusal.code, "kept");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_owner_stands_in_until_the_real_one_is_there() {
    let bench = Bench::whole(0, 1);
    let lead = bench.somebody("Ada");
    let user = bench.column(lead, "_ownerid_value");
    let contact = bench.row_of("contact", &person_columns("Grace")[1..]);
    let account = bench.row_of("account", &[("name", json!("Analytical"))]);
    let deal = bench.row_of("opportunity", &[("name", json!("Engine"))]);
    let team = bench.rows("team").await[0];
    let rows = [
        ("lead", lead),
        ("contact", contact),
        ("account", account),
        ("opportunity", deal),
    ];
    for (table, row) in rows {
        let entity = Entity::named(table);
        bench.rule(
            &entity,
            RuleChange::OwnerFallback(user.as_str().unwrap().parse().ok()),
        );
        let values = [("ownerid@odata.bind", bind("teams", team))];
        bench.world.dynamics.edit_row(table, row, &values).unwrap();
    }
    bench.set(Entity::TEAM, Direction::Off, Policy::Dynamics);
    bench.cycle().await;
    bench.later().await;
    let owners = |bench: &Bench| {
        [
            bench.field(bench.person_of(lead), "externalSalesPersonId"),
            bench.field(bench.person_of(contact), "externalSalesPersonId"),
            company(bench, account).unwrap()["externalSalesPersonId"].clone(),
            record(
                bench,
                "opportunities",
                "externalOpportunityId",
                &deal.to_string(),
            )
            .unwrap()["externalSalesPersonId"]
                .clone(),
        ]
    };
    assert_eq!(owners(&bench), [(); 4].map(|()| user.clone()));
    let waiting = bench.failures();
    let named = waiting
        .iter()
        .filter(|one| one.field.as_deref() == Some("externalSalesPersonId"));
    let named = named.filter(|one| one.refusal.message.contains(&team.to_string()));
    assert_eq!(named.count(), 4, "{waiting:#?}");
    bench.set(Entity::TEAM, Direction::ToMarketo, Policy::Dynamics);
    assert_clean(&bench.later().await);
    assert_eq!(owners(&bench), [(); 4].map(|()| json!(team.to_string())));
    assert!(bench.failures().is_empty());
}
