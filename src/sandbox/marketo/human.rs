//! What marketers, campaigns and forms do all day: one small step at a time, seeded.

use serde_json::{Map, Value as Json, json};

use super::Instance;
use super::activities::log::Actor;
use super::leads::others;
use super::state::Hand;

const FIRST_NAMES: &[&str] = &[
    "Amira",
    "Björn",
    "Chloé",
    "Daniel",
    "Eun-ji",
    "Fatima",
    "Giulia",
    "Hiro",
    "Inés",
    "Jonas",
    "Katarzyna",
    "Liam",
    "Mei",
    "Nadia",
    "Omar",
    "Priya",
    "Quentin",
    "Rosa",
    "Søren",
    "Tomás",
];
const LAST_NAMES: &[&str] = &[
    "Almeida",
    "Berg",
    "Chen",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Müller",
    "Nguyen",
    "O'Brien",
    "Patel",
    "Rossi",
    "Santos",
];
const TITLES: &[&str] = &[
    "Buyer",
    "CFO",
    "Head of IT",
    "Marketing Manager",
    "Operations Lead",
    "Plant Manager",
];
const STATUSES: &[&str] = &[
    "New",
    "Contacted",
    "Nurture",
    "Qualified",
    "Recycled",
    "Disqualified",
];
const CITIES: &[(&str, &str)] = &[
    ("Bergen", "Norway"),
    ("Gdańsk", "Poland"),
    ("Lyon", "France"),
    ("Porto", "Portugal"),
    ("Seattle", "United States"),
    ("Osaka", "Japan"),
    ("Graz", "Austria"),
];

/// The list that imports of trade fairs and the like go to.
const IMPORT_LIST: &str = "Trade fair contacts";

/// Most people of one list import.
const IMPORT_MAX: usize = 5;

fn pick<'a, T>(rng: &mut fastrand::Rng, from: &'a [T]) -> &'a T {
    &from[rng.usize(..from.len())]
}

fn phone(rng: &mut fastrand::Rng) -> String {
    format!(
        "+{} {} {}",
        rng.u8(30..60),
        rng.u16(100..1000),
        rng.u32(100_000..1_000_000)
    )
}

/// Somebody who was not there before.
fn stranger(rng: &mut fastrand::Rng) -> Map<String, Json> {
    let (first, last) = (*pick(rng, FIRST_NAMES), *pick(rng, LAST_NAMES));
    let plain = |name: &str| -> String {
        name.chars()
            .filter(char::is_ascii_alphabetic)
            .collect::<String>()
            .to_lowercase()
    };
    let (city, country) = *pick(rng, CITIES);
    let email = format!(
        "{}.{}.{}@forms.example",
        plain(first),
        plain(last),
        rng.u32(..)
    );
    let fields = json!({
        "firstName": first, "lastName": last, "email": email, "title": pick(rng, TITLES),
        "phone": phone(rng), "city": city, "country": country,
    });
    fields.as_object().cloned().unwrap_or_default()
}

impl Instance {
    /// Does one thing that somebody or something within the product would do: raises a score, sets a
    /// status, edits a person, unsubscribes one, fills a form, imports a list, merges, deletes. Gives what was done,
    /// with ids only.
    pub fn human_step(&self, rng: &mut fastrand::Rng) -> String {
        let choice = rng.u8(..100);
        let Some(id) = self.random_person(rng) else {
            return self.new_by_form(rng);
        };
        match choice {
            0..30 => self.raise_score(rng, id),
            30..45 => {
                let status = json!(pick(rng, STATUSES));
                self.edit_person(id, &[("leadStatus", status)], "Marketo Flow Action");
                format!("a campaign set the status of person {id}")
            }
            45..65 => self.edit_by_hand(rng, id),
            65..70 => {
                let fields = [
                    ("unsubscribed", json!(true)),
                    ("unsubscribedReason", json!("Clicked the link in an e-mail")),
                ];
                self.edit_person(id, &fields, "Web form fillout");
                format!("person {id} unsubscribed")
            }
            70..80 => self.known_by_form(rng, id),
            80..92 => self.new_by_form(rng),
            92..95 => self.import_list(rng),
            95..97 => match self.random_person(rng) {
                Some(loser) if self.merge_people(id, &[loser]) => {
                    format!("a marketer merged person {loser} into {id}")
                }
                _ => self.raise_score(rng, id),
            },
            _ => {
                self.delete_person(id);
                format!("a marketer deleted person {id}")
            }
        }
    }

    fn raise_score(&self, rng: &mut fastrand::Rng, id: i64) -> String {
        let fields = self.person(id).unwrap_or_default();
        let before = fields.get("leadScore").and_then(Json::as_i64).unwrap_or(0);
        let score = json!(before + rng.i64(1..=20));
        self.edit_person(id, &[("leadScore", score)], "Marketo Flow Action");
        format!("a campaign raised the score of person {id}")
    }

    fn edit_by_hand(&self, rng: &mut fastrand::Rng, id: i64) -> String {
        let (city, country) = *pick(rng, CITIES);
        let fields = match rng.u8(..4) {
            0 => vec![("phone", json!(phone(rng)))],
            1 => vec![("title", json!(pick(rng, TITLES)))],
            2 => vec![("city", json!(city)), ("country", json!(country))],
            _ => vec![("mobilePhone", Json::Null)],
        };
        self.edit_person(id, &fields, "Lead update");
        format!("a marketer edited person {id}")
    }

    /// A form filled by somebody known.
    fn known_by_form(&self, rng: &mut fastrand::Rng, id: i64) -> String {
        let email = self
            .person(id)
            .and_then(|fields| fields.get("email").cloned());
        let Some(email) = email else {
            return self.raise_score(rng, id);
        };
        let fields = json!({"email": email, "title": pick(rng, TITLES), "phone": phone(rng)});
        self.fill(rng, fields.as_object().cloned().unwrap_or_default());
        format!("person {id} filled a form")
    }

    /// A form filled by a stranger.
    fn new_by_form(&self, rng: &mut fastrand::Rng) -> String {
        let fields = stranger(rng);
        match self.fill(rng, fields) {
            Some(id) => format!("a form made person {id}"),
            None => "a form was refused".to_owned(),
        }
    }

    fn fill(&self, rng: &mut fastrand::Rng, fields: Map<String, Json>) -> Option<i64> {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let actor = state.log.intern(&Actor::within("Web form fillout"));
        let hand = Hand {
            actor,
            call: 0,
            now_ms,
        };
        others::fill(&mut state, rng.i64(1001..1010), &fields, hand)
            .ok()
            .map(|(id, _)| id)
    }

    /// A few strangers and one who is known, imported to a list.
    fn import_list(&self, rng: &mut fastrand::Rng) -> String {
        let count = rng.usize(1..=IMPORT_MAX);
        for _ in 0..count {
            let fields = stranger(rng);
            let fields: Vec<(&str, Json)> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            let id = self.create_person(&fields, "List import");
            self.join(id);
        }
        if let Some(known) = self.random_person(rng) {
            let city = json!(pick(rng, CITIES).0);
            self.edit_person(known, &[("city", city)], "List import");
            self.join(known);
        }
        format!("a marketer imported a list of {count} new people")
    }

    fn join(&self, id: i64) {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let list = state.lists.named(IMPORT_LIST);
        let list = list.unwrap_or_else(|| state.lists.create(IMPORT_LIST, None, now_ms));
        let hand = state.inner_hand("List import", now_ms);
        state.join_list(list, id, hand);
    }
}
