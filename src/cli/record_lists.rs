//! `syncdeck records list`: who exists in Marketo only, whose owner Marketo does not have, and which opportunities
//! nobody has a role in; each with the reason.

use clap::{ArgGroup, Args};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::args::Place;
use super::masking::Eyes;
use super::output::{self, Exit};
use super::resources;
use crate::engine::{self, MarketoOnly, Orphan};
use crate::model::{Failure, FailureClass, MarketoId};
use crate::store::{FailureFilter, Store};

/// The field an owner is written to.
const OWNER: &str = "externalSalesPersonId";
/// Failures read at a time.
const PAGE: usize = 500;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(false))]
pub(super) struct ListArguments {
    /// People who exist in Marketo only, by id
    #[arg(long, group = "which")]
    marketo_only: bool,
    /// Records whose owner in Dynamics is not in Marketo
    #[arg(long, group = "which")]
    unresolved_owners: bool,
    /// Opportunities nobody has a role in: no person in Marketo has them
    #[arg(long, group = "which")]
    orphan_opportunities: bool,
    /// People behind this id only
    #[arg(long, value_name = "ID", requires = "marketo_only")]
    after: Option<MarketoId>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
    /// Show values whole instead of masked; --json always does
    #[arg(long)]
    reveal: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Prints a list.
pub(super) fn list(place: &Place, store: Store, arguments: &ListArguments) -> anyhow::Result<Exit> {
    if arguments.unresolved_owners {
        return owners(&store, arguments);
    }
    if arguments.orphan_opportunities {
        return orphans(&store, arguments);
    }
    let eyes = Eyes::of(&store, arguments.reveal)?;
    let parts = resources::parts(&resources::profile(place)?, store)?;
    let (after, limit) = (arguments.after, arguments.limit);
    let found = resources::runtime()?.block_on(engine::list_marketo_only(parts, after, limit))?;
    for one in &found {
        print(arguments.json, person(one), || {
            let label = eyes.label(&one.label, || None);
            format!("{:>10}  {label:<40}  {}", one.marketo, one.reason)
        })?;
    }
    Ok(Exit::Clean)
}

fn person(one: &MarketoOnly) -> Json {
    json!({"type": "marketo_only", "marketo_id": one.marketo, "label": one.label, "updated": one.updated,
           "reason": one.reason})
}

fn owners(store: &Store, arguments: &ListArguments) -> anyhow::Result<Exit> {
    let filter = FailureFilter {
        class: Some(FailureClass::MissingParent),
        field: Some(OWNER.to_owned()),
        ..FailureFilter::default()
    };
    let (mut left, mut after) = (arguments.limit, None);
    while left > 0 {
        let page = left.min(PAGE);
        let rows = store.read_blocking(|reader| reader.failures(&filter, after, page))?;
        for row in &rows {
            let owner = owner_in(&row.refusal.message);
            print(arguments.json, unresolved(row, owner), || {
                let id = row.dynamics_id.map(|id| id.to_string()).unwrap_or_default();
                format!("{:<12} {id}  {}", row.entity.name(), row.refusal.message)
            })?;
        }
        left -= rows.len();
        after = rows.last().map(|row| row.id);
        if rows.len() < page {
            break;
        }
    }
    Ok(Exit::Clean)
}

fn orphans(store: &Store, arguments: &ListArguments) -> anyhow::Result<Exit> {
    let eyes = Eyes::of(store, arguments.reveal)?;
    let (mut left, mut after) = (arguments.limit, None);
    while left > 0 {
        let (found, next) =
            store.read_blocking(|reader| engine::orphan_opportunities(reader, after))?;
        for one in found.iter().take(left) {
            print(arguments.json, orphan(one), || {
                let label = eyes.label(&one.label, || None);
                format!("{}  {label:<40}  {}", one.dynamics_id, one.reason)
            })?;
        }
        left -= found.len().min(left);
        if next.is_none() {
            break;
        }
        after = next;
    }
    Ok(Exit::Clean)
}

fn orphan(one: &Orphan) -> Json {
    json!({"type": "orphan_opportunity", "dynamics_id": one.dynamics_id, "label": one.label, "reason": one.reason})
}

fn unresolved(row: &Failure, owner: Option<Uuid>) -> Json {
    json!({"type": "unresolved_owner", "entity": row.entity, "dynamics_id": row.dynamics_id,
           "marketo_id": row.marketo_id, "owner": owner, "reason": row.refusal.message, "next_try": row.next_try})
}

/// The row a message waits for.
fn owner_in(message: &str) -> Option<Uuid> {
    let mut words = message.split(|letter: char| letter.is_whitespace() || letter == ',');
    words.find_map(|word| word.parse().ok())
}

fn print(as_json: bool, document: Json, words: impl FnOnce() -> String) -> anyhow::Result<()> {
    if as_json {
        return output::json(&document);
    }
    Ok(output::line(&output::clean(&words()))?)
}
