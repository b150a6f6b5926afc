//! People at work on both sides: CRM users edit, create, convert, merge, now and then delete; marketers, campaigns and
//! forms do what [`Instance::human_step`](super::marketo::Instance::human_step) does; and somebody of each side changes
//! the same field of the same person within seconds.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::people::{Person, people};
use super::world::World;

/// Fields people change by hand: the Dynamics column and the Marketo field.
const EDITED: [(&str, &str); 5] = [
    ("jobtitle", "title"),
    ("telephone1", "phone"),
    ("mobilephone", "mobilePhone"),
    ("address1_city", "city"),
    ("address1_line1", "address"),
];

/// One thing somebody does.
type Move = fn(&World, &mut Rng);

/// What happens, and how often out of a hundred.
const MOVES: [(u8, Move); 8] = [
    (34, edit_dynamics),
    (4, work_the_pipeline),
    (35, work_in_marketo),
    (14, collide),
    (7, new_lead),
    (3, qualify),
    (2, merge),
    (1, delete),
];

/// Lets people work at this many edits a minute until `closing` has passed, else until the task is aborted.
pub fn spawn(
    world: Arc<World>,
    seed: u64,
    edits_per_minute: u32,
    closing: Option<Duration>,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut random = Rng::with_seed(seed ^ 0x007a_ff1c);
        let pause = Duration::from_secs(60) / edits_per_minute.max(1);
        let began = Instant::now();
        while closing.is_none_or(|closing| began.elapsed() < closing) {
            tokio::time::sleep(pause.mul_f64(0.5 + random.f64())).await;
            step(&world, &mut random);
        }
    })
}

/// One thing somebody does.
pub fn step(world: &World, random: &mut Rng) {
    let mut dice = random.u8(..100);
    for (share, act) in MOVES {
        if dice < share {
            return act(world, random);
        }
        dice -= share;
    }
}

fn person_table(random: &mut Rng) -> &'static str {
    if random.u8(..5) < 3 {
        "lead"
    } else {
        "contact"
    }
}

/// A new value for an edited field, taken from somebody else's life.
fn value(column: &str, random: &mut Rng) -> Value {
    let Some(other) = people(random.u64(..)).next() else {
        return Value::Null;
    };
    match column {
        "jobtitle" => json!(other.title),
        "address1_city" => json!(other.city),
        "address1_line1" => json!(other.street),
        _ => json!(format!(
            "+1 {} {}",
            random.u16(200..999),
            random.u32(1_000_000..9_999_999)
        )),
    }
}

/// Refusals are everyday life here: the row may just have gone.
fn edit_dynamics(world: &World, random: &mut Rng) {
    let table = person_table(random);
    let (column, _) = EDITED[random.usize(..EDITED.len())];
    if let Some(id) = world.dynamics.random_row(table, random) {
        let _ = world
            .dynamics
            .edit_row(table, id, &[(column, value(column, random))]);
    }
}

/// Sales keeps its accounts and opportunities up to date, service what was booked and installed.
fn work_the_pipeline(world: &World, random: &mut Rng) {
    let (table, column, value) = match random.u8(..6) {
        0 => ("account", "address1_city", value("address1_city", random)),
        1 => ("account", "telephone1", value("telephone1", random)),
        2 => ("new_registration", "new_seats", json!(random.u8(1..9))),
        3 => ("new_asset", "new_value", json!(random.u32(1..900) * 10)),
        4 => ("new_site", "new_city", value("address1_city", random)),
        _ => {
            let amount = json!(random.u32(1..5_000) * 100);
            ("opportunity", "estimatedvalue", amount)
        }
    };
    if let Some(id) = world.dynamics.random_row(table, random) {
        let _ = world.dynamics.edit_row(table, id, &[(column, value)]);
    }
}

fn work_in_marketo(world: &World, random: &mut Rng) {
    world.marketo.human_step(random);
}

/// The same field of the same person, differently, on both sides.
fn collide(world: &World, random: &mut Rng) {
    let Some(id) = world.marketo.random_person(random) else {
        return;
    };
    let person = world.marketo.person(id).unwrap_or_default();
    let Some(email) = person.get("email").and_then(Value::as_str) else {
        return;
    };
    let twin = ["lead", "contact"].into_iter().find_map(|table| {
        let ids = world.dynamics.find_rows(table, "emailaddress1", email);
        ids.first().map(|row| (table, *row))
    });
    let Some((table, row)) = twin else {
        return work_in_marketo(world, random);
    };
    let (column, field) = EDITED[random.usize(..EDITED.len())];
    let _ = world
        .dynamics
        .edit_row(table, row, &[(column, value(column, random))]);
    world
        .marketo
        .edit_person(id, &[(field, value(column, random))], "Web form fillout");
}

fn somebody(random: &mut Rng) -> Option<Person> {
    let mut person = people(random.u64(..)).next()?;
    person.email = Some(format!("{}.new@{}.example", random.u32(..), "walk-in"));
    Some(person)
}

fn new_lead(world: &World, random: &mut Rng) {
    let Some(person) = somebody(random) else {
        return;
    };
    let _ = world.dynamics.create_row("lead", &lead(&person));
}

fn lead(person: &Person) -> Vec<(&'static str, Value)> {
    vec![
        ("subject", json!(person.topic)),
        ("firstname", json!(person.first_name)),
        ("lastname", json!(person.last_name)),
        ("emailaddress1", json!(person.email)),
        ("telephone1", json!(person.phone)),
        ("jobtitle", json!(person.title)),
        ("companyname", json!(person.company)),
        ("address1_city", json!(person.city)),
        ("address1_country", json!(person.country)),
    ]
}

fn qualify(world: &World, random: &mut Rng) {
    if let Some(id) = world.dynamics.random_row("lead", random) {
        let _ = world.dynamics.qualify_lead(id);
    }
}

fn merge(world: &World, random: &mut Rng) {
    let pair: Option<(Uuid, Uuid)> = world
        .dynamics
        .random_row("contact", random)
        .zip(world.dynamics.random_row("contact", random));
    if let Some((kept, gone)) = pair.filter(|(kept, gone)| kept != gone) {
        let _ = world.dynamics.merge_rows("contact", kept, gone);
    }
}

fn delete(world: &World, random: &mut Rng) {
    let table = person_table(random);
    if let Some(id) = world.dynamics.random_row(table, random) {
        let _ = world.dynamics.delete_row(table, id);
    }
}
