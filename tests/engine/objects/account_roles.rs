//! Where the admin wants it, each contact of an account has a role in the account's opportunities.

use std::time::Duration;

use serde_json::{Value as Json, json};
use syncdeck::model::{
    AccountRoles, BrakeRules, CycleOutcome, DeletePolicy, Entity, Filter, Limit, RuleChange, Side,
};
use uuid::Uuid;

use super::super::harness::rules::plan_of;
use super::super::harness::{Bench, assert_clean, written};
use super::super::preview::previewed;
use super::bind;
use super::cast::{cast, plays, roles, stakeholder};

const NAME: &str = "Account contact";

fn wants(bench: &Bench, role: Option<&str>) {
    let roles = role.map(|role| AccountRoles {
        role: role.to_owned(),
    });
    bench.rule(&Entity::OPPORTUNITY, RuleChange::AccountRoles(roles));
}

fn account(bench: &Bench) -> Uuid {
    bench.row_of("account", &[("name", json!("Contoso"))])
}

fn to_account(account: Uuid) -> (&'static str, Json) {
    let column = "parentcustomerid_account@odata.bind";
    (column, bind("accounts", account))
}

fn of_account(account: Uuid) -> (&'static str, Json) {
    let column = "customerid_account@odata.bind";
    (column, bind("accounts", account))
}

fn of_contact(contact: Uuid) -> (&'static str, Json) {
    let column = "customerid_contact@odata.bind";
    (column, bind("contacts", contact))
}

fn member(bench: &Bench, name: &str, account: Uuid) -> Uuid {
    let name = ("lastname", json!(name));
    bench.row_of("contact", &[name, to_account(account)])
}

