//! `syncdeck conflicts`: list what waits for a decision, and decide it.

use serde_json::{Value as Json, json};

use super::args::{ConflictsVerb, Narrow, Place, ResolveArguments, SideArgument};
use super::masking::Eyes;
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::engine::{self, Command};
use crate::model::{Conflict, ConflictId, ConflictStatus, Entity, Resolution, Side, Take, Value};
use crate::store::{ConflictFilter, Order, Resolved, Store};

/// Conflicts read at a time.
const PAGE: usize = 500;

/// Lists or resolves.
pub(super) fn conflicts(place: &Place, verb: ConflictsVerb) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    match verb {
        ConflictsVerb::List {
            narrow,
            reveal,
            json,
        } => {
            let eyes = Eyes::of(&store, reveal)?;
            let open = vec![ConflictStatus::Pending, ConflictStatus::Resolved];
            each(&store, &filter(&narrow, open), |conflict| {
                if json {
                    output::json(&document(conflict))
                } else {
                    tell(conflict, &eyes)
                }
            })?;
            Ok(Exit::Clean)
        }
        ConflictsVerb::Resolve(arguments) => resolve(&store, &arguments),
        ConflictsVerb::Undo { id } => {
            let now = Clock::system().now();
            let by = resources::user();
            super::records::carry_out(&store, |tx| engine::undo(tx, ConflictId(id), &by, now))?;
            super::failures::wake(&store)?;
            Ok(Exit::Clean)
        }
    }
}

fn filter(narrow: &Narrow, status: Vec<ConflictStatus>) -> ConflictFilter {
    ConflictFilter {
        entity: narrow.entity.clone().map(Entity::named),
        field: narrow.field.clone(),
        status: Some(status),
        ..ConflictFilter::default()
    }
}

/// Visits every conflict the filter admits, page by page.
fn each(
    store: &Store,
    filter: &ConflictFilter,
    mut visit: impl FnMut(&Conflict) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store
            .read_blocking(|reader| reader.conflicts(filter, Order::NewestFirst, after, PAGE))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.id);
        page.iter().try_for_each(&mut visit)?;
    }
}

fn resolve(store: &Store, arguments: &ResolveArguments) -> anyhow::Result<Exit> {
    let mut ids = Vec::new();
    match arguments.id {
        Some(id) => ids.push(ConflictId(id)),
        None => each(
            store,
            &filter(&arguments.narrow, vec![ConflictStatus::Pending]),
            |conflict| {
                ids.push(conflict.id);
                Ok(())
            },
        )?,
    }
    let (mut done, mut refused) = (0, 0);
    for id in ids {
        match decide(store, id, arguments)? {
            Ok(conflict) => {
                done += 1;
                if arguments.json {
                    output::json(&document(&conflict))?;
                }
            }
            Err(why) => {
                refused += 1;
                output::trouble(&format!("conflict {id}: {why}"));
            }
        }
    }
    let now = Clock::system().now();
    store.transaction_blocking(|tx| tx.post_command(&json!(Command::SyncNow), now))?;
    output::say(&format!(
        "{done} resolved; the next cycle writes them (`syncdeck sync` runs one now)"
    ));
    Ok(if refused > 0 {
        Exit::Error
    } else {
        Exit::Clean
    })
}

fn decide(
    store: &Store,
    id: ConflictId,
    arguments: &ResolveArguments,
) -> anyhow::Result<Result<Conflict, String>> {
    let Some(conflict) = store.read_blocking(|reader| reader.conflict(id))? else {
        return Ok(Err(
            "there is no such conflict; see `syncdeck conflicts list`".to_owned(),
        ));
    };
    let take = match (arguments.take, &arguments.value) {
        (Some(SideArgument::Dynamics), _) => Take::Side(Side::Dynamics),
        (Some(SideArgument::Marketo), _) => Take::Side(Side::Marketo),
        (None, text) => match typed(&conflict, text.as_deref().unwrap_or_default()) {
            Ok(value) => Take::Value(value),
            Err(why) => return Ok(Err(why)),
        },
    };
    let at = Clock::system().now();
    let resolution = Resolution {
        take,
        by: resources::user(),
        at,
    };
    let resolved = store.transaction_blocking(|tx| engine::resolve(tx, id, &resolution))?;
    Ok(match resolved {
        Resolved::Done => {
            let status = ConflictStatus::Resolved;
            Ok(Conflict {
                status,
                resolution: Some(resolution),
                ..conflict
            })
        }
        Resolved::NotPending => Err(format!("it is {} already", conflict.status.word())),
        Resolved::Missing => Err("there is no such conflict".to_owned()),
    })
}

/// A typed value of the kind the conflict's own values have.
fn typed(conflict: &Conflict, text: &str) -> Result<Value, String> {
    let sample = if conflict.dynamics.is_null() {
        &conflict.marketo
    } else {
        &conflict.dynamics
    };
    let expected = |what: &str| format!("'{text}' is not {what}");
    match sample {
        Value::Boolean(_) => text
            .parse()
            .map(Value::Boolean)
            .map_err(|_| expected("true or false")),
        Value::Date(_) => text
            .parse()
            .map(Value::Date)
            .map_err(|_| expected("a date (2031-02-03)")),
        Value::DateTime(_) => text
            .parse()
            .map(Value::DateTime)
            .map_err(|_| expected("a moment (2031-02-03T04:05:06Z)")),
        // Codes can be typed as their label, which only the field map knows.
        _ => Ok(Value::text(text)),
    }
}

/// A conflict as scripts see it.
pub(super) fn document(conflict: &Conflict) -> Json {
    json!({
        "id": conflict.id,
        "entity": conflict.entity,
        "kind": conflict.kind.word(),
        "field": conflict.field,
        "dynamics_id": conflict.dynamics_id,
        "marketo_id": conflict.marketo_id,
        "label": conflict.label,
        "base": conflict.base.as_ref().map_or(Json::Null, Value::to_json),
        "dynamics": conflict.dynamics.to_json(),
        "marketo": conflict.marketo.to_json(),
        "status": conflict.status.word(),
        "detected": conflict.detected,
        "resolution": conflict.resolution.as_ref().map(|resolution| json!({
            "take": resolution.to_string(), "by": resolution.by, "at": resolution.at,
        })),
        "note": conflict.note,
    })
}

fn tell(conflict: &Conflict, eyes: &Eyes) -> anyhow::Result<()> {
    let subject = if conflict.field.is_empty() {
        conflict.kind.word()
    } else {
        &conflict.field
    };
    let row = conflict.dynamics_id.map(|id| id.to_string());
    let person = conflict.marketo_id.map(|id| format!("Marketo {id}"));
    let shown = |value| eyes.value(&conflict.entity, &conflict.field, value);
    output::line(&output::clean(&format!(
        "{:>6}  {:<9} {:<8} {:<36} {:<20} dynamics: {}  marketo: {}",
        conflict.id,
        conflict.status.word(),
        conflict.entity.name(),
        eyes.label(&conflict.label, || row.or(person)),
        subject,
        shown(&conflict.dynamics),
        shown(&conflict.marketo)
    )))?;
    Ok(())
}
