//! Both servers together: one fault dial, and people at work on both sides of the same world.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::{Value, json};
use syncdeck::clock::Clock;
use syncdeck::sandbox::{Faults, Sandbox, SandboxOptions, traffic};

struct Both {
    sandbox: Sandbox,
    http: reqwest::Client,
    announced: Value,
}

impl Both {
    async fn with(faults: &str) -> Self {
        let options = SandboxOptions {
            people: 200,
            faults: Faults::parse(faults, 1).unwrap(),
            ..SandboxOptions::default()
        };
        let sandbox = Sandbox::start(options, Clock::system()).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let announced = sandbox.announcement();
        Self {
            sandbox,
            http,
            announced,
        }
    }

    fn said(&self, side: &str, what: &str) -> String {
        self.announced[side][what].as_str().unwrap().to_owned()
    }

    async fn token(&self, address: String, side: &str) -> String {
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", self.said(side, "client_id")),
            ("client_secret", self.said(side, "client_secret")),
            (
                "scope",
                format!("{}/.default", self.said("dynamics", "url")),
            ),
        ];
        let answer = self.http.post(address).form(&form).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// What a plain read of each side comes to: the status of Dynamics, the code of Marketo.
    async fn read_both(&self) -> (u16, String) {
        let dynamics = self
            .token(self.said("dynamics", "token_url"), "dynamics")
            .await;
        let rows = format!(
            "{}/api/data/v9.2/leads?$top=1",
            self.said("dynamics", "url")
        );
        let rows = self.http.get(rows).bearer_auth(dynamics).send().await;
        let identity = format!("{}/oauth/token", self.said("marketo", "identity"));
        let marketo = self.token(identity, "marketo").await;
        let partitions = format!(
            "{}/v1/leads/partitions.json",
            self.said("marketo", "endpoint")
        );
        let answer = self.http.get(partitions).bearer_auth(marketo).send().await;
        let answer: Value = serde_json::from_str(&answer.unwrap().text().await.unwrap()).unwrap();
        let code = answer["errors"][0]["code"].as_str().unwrap_or("ran");
        (rows.unwrap().status().as_u16(), code.to_owned())
    }
}

#[tokio::test]
async fn the_dial_reaches_both_sides_with_counts_and_chances() {
    let both = Both::with("dynamics:503=x2,marketo:606=x1,marketo:608=1").await;
    assert_eq!(both.read_both().await, (503, "606".to_owned()));
    assert_eq!(both.read_both().await, (503, "608".to_owned()));
    assert_eq!(both.read_both().await, (200, "608".to_owned()));
    assert_eq!(
        both.sandbox.world().faults.describe(),
        "dynamics:503=x0,marketo:606=x0,marketo:608=1"
    );
}

#[tokio::test]
async fn the_dial_is_turned_for_both_sides_while_they_run() {
    let both = Both::with("").await;
    assert_eq!(both.read_both().await, (200, "ran".to_owned()));
    for side in ["dynamics", "marketo"] {
        let url: url::Url = both.announced[side]["url"]
            .as_str()
            .or(both.announced[side]["endpoint"].as_str())
            .unwrap()
            .parse()
            .unwrap();
        let dial = url.join("/sandbox/faults").unwrap();
        let turn = |body: &'static str| both.http.post(dial.clone()).body(body).send();
        let turned = turn("dynamics:500=x1,marketo:713=x1").await.unwrap();
        assert_eq!(turned.status(), 204, "{side}");
        assert_eq!(both.read_both().await, (500, "713".to_owned()), "{side}");
        assert_eq!(both.read_both().await, (200, "ran".to_owned()), "{side}");
        let refused = turn("marketo:wobble=x1").await.unwrap();
        assert_eq!(refused.status(), 400, "{side}");
        let shown = both.http.get(dial.clone()).send().await.unwrap();
        assert_eq!(
            shown.text().await.unwrap(),
            "dynamics:500=x0,marketo:713=x0"
        );
    }
}

