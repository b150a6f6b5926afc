//! `syncdeck records`: look a record up on both sides, look at it now, link, unlink, create it in Dynamics.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::args::Place;
use super::failures::wake;
use super::masking::Eyes;
use super::output::{self, Exit};
use super::record_lists::{self, ListArguments};
use super::{conflicts, failures, history, resources};
use crate::clock::Clock;
use crate::engine::{self, Asked, EngineError, Inspection, NewRow, inspect};
use crate::model::{Entity, RecordKey, Value};
use crate::store::{LinkState, Store, StoreError, Tx};

#[derive(Debug, Subcommand)]
pub(super) enum RecordsVerb {
    /// Show a record on both sides as it is now, and why it is, or is not, in step
    Show {
        /// An e-mail address, a Dynamics GUID or a Marketo id
        key: String,
        /// Show values whole instead of masked; --json always does
        #[arg(long)]
        reveal: bool,
        /// Print one JSON object a record
        #[arg(long)]
        json: bool,
    },
    /// List people who exist in Marketo only, or records whose owner is not in Marketo, with the reason
    List(ListArguments),
    /// Look at a record now
    Sync {
        /// A Dynamics GUID or a Marketo id
        key: String,
    },
    /// End a record's link; both sides stay as they are
    Unlink {
        /// A Dynamics GUID or a Marketo id
        key: String,
    },
    /// Link a Dynamics row and a Marketo person
    Link {
        /// The row's GUID
        dynamics: Uuid,
        /// The person's id
        marketo: i64,
    },
    /// Create a row in Dynamics for a Marketo person, where there is none
    Create {
        /// The person's id
        marketo: i64,
        /// As what
        #[arg(long = "as", value_enum)]
        kind: Kind,
        /// The account a contact is to belong to, by its GUID
        #[arg(long)]
        account: Option<Uuid>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    Lead,
    Contact,
}

/// Shows or changes single records.
pub(super) fn records(place: &Place, verb: RecordsVerb) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    match verb {
        RecordsVerb::Show { key, json, reveal } => show(place, store, &key, (json, reveal)),
        RecordsVerb::List(arguments) => record_lists::list(place, store, &arguments),
        RecordsVerb::Sync { key } => {
            let key = key_of(&key)?;
            let entity = entity_of(place, &store, key)?;
            let now = Clock::system().now();
            carry_out(&store, |tx| engine::look_at(tx, key, entity.as_ref(), now))?;
            cycle_now(place, store)
        }
        RecordsVerb::Unlink { key } => {
            let (key, now) = (key_of(&key)?, Clock::system().now());
            carry_out(&store, |tx| engine::unlink(tx, key, now))?;
            Ok(Exit::Clean)
        }
        RecordsVerb::Link { dynamics, marketo } => {
            let key = RecordKey::Dynamics(dynamics);
            let Some(entity) = entity_of(place, &store, key)? else {
                anyhow::bail!("no row {dynamics} was found in Dynamics");
            };
            let now = Clock::system().now();
            carry_out(&store, |tx| {
                engine::link(tx, &entity, (dynamics, marketo), now)
            })?;
            wake(&store)?;
            Ok(Exit::Clean)
        }
        RecordsVerb::Create {
            marketo,
            kind,
            account,
        } => {
            let entity = match kind {
                Kind::Lead => Entity::LEAD,
                Kind::Contact => Entity::CONTACT,
            };
            let new = NewRow {
                marketo,
                entity,
                account,
            };
            let now = Clock::system().now();
            carry_out(&store, |tx| engine::create(tx, &new, now))?;
            wake(&store)?;
            Ok(Exit::Clean)
        }
    }
}

