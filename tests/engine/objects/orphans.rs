//! Opportunities nobody has a role in are listed, with the reason.

use serde_json::json;
use syncdeck::engine::orphan_opportunities;
use syncdeck::model::{Entity, Filter, RuleChange};
use uuid::Uuid;

use super::super::harness::{Bench, assert_clean};
use super::bind;
use super::cast::{contact, stakeholder};

fn deal(bench: &Bench, name: &str, of: Option<Uuid>) -> Uuid {
    let mut values = vec![("name", json!(name))];
    values.extend(of.map(|of| ("customerid_contact@odata.bind", bind("contacts", of))));
    bench.row_of("opportunity", &values)
}

/// Name and reason of each.
fn listed(bench: &Bench) -> Vec<(String, &'static str)> {
    let found = bench.store.read_blocking(|reader| {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = orphan_opportunities(reader, after)?;
            all.extend(page);
            if next.is_none() {
                return Ok(all);
            }
            after = next;
        }
    });
    let found = found.unwrap().into_iter();
    found.map(|one| (one.label, one.reason)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_opportunity_is_listed_as_long_as_nobody_has_a_role_in_it() {
    let bench = Bench::whole(0, 1);
    let grace = contact(&bench, "Hopper");
    let spy = bench.row_of(
        "contact",
        &[("lastname", json!("Hari")), ("jobtitle", json!("Spy"))],
    );
    let out = Filter {
        expression: Some("jobtitle != 'Spy'".to_owned()),
        ..Filter::default()
    };
    bench.rule(&Entity::CONTACT, RuleChange::Filter(out));
    deal(&bench, "Hers", Some(grace));
    let played = deal(&bench, "Played", None);
    stakeholder(&bench, played, grace, 0);
    let lonely = deal(&bench, "Lonely", None);
    deal(&bench, "Waiting", Some(spy));
    for number in 0..600 {
        deal(&bench, &format!("Deal {number}"), None);
    }
    assert_clean(&bench.cycle().await);
    let all = listed(&bench);
    assert_eq!(all.len(), 602);
    let reason = |name: &str| all.iter().find(|one| one.0 == name).map(|one| one.1);
    assert!(reason("Lonely").unwrap().contains("no contact"), "{all:?}");
    assert!(reason("Waiting").unwrap().contains("out of scope"));
    assert_eq!((reason("Hers"), reason("Played")), (None, None));
    let tie = stakeholder(&bench, lonely, grace, 1);
    assert_clean(&bench.later().await);
    assert_eq!(listed(&bench).len(), 601);
    let dynamics = &bench.world.dynamics;
    dynamics.delete_row("connection", tie).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(listed(&bench).len(), 602);
    dynamics.delete_row("opportunity", lonely).unwrap();
    assert_clean(&bench.later().await);
    assert_eq!(listed(&bench).len(), 601, "it is gone");
}