#[test]
fn every_kind_is_read_and_nonsense_is_refused() {
    let good = [
        "marketo:601=0.5",
        "marketo:cut=x3",
        "marketo:truncated=x1",
        "marketo:html=x1",
        "marketo:lost=x1",
        "marketo:reset=x1",
        "marketo:5xx=0.1",
        "marketo:slow=1,marketo:slow_ms=300",
        "marketo:late=1,marketo:late_ms=60000",
        "marketo:duplicate=1",
        "marketo:partial=x1",
        "dynamics:429time=x1,retry-after=7",
        "dynamics:plugin=0.5",
        "",
    ];
    for text in good {
        assert!(Faults::parse(text, 1).is_ok(), "{text}");
    }
    let bad = [
        "marketo:wobble=1",
        "dynamics:606=1",
        "marketo:606=2",
        "marketo:606=-1",
        "marketo:606=xx",
        "marketo:cut",
        "606=1",
        "marketo:slow_ms=x1",
        "retry-after=soon",
    ];
    for text in bad {
        assert!(Faults::parse(text, 1).is_err(), "{text}");
    }
}

/// The values of the fields people edit, by person; of one side.
fn marketo_people(both: &Both) -> Vec<(i64, serde_json::Map<String, Value>)> {
    let world = both.sandbox.world();
    (1_000_001..1_003_000)
        .filter_map(|id| Some((id, world.marketo.person(id)?)))
        .collect()
}

#[tokio::test]
async fn marketers_forms_and_crm_users_leave_every_kind_of_trace() {
    let both = Both::with("").await;
    let world = both.sandbox.world();
    let before: BTreeSet<i64> = marketo_people(&both).iter().map(|(id, _)| *id).collect();
    let mut random = Rng::with_seed(11);
    for _ in 0..1500 {
        traffic::step(world, &mut random);
    }
    let people = marketo_people(&both);
    let after: BTreeSet<i64> = people.iter().map(|(id, _)| *id).collect();
    assert!(after.difference(&before).count() > 20, "forms bring people");
    assert!(
        before.difference(&after).count() > 2,
        "merges and deletes take people"
    );
    let with = |field: &str| {
        people
            .iter()
            .filter(|(_, fields)| fields.contains_key(field))
            .count()
    };
    assert!(with("leadScore") > 20 && with("leadStatus") > 10);
    assert!(
        people
            .iter()
            .any(|(_, fields)| fields.get("unsubscribed") == Some(&json!(true)))
    );

    let token = both
        .token(
            format!("{}/oauth/token", both.said("marketo", "identity")),
            "marketo",
        )
        .await;
    let list = format!(
        "{}/v1/lists.json?name=Trade%20fair%20contacts",
        both.said("marketo", "endpoint")
    );
    let list = both.http.get(list).bearer_auth(token).send().await.unwrap();
    let list: Value = serde_json::from_str(&list.text().await.unwrap()).unwrap();
    assert_eq!(
        list["result"][0]["name"], "Trade fair contacts",
        "lists are imported"
    );
}

#[tokio::test]
async fn both_sides_touch_the_same_field_of_the_same_person() {
    const FIELDS: [(&str, &str); 5] = [
        ("jobtitle", "title"),
        ("telephone1", "phone"),
        ("mobilephone", "mobilePhone"),
        ("address1_city", "city"),
        ("address1_line1", "address"),
    ];
    let both = Both::with("").await;
    let world = both.sandbox.world();
    let known: Vec<(i64, &str, uuid::Uuid)> = marketo_people(&both)
        .iter()
        .filter_map(|(id, fields)| {
            let email = fields.get("email")?.as_str()?;
            ["lead", "contact"].into_iter().find_map(|table| {
                let rows = world.dynamics.find_rows(table, "emailaddress1", email);
                rows.first().map(|row| (*id, table, *row))
            })
        })
        .collect();
    assert!(known.len() > 10);
    let shown = |(id, table, row): &(i64, &str, uuid::Uuid)| {
        let theirs = world.dynamics.row(table, *row).unwrap_or_default();
        let ours = world.marketo.person(*id).unwrap_or_default();
        FIELDS.map(|(column, field)| (theirs.get(column).cloned(), ours.get(field).cloned()))
    };
    let mut random = Rng::with_seed(5);
    let mut collided = 0;
    let mut before: Vec<_> = known.iter().map(shown).collect();
    for _ in 0..150 {
        traffic::step(world, &mut random);
        let after: Vec<_> = known.iter().map(shown).collect();
        let fields = before.iter().flatten().zip(after.iter().flatten());
        collided += fields
            .filter(|(old, new)| old.0 != new.0 && old.1 != new.1)
            .count();
        before = after;
    }
    assert!(collided > 5, "{collided}");
}
