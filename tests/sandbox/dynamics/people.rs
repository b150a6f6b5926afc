//! The seeded world and the people at work in it.

use serde_json::Value;

use super::harness::{Org, walk};

#[tokio::test]
async fn people_are_the_same_for_the_same_seed_and_half_known_to_marketo() {
    use syncdeck::sandbox::people::people;
    let (once, again): (Vec<_>, Vec<_>) =
        (people(7).take(50).collect(), people(7).take(50).collect());
    assert_eq!(once, again);
    assert_ne!(once, people(8).take(50).collect::<Vec<_>>());
    let org = Org::with(1000).await;
    let world = org.sandbox.world();
    assert_eq!(org.get("leads/$count").await.text, "600");
    assert_eq!(org.get("contacts/$count").await.text, "400");
    assert!(
        (195..=205).contains(&world.marketo.people_count()),
        "{}",
        world.marketo.people_count()
    );
    let owned = org
        .get("contacts/$count?$filter=parentcustomerid_account/name ne null")
        .await;
    assert_eq!(owned.text, "400");
}

#[tokio::test]
async fn people_at_work_leave_their_own_names_on_changes() {
    let org = Org::with(200).await;
    let (_, link, _) = walk(
        &org,
        "leads?$select=jobtitle,_modifiedby_value",
        "odata.track-changes",
    )
    .await;
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..200 {
        syncdeck::sandbox::traffic::step(org.sandbox.world(), &mut random);
    }
    let me = org.get("WhoAmI").await.json()["UserId"].clone();
    let delta = org.get(&link.unwrap()).await.json();
    let rows: Vec<&Value> = delta["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r.get("leadid").is_some())
        .collect();
    assert!(rows.len() > 20, "{}", rows.len());
    assert!(
        rows.iter()
            .all(|row| row["_modifiedby_value"] != me && !row["_modifiedby_value"].is_null())
    );
}