fn deal(bench: &Bench, customer: (&'static str, Json)) -> Uuid {
    bench.row_of("opportunity", &[("name", json!("Deal")), customer])
}

fn edit(bench: &Bench, table: &str, row: Uuid, value: (&str, Json)) {
    let dynamics = &bench.world.dynamics;
    dynamics.edit_row(table, row, &[value]).unwrap();
}

fn delete(bench: &Bench, table: &str, row: Uuid) {
    bench.world.dynamics.delete_row(table, row).unwrap();
}

/// Who of these plays the part, as Marketo should have it.
fn all_play(bench: &Bench, contacts: &[Uuid], role: &str) -> Vec<(i64, String)> {
    let people = contacts.iter().map(|contact| bench.person_of(*contact));
    let mut cast: Vec<(i64, String)> = people.map(|person| plays(person, role)).collect();
    cast.sort();
    cast
}

/// Everything is as it should be, and stays so without a write.
async fn rests(bench: &Bench) {
    assert_clean(&bench.later().await);
    bench.wire.take();
    let report = bench.later().await;
    assert_clean(&report);
    assert_eq!(written(&report), 0);
    assert!(bench.wire.take_writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_accounts_contacts_get_roles_in_its_opportunities_once_the_admin_wants_them() {
    let bench = Bench::whole(0, 1);
    let (contoso, adatum) = (account(&bench), account(&bench));
    let team = ["Hopper", "Lovelace"].map(|name| member(&bench, name, contoso));
    member(&bench, "Turing", adatum);
    let before = deal(&bench, of_account(contoso));
    rests(&bench).await;
    assert_eq!(cast(&bench, before), []);
    wants(&bench, Some(NAME));
    rests(&bench).await;
    assert_eq!(cast(&bench, before), all_play(&bench, &team, NAME));
    let after = deal(&bench, of_account(contoso));
    rests(&bench).await;
    assert_eq!(cast(&bench, after), all_play(&bench, &team, NAME));
    wants(&bench, Some("Member"));
    rests(&bench).await;
    assert_eq!(cast(&bench, before), all_play(&bench, &team, "Member"));
    assert_eq!(roles(&bench).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn whoever_joins_the_account_gets_roles_and_whoever_leaves_loses_them() {
    let bench = Bench::whole(0, 1);
    wants(&bench, Some(NAME));
    let (contoso, adatum) = (account(&bench), account(&bench));
    let grace = member(&bench, "Hopper", contoso);
    let (here, there) = (
        deal(&bench, of_account(contoso)),
        deal(&bench, of_account(adatum)),
    );
    rests(&bench).await;
    let ada = member(&bench, "Lovelace", contoso);
    rests(&bench).await;
    assert_eq!(cast(&bench, here), all_play(&bench, &[grace, ada], NAME));
    edit(&bench, "contact", grace, to_account(adatum));
    rests(&bench).await;
    assert_eq!(cast(&bench, here), all_play(&bench, &[ada], NAME));
    assert_eq!(cast(&bench, there), all_play(&bench, &[grace], NAME));
    edit(&bench, "contact", grace, to_account(contoso));
    rests(&bench).await;
    assert_eq!(cast(&bench, here), all_play(&bench, &[grace, ada], NAME));
    assert_eq!(cast(&bench, there), []);
}

#[tokio::test(start_paused = true)]
async fn another_customer_brings_the_roles_of_its_own() {
    let bench = Bench::whole(0, 1);
    wants(&bench, Some(NAME));
    let (contoso, adatum) = (account(&bench), account(&bench));
    let grace = member(&bench, "Hopper", contoso);
    let ada = member(&bench, "Lovelace", adatum);
    let deal = deal(&bench, of_account(contoso));
    rests(&bench).await;
    edit(&bench, "opportunity", deal, of_account(adatum));
    rests(&bench).await;
    assert_eq!(cast(&bench, deal), all_play(&bench, &[ada], NAME));
    edit(&bench, "opportunity", deal, of_contact(grace));
    rests(&bench).await;
    let customer = all_play(&bench, &[grace], "Potential Customer");
    assert_eq!(cast(&bench, deal), customer);
    edit(&bench, "opportunity", deal, of_account(contoso));
    rests(&bench).await;
    assert_eq!(cast(&bench, deal), all_play(&bench, &[grace], NAME));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_contact_or_opportunity_takes_its_roles_along() {
    let bench = Bench::whole(0, 1);
    wants(&bench, Some(NAME));
    let contoso = account(&bench);
    let (grace, ada) = (
        member(&bench, "Hopper", contoso),
        member(&bench, "Lovelace", contoso),
    );
    let (stays, goes) = (
        deal(&bench, of_account(contoso)),
        deal(&bench, of_account(contoso)),
    );
    rests(&bench).await;
    assert_eq!(roles(&bench).len(), 4);
    delete(&bench, "contact", grace);
    delete(&bench, "opportunity", goes);
    rests(&bench).await;
    assert_eq!(cast(&bench, stays), all_play(&bench, &[ada], NAME));
    assert_eq!(roles(&bench).len(), 1);
    assert_eq!(bench.world.marketo.records("opportunities").len(), 1);
}

/// A chain of changes that has ended tells no deletion: what the full read does not name is asked for.
#[tokio::test(start_paused = true)]
async fn a_deletion_no_feed_told_of_is_found_by_the_next_full_read() {
    let bench = Bench::whole(0, 1);
    wants(&bench, Some(NAME));
    let contoso = account(&bench);
    let (grace, ada) = (
        member(&bench, "Hopper", contoso),
        member(&bench, "Lovelace", contoso),
    );
    let (stays, goes) = (
        deal(&bench, of_account(contoso)),
        deal(&bench, of_account(contoso)),
    );
    rests(&bench).await;
    delete(&bench, "contact", grace);
    delete(&bench, "opportunity", goes);
    let forget = |tx: &syncdeck::store::Tx<'_>| {
        ["contact", "opportunity"]
            .iter()
            .try_for_each(|half| tx.clear_cursor(&format!("dynamics/accountrole/{half}")))
    };
    bench.store.transaction_blocking(forget).unwrap();
    rests(&bench).await;
    assert_eq!(cast(&bench, stays), all_play(&bench, &[ada], NAME));
    assert_eq!(roles(&bench).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn roles_that_are_not_wanted_any_more_are_taken_back_and_then_cost_nothing() {
    let bench = Bench::whole(0, 1);
    let contoso = account(&bench);
    let grace = member(&bench, "Hopper", contoso);
    member(&bench, "Lovelace", contoso);
    let deal = deal(&bench, of_account(contoso));
    stakeholder(&bench, deal, grace, 0);
    rests(&bench).await;
    bench.wire.take();
    assert_clean(&bench.later().await);
    let idle = bench.wire.take().len();
    // A delete in Dynamics is kept, and yet these go: nobody deleted anything.
    let keep = RuleChange::Delete {
        side: Side::Dynamics,
        policy: DeletePolicy::Unlink,
    };
    bench.rule(&Entity::OPPORTUNITY, keep);
    wants(&bench, Some(NAME));
    rests(&bench).await;
    assert_eq!(roles(&bench).len(), 3);
    wants(&bench, None);
    rests(&bench).await;
    let left = all_play(&bench, &[grace], "Stakeholder");
    assert_eq!(cast(&bench, deal), left);
    bench.wire.take();
    assert_clean(&bench.later().await);
    assert_eq!(bench.wire.take().len(), idle);
    let kept = |reader: &syncdeck::store::Reader<'_>| reader.has_account_roles();
    assert!(!bench.store.read_blocking(kept).unwrap());
    wants(&bench, Some(NAME));
    rests(&bench).await;
    assert_eq!(roles(&bench).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_stakeholder_of_the_same_name_gets_no_second_role() {
    let bench = Bench::whole(0, 1);
    wants(&bench, Some("stakeholder"));
    let contoso = account(&bench);
    let grace = member(&bench, "Hopper", contoso);
    let deal = deal(&bench, of_account(contoso));
    let tie = stakeholder(&bench, deal, grace, 0);
    rests(&bench).await;
    assert_eq!(roles(&bench).len(), 1);
    wants(&bench, None);
    rests(&bench).await;
    assert_eq!(roles(&bench).len(), 1, "it is still a stakeholder's");
    wants(&bench, Some("stakeholder"));
    rests(&bench).await;
    delete(&bench, "connection", tie);
    rests(&bench).await;
    assert_eq!(roles(&bench).len(), 1, "it is still a member's");
    wants(&bench, None);
    rests(&bench).await;
    assert_eq!(roles(&bench).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn contacts_beyond_the_limit_get_no_role_and_that_is_said() {
    let bench = Bench::whole(0, 1);
    wants(&bench, Some(NAME));
    let contoso = account(&bench);
    let all: Vec<Uuid> = (0..102)
        .map(|n| member(&bench, &format!("Number {n}"), contoso))
        .collect();
    let deal = deal(&bench, of_account(contoso));
    bench.cycle().await;
    bench.later().await;
    assert_eq!(cast(&bench, deal).len(), 100);
    let failures = bench.failures();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0].dynamics_id, Some(deal));
    assert_eq!(failures[0].refusal.code, "too_many_contacts");
    let said = &failures[0].refusal.message;
    assert!(
        said.contains("2 contacts of its account have no role"),
        "{said}"
    );
    delete(&bench, "contact", all[0]);
    bench.later().await;
    let said = &bench.failures()[0].refusal.message;
    assert!(said.contains("1 contacts of its account"), "{said}");
    delete(&bench, "contact", all[1]);
    rests(&bench).await;
    assert_eq!(cast(&bench, deal), all_play(&bench, &all[2..], NAME));
    assert_eq!(bench.failures().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_preview_shows_the_roles_that_come_and_those_that_go() {
    let bench = Bench::whole(0, 1);
    let contoso = account(&bench);
    member(&bench, "Hopper", contoso);
    member(&bench, "Lovelace", contoso);
    deal(&bench, of_account(contoso));
    rests(&bench).await;
    for (role, action) in [(Some(NAME), "create"), (None, "delete")] {
        wants(&bench, role);
        bench.pass(10).await;
        let before = roles(&bench).len();
        let (lines, told) = previewed(&bench).await;
        let shown = lines
            .iter()
            .filter(|line| line.entity == Some(Entity::ACCOUNT_ROLE));
        let shown: Vec<&str> = shown.map(|line| line.action).collect();
        assert_eq!(shown, [action; 2], "{lines:#?}");
        assert_eq!(roles(&bench).len(), before, "a preview writes nothing");
        let report = bench.cycle().await;
        let counts = |report: &syncdeck::model::CycleReport| {
            let of = report.entities.iter();
            let mut of = of.filter(|one| one.entity == Entity::ACCOUNT_ROLE);
            of.next().map(|one| (one.created, one.deleted))
        };
        assert_eq!(counts(&told.report), counts(&report));
        assert_eq!(roles(&bench).len(), 2 - before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_contact_out_of_scope_gets_its_role_once_it_is_in_scope() {
    let bench = Bench::whole(0, 1);
    let no_spies = Filter {
        expression: Some("jobtitle != 'Spy'".to_owned()),
        ..Filter::default()
    };
    bench.rule(&Entity::CONTACT, RuleChange::Filter(no_spies));
    wants(&bench, Some(NAME));
    let contoso = account(&bench);
    let spy = member(&bench, "Hari", contoso);
    edit(&bench, "contact", spy, ("jobtitle", json!("Spy")));
    let deal = deal(&bench, of_account(contoso));
    rests(&bench).await;
    assert_eq!(cast(&bench, deal), []);
    edit(&bench, "contact", spy, ("jobtitle", json!("Dancer")));
    rests(&bench).await;
    assert_eq!(cast(&bench, deal), all_play(&bench, &[spy], NAME));
}

#[tokio::test(start_paused = true)]
async fn taking_many_roles_back_at_once_waits_for_the_admins_word() {
    let bench = Bench::whole(0, 1);
    let contoso = account(&bench);
    for name in ["Hopper", "Lovelace", "Turing"] {
        member(&bench, name, contoso);
    }
    deal(&bench, of_account(contoso));
    let two = Limit {
        count: 2,
        percent: 0,
    };
    let strict = BrakeRules {
        changes: two,
        ..BrakeRules::default()
    };
    bench.rule(&Entity::OPPORTUNITY, RuleChange::Brakes(strict));
    wants(&bench, Some(NAME));
    rests(&bench).await;
    wants(&bench, None);
    let report = bench.later().await;
    assert_eq!(report.outcome, CycleOutcome::Halted);
    assert_eq!(roles(&bench).len(), 3);
    bench.approving(&plan_of(&report)).await;
    rests(&bench).await;
    assert_eq!(roles(&bench).len(), 0);
}

/// The engine dies at each of a cycle's waits in turn, while roles come and while they go.
#[tokio::test(start_paused = true)]
async fn an_engine_that_dies_anywhere_neither_loses_nor_doubles_a_role() {
    let bench = Bench::whole(0, 1);
    let contoso = account(&bench);
    let team = ["Hopper", "Lovelace"].map(|name| member(&bench, name, contoso));
    let deal = deal(&bench, of_account(contoso));
    rests(&bench).await;
    let mut killed = 0;
    for step in 0.. {
        let role = (step % 2 == 0).then_some(NAME);
        wants(&bench, role);
        bench.pass(600).await;
        let moment = Duration::from_millis(30 * step);
        let ended = tokio::time::timeout(moment, bench.cycle()).await;
        bench.restart();
        bench.pass(600).await;
        bench.cycle().await;
        bench.pass(600).await;
        rests(&bench).await;
        let expected = match role {
            Some(role) => all_play(&bench, &team, role),
            None => Vec::new(),
        };
        assert_eq!(cast(&bench, deal), expected, "killed at {moment:?}");
        if ended.is_ok() {
            break;
        }
        killed += 1;
    }
    assert!(killed > 5, "{killed}");
}

/// People move contacts, opportunities and the rule about at random, and the engine dies now and then; at rest each
/// opportunity has the roles its account's contacts make, no more and no fewer.
#[tokio::test(start_paused = true)]
async fn whatever_people_do_the_roles_are_those_of_the_accounts_contacts() {
    let bench = Bench::whole(0, 1);
    let mut random = fastrand::Rng::with_seed(11);
    let accounts = [account(&bench), account(&bench)];
    let mut members: Vec<(Uuid, usize)> = Vec::new();
    let mut deals: Vec<(Uuid, usize)> = Vec::new();
    let mut role = Some(NAME);
    wants(&bench, role);
    for step in 0..30 {
        for _ in 0..random.u8(1..4) {
            let at = random.usize(..2);
            match random.u8(..12) {
                0..3 => members.push((member(&bench, "Somebody", accounts[at]), at)),
                3..5 => deals.push((deal(&bench, of_account(accounts[at])), at)),
                5..7 => {
                    if let Some(one) = random.choice(&mut members) {
                        edit(&bench, "contact", one.0, to_account(accounts[at]));
                        one.1 = at;
                    }
                }
                7..9 => {
                    if let Some(one) = random.choice(&mut deals) {
                        edit(&bench, "opportunity", one.0, of_account(accounts[at]));
                        one.1 = at;
                    }
                }
                9 if members.len() > 2 => {
                    let (gone, _) = members.swap_remove(random.usize(..members.len()));
                    delete(&bench, "contact", gone);
                }
                10 if deals.len() > 2 => {
                    let (gone, _) = deals.swap_remove(random.usize(..deals.len()));
                    delete(&bench, "opportunity", gone);
                }
                _ => {
                    role = [None, Some(NAME), Some("Member")][random.usize(..3)];
                    wants(&bench, role);
                }
            }
        }
        bench.pass(600).await;
        let moment = Duration::from_millis(random.u64(..1_500));
        drop(tokio::time::timeout(moment, bench.cycle()).await);
        bench.restart();
        if step % 3 != 2 {
            continue;
        }
        bench.pass(600).await;
        bench.cycle().await;
        bench.pass(600).await;
        rests(&bench).await;
        let mut all = 0;
        for (deal, of) in &deals {
            let team = members.iter().filter(|(_, at)| at == of && role.is_some());
            let team: Vec<Uuid> = team.map(|(contact, _)| *contact).collect();
            let expected = all_play(&bench, &team, role.unwrap_or_default());
            assert_eq!(cast(&bench, *deal), expected, "step {step}");
            all += team.len();
        }
        assert_eq!(roles(&bench).len(), all, "step {step}");
    }
}
