//! One record of an object: shown on both sides with the reason it is, or is not, in step; looked at by force.

use serde_json::json;
use syncdeck::engine::{self, Asked, Inspection, inspect};
use syncdeck::model::{Entity, Filter, RecordKey, RuleChange};
use uuid::Uuid;

use super::super::harness::{Bench, assert_clean, written};
use super::cast::stakeholder;
use super::company;

async fn shown(bench: &Bench, key: &str) -> Inspection {
    bench.wire.take();
    let mut found = inspect(bench.parts(), key).await.unwrap();
    assert!(bench.wire.take_writes().is_empty());
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn why(found: &Inspection) -> String {
    found.why.join("; ")
}

fn look_at(bench: &Bench, row: Uuid, entity: &Entity) {
    let (key, now) = (RecordKey::Dynamics(row), bench.clock.now());
    let asked = bench
        .store
        .transaction_blocking(|tx| engine::look_at(tx, key, Some(entity), now))
        .unwrap();
    assert!(matches!(asked, Asked::Done(_)), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn every_object_is_shown_by_its_guid_and_a_user_by_its_address() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    let deal = bench.row_of("opportunity", &[("name", json!("Deal"))]);
    let contact = bench.row_of("contact", &[("lastname", json!("Hopper"))]);
    let tie = stakeholder(&bench, deal, contact, 0);
    let early = shown(&bench, &account.to_string()).await;
    assert_eq!(early.entity, Some(Entity::ACCOUNT));
    assert!((early.dynamics, early.marketo) == (true, false));
    assert!(why(&early).contains("not looked at yet"), "{}", why(&early));
    assert_clean(&bench.cycle().await);
    let user = bench.rows("systemuser").await[0];
    let team = bench.rows("team").await[0];
    for (row, entity) in [
        (account, Entity::ACCOUNT),
        (deal, Entity::OPPORTUNITY),
        (user, Entity::USER),
        (team, Entity::TEAM),
        (tie, Entity::ROLE),
    ] {
        let found = shown(&bench, &row.to_string()).await;
        assert_eq!(found.entity.as_ref(), Some(&entity));
        assert!(found.in_sync, "{entity}: {:#?}", found.why);
        assert!(found.dynamics && found.marketo && !found.fields.is_empty());
        assert!(!found.journal.is_empty());
    }
    let mut users = bench.rows("systemuser").await.into_iter();
    let address = |user: Uuid| {
        let row = bench.world.dynamics.row("systemuser", user).unwrap();
        let address = row["internalemailaddress"].as_str()?.to_uppercase();
        Some((user, address))
    };
    let (user, address) = users.find_map(address).unwrap();
    let found = shown(&bench, &address).await;
    assert_eq!(
        (found.entity, found.dynamics_id),
        (Some(Entity::USER), Some(user))
    );
}

#[tokio::test(start_paused = true)]
async fn what_differs_is_gone_or_out_of_scope_says_so_and_a_forced_look_mends_it() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    assert_clean(&bench.cycle().await);
    let (key, marketo) = (account.to_string(), &bench.world.marketo);
    let at = ("externalCompanyId", key.as_str());
    marketo.edit_records("companies", at, &[("company", json!("Hand"))]);
    let found = shown(&bench, &key).await;
    assert!(!found.in_sync);
    assert!(why(&found).contains("company differs"), "{}", why(&found));
    look_at(&bench, account, &Entity::ACCOUNT);
    assert_clean(&bench.later().await);
    assert_eq!(
        company(&bench, account).unwrap()["company"],
        json!("Contoso")
    );

    marketo.edit_records(
        "companies",
        at,
        &[("externalCompanyId", json!("elsewhere"))],
    );
    let found = shown(&bench, &key).await;
    assert!(
        why(&found).contains("not in Marketo any more"),
        "{}",
        why(&found)
    );
    look_at(&bench, account, &Entity::ACCOUNT);
    assert_clean(&bench.later().await);
    assert!(company(&bench, account).is_some());

    let dynamics = &bench.world.dynamics;
    let out = [("new_synctomkto", json!(false))];
    dynamics.edit_row("account", account, &out).unwrap();
    assert_clean(&bench.later().await);
    let found = shown(&bench, &key).await;
    assert!(
        why(&found).contains("filter keeps it out"),
        "{}",
        why(&found)
    );
    let rule = RuleChange::Filter(Filter::default());
    bench.rule(&Entity::ACCOUNT, rule);
}

#[tokio::test(start_paused = true)]
async fn an_unlinked_company_stays_alone_until_it_is_asked_for() {
    let bench = Bench::whole(0, 1);
    let account = bench.row_of("account", &[("name", json!("Contoso"))]);
    assert_clean(&bench.cycle().await);
    let (key, now) = (RecordKey::Dynamics(account), bench.clock.now());
    bench
        .store
        .transaction_blocking(|tx| engine::unlink(tx, key, now))
        .unwrap();
    let dynamics = &bench.world.dynamics;
    let name = |name: &str| {
        let values = [("name", json!(name))];
        dynamics.edit_row("account", account, &values).unwrap();
    };
    name("Alone");
    assert_eq!(written(&bench.later().await), 0);
    let found = shown(&bench, &account.to_string()).await;
    assert!(why(&found).contains("unlinked by hand"), "{}", why(&found));
    look_at(&bench, account, &Entity::ACCOUNT);
    assert_clean(&bench.later().await);
    assert_eq!(company(&bench, account).unwrap()["company"], json!("Alone"));
    name("Together");
    assert_clean(&bench.later().await);
    assert_eq!(
        company(&bench, account).unwrap()["company"],
        json!("Together")
    );
}
