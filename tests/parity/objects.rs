//! Accounts, owners and what belongs to them.

use serde_json::json;
use syncdeck::model::{Direction, Entity, FailureClass, Policy, Side};

use crate::engine::harness::{Bench, assert_clean, written};
use crate::engine::objects::{bind, company, record};

/// 10. Accounts travel from Dynamics to Marketo only; a change shows on every contact of the account.
#[tokio::test(start_paused = true)]
async fn an_account_travels_to_marketo_only_and_shows_on_all_its_contacts() {
    let bench = Bench::whole(0, 1);
    let offered = Entity::ACCOUNT.directions();
    assert!(
        offered
            .iter()
            .all(|direction| !direction.writes(Side::Dynamics))
    );
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let to = bind("accounts", account);
    let contacts = ["Hopper", "Lovelace", "Noether"].map(|name| {
        let at = ("parentcustomerid_account@odata.bind", to.clone());
        bench.row_of("contact", &[("lastname", json!(name)), at])
    });
    assert_clean(&bench.cycle().await);
    let key = account.to_string();
    let at = ("externalCompanyId", key.as_str());
    let typed = [("company", json!("Typed in Marketo"))];
    assert_eq!(bench.world.marketo.edit_records("companies", at, &typed), 1);
    bench.wire.take();
    assert_eq!(written(&bench.later().await), 0);
    assert!(bench.wire.take_writes().is_empty());
    let row = bench.world.dynamics.row("account", account).unwrap();
    assert_eq!(row["name"], json!("Contoso"));
    let values = [("name", json!("Contoso AS"))];
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row("account", account, &values).unwrap();
    assert_clean(&bench.later().await);
    for contact in contacts {
        let person = bench.person_of(contact);
        assert_eq!(bench.field(person, "company"), json!("Contoso AS"));
    }
}

/// 12. An owner that is a team shows as one; while Marketo lacks it, the old owner stays and the admin is told.
#[tokio::test(start_paused = true)]
async fn a_team_that_owns_a_record_never_blanks_its_owner_in_silence() {
    for known in [true, false] {
        let bench = Bench::whole(0, 1);
        if !known {
            bench.set(Entity::TEAM, Direction::Off, Policy::Dynamics);
        }
        let lead = bench.somebody("Ada");
        let user = bench.column(lead, "_ownerid_value");
        assert_clean(&bench.cycle().await);
        let person = bench.person_of(lead);
        assert_eq!(bench.field(person, "externalSalesPersonId"), user);
        let team = bench.rows("team").await[0];
        let values = [("ownerid@odata.bind", bind("teams", team))];
        let dynamics = &bench.world.dynamics;
        dynamics.edit_row("lead", lead, &values).unwrap();
        bench.later().await;
        let owner = bench.field(person, "externalSalesPersonId");
        let failures = bench.failures();
        if known {
            assert_eq!(owner, json!(team.to_string()));
            assert_eq!(failures.len(), 0, "{failures:#?}");
        } else {
            assert_eq!(owner, user);
            assert_eq!(failures.len(), 1, "{failures:#?}");
            assert_eq!(failures[0].refusal.class, FailureClass::MissingParent);
        }
    }
}

/// 22. Accounts to which no contact belongs are kept in step, too.
#[tokio::test(start_paused = true)]
async fn an_account_without_contacts_is_a_company_and_follows_its_row() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    assert_clean(&bench.cycle().await);
    assert_eq!(
        company(&bench, account).unwrap()["company"],
        json!("Contoso")
    );
    let values = [("name", json!("Contoso AS"))];
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row("account", account, &values).unwrap();
    assert_clean(&bench.later().await);
    let key = account.to_string();
    let there = record(&bench, "companies", "externalCompanyId", &key).unwrap();
    assert_eq!(there["company"], json!("Contoso AS"));
}