/// Carries a wish out and says what came of it.
pub(super) fn carry_out(
    store: &Store,
    wish: impl FnOnce(&Tx<'_>) -> Result<Asked, StoreError>,
) -> anyhow::Result<()> {
    match store.transaction_blocking(wish)? {
        Asked::Done(what) => {
            output::say(&output::clean(&what));
            Ok(())
        }
        Asked::No(why) => anyhow::bail!(output::clean(&why)),
    }
}

fn key_of(text: &str) -> anyhow::Result<RecordKey> {
    RecordKey::typed(text)
        .ok_or_else(|| anyhow::anyhow!("'{text}' is neither a GUID nor a Marketo id"))
}

/// What a record is: by its link, else by asking both sides.
fn entity_of(place: &Place, store: &Store, key: RecordKey) -> anyhow::Result<Option<Entity>> {
    let known = store.read_blocking(|reader| reader.links_by_key(&[key]))?;
    if let Some(link) = known.get(&key) {
        return Ok(Some(link.entity.clone()));
    }
    let found = asked(place, store.clone(), &key.to_string())?;
    Ok(found
        .into_iter()
        .find_map(|one| one.entity.filter(|_| one.dynamics)))
}

fn asked(place: &Place, store: Store, key: &str) -> anyhow::Result<Vec<Inspection>> {
    let profile = resources::profile(place)?;
    let parts = resources::parts(&profile, store)?;
    Ok(resources::runtime()?.block_on(inspect(parts, key))?)
}

/// Runs a cycle, unless an engine does so already: that one is told to.
fn cycle_now(place: &Place, store: Store) -> anyhow::Result<Exit> {
    wake(&store)?;
    let profile = resources::profile(place)?;
    let parts = resources::parts(&profile, store)?;
    let report = resources::runtime()?.block_on(engine::one_cycle(parts, None));
    match report {
        Err(EngineError::Held(_)) => {
            output::say("the running engine does it now");
            Ok(Exit::Clean)
        }
        report => Ok(super::sync::told(&report?)),
    }
}

fn show(
    place: &Place,
    store: Store,
    key: &str,
    (json, reveal): (bool, bool),
) -> anyhow::Result<Exit> {
    let found = asked(place, store.clone(), key)?;
    let eyes = Eyes::of(&store, reveal)?;
    if found.is_empty() {
        output::trouble("nobody was found by that e-mail address, GUID or Marketo id");
        return Ok(Exit::Error);
    }
    for one in &found {
        if json {
            output::json(&document(one))?;
        } else {
            tell(one, &eyes)?;
        }
    }
    Ok(Exit::Clean)
}

/// A record as scripts see it.
fn document(one: &Inspection) -> Json {
    let link = one.link.as_ref().map(|link| {
        json!({"id": link.id, "entity": link.entity, "dynamics_id": link.dynamics, "marketo_id": link.marketo,
               "state": state(link.state), "since": link.since})
    });
    let pending: Vec<Json> = one
        .pending
        .iter()
        .map(|dirty| {
            json!({"entity": dirty.entity, "key": dirty.key.to_string(), "since": dirty.since,
                            "due": dirty.due, "gone": dirty.gone})
        })
        .collect();
    let outbox: Vec<Json> = one
        .outbox
        .iter()
        .map(|op| {
            json!({"side": op.side.word(), "sent": op.sent, "settle": op.settle,
                         "fields": op.fields.iter().map(|field| &field.name).collect::<Vec<_>>()})
        })
        .collect();
    json!({
        "entity": one.entity,
        "dynamics_id": one.dynamics_id,
        "marketo_id": one.marketo_id,
        "link": link,
        "dynamics": one.dynamics,
        "marketo": one.marketo,
        "fields": one.fields,
        "conflicts": one.conflicts.iter().map(conflicts::document).collect::<Vec<_>>(),
        "failures": one.failures.iter().map(failures::document).collect::<Vec<_>>(),
        "pending": pending,
        "outbox": outbox,
        "journal": one.journal.iter().map(history::write).collect::<Vec<_>>(),
        "conversions": one.conversions.iter().map(history::conversion).collect::<Vec<_>>(),
        "in_sync": one.in_sync,
        "why": one.why,
    })
}

fn state(state: LinkState) -> &'static str {
    match state {
        LinkState::Live => "live",
        LinkState::Frozen => "frozen",
        LinkState::Tombstone => "ended",
        LinkState::Wanted => "wanted",
    }
}

fn tell(one: &Inspection, eyes: &Eyes) -> anyhow::Result<()> {
    let id = |id: Option<String>| id.unwrap_or_else(|| "-".to_owned());
    output::line(&format!(
        "{}  Dynamics {}  Marketo {}",
        one.entity.as_ref().map_or("person", Entity::name),
        id(one.dynamics_id.map(|id| id.to_string())),
        id(one.marketo_id.map(|id| id.to_string()))
    ))?;
    for why in &one.why {
        output::line(&output::clean(&format!("  {}", eyes.message(why))))?;
    }
    output::line(&format!(
        "  {:<24} {:<28} {:<28} base",
        "field", "dynamics", "marketo"
    ))?;
    let person = Entity::LEAD;
    let entity = one.entity.as_ref().unwrap_or(&person);
    let short = |field: &str, value: &Value| -> String {
        eyes.value(entity, field, value).chars().take(28).collect()
    };
    for field in &one.fields {
        let mark = if field.equal { ' ' } else { '*' };
        output::line(&output::clean(&format!(
            "{mark} {:<24} {:<28} {:<28} {}",
            field.field,
            short(&field.field, &field.dynamics),
            short(&field.field, &field.marketo),
            field
                .base
                .as_ref()
                .map(|base| short(&field.field, base))
                .unwrap_or_default()
        )))?;
    }
    for row in &one.journal {
        history::tell_write(row, eyes)?;
    }
    Ok(())
}
