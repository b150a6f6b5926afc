//! `syncdeck failures`: list the records that could not be written, try them again, park them, type another value.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::args::{Place, SideArgument};
use super::masking::Eyes;
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::engine::{self, Command, Edit};
use crate::model::{Entity, Failure, FailureClass, FailureId};
use crate::store::{FailureFilter, Store};

/// Failures read at a time.
const PAGE: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum FailuresVerb {
    /// List records that could not be written, the newest first
    List {
        #[command(flatten)]
        narrow: Narrow,
        /// Count those that are alike instead of listing each
        #[arg(long)]
        groups: bool,
        /// Show values whole instead of masked; --json always does
        #[arg(long)]
        reveal: bool,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Try records again now: one, those that are alike, or all
    Retry(Which),
    /// Leave records alone until they are retried by hand: one, those that are alike, or all
    Park(Which),
    /// Write another value for the refused field, to both sides, and try again
    Edit {
        /// The failure's id, as listed
        id: i64,
        /// The field, by its logical name or its name on either side
        #[arg(long)]
        field: String,
        /// The value; nothing clears the field
        #[arg(long)]
        value: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

/// Failures that have all of this in common.
#[derive(Debug, Clone, Args)]
pub(super) struct Narrow {
    /// Only this entity's
    #[arg(long)]
    entity: Option<String>,
    /// Only writes meant for this side
    #[arg(long)]
    direction: Option<SideArgument>,
    /// Only of this class: data, mapping, missing_parent, duplicate, privilege, throttled, vendor
    #[arg(long, value_parser = class)]
    class: Option<FailureClass>,
    /// Only with this code of the vendor's
    #[arg(long)]
    code: Option<String>,
    /// Only about this field
    #[arg(long)]
    field: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// The failure's id, as listed
    id: Option<i64>,
    /// Every one
    #[arg(long, conflicts_with = "id")]
    all: bool,
    #[command(flatten)]
    narrow: Narrow,
}

fn class(word: &str) -> Result<FailureClass, String> {
    FailureClass::from_word(word).ok_or_else(|| {
        let words = FailureClass::ALL.map(FailureClass::word).join(", ");
        format!("one of: {words}")
    })
}

impl Narrow {
    fn filter(&self) -> FailureFilter {
        FailureFilter {
            entity: self.entity.clone().map(Entity::named),
            direction: self.direction.map(Into::into),
            class: self.class,
            code: self.code.clone(),
            field: self.field.clone(),
            ..FailureFilter::default()
        }
    }
}

/// Lists, retries, parks or edits.
pub(super) fn failures(place: &Place, verb: FailuresVerb) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    match verb {
        FailuresVerb::List {
            narrow,
            groups: true,
            reveal,
            json,
        } => groups(&store, &narrow.filter(), (json, reveal)),
        FailuresVerb::List {
            narrow,
            reveal,
            json,
            ..
        } => list(&store, &narrow.filter(), (json, reveal)),
        FailuresVerb::Retry(which) => {
            let filter = which.filter(&store)?;
            let now = Clock::system().now();
            let retried =
                store.transaction_blocking(|tx| engine::retry_failures(tx, &filter, now))?;
            wake(&store)?;
            output::say(&format!(
                "{retried} are tried again by the next cycle (`syncdeck sync` runs one now)"
            ));
            Ok(Exit::Clean)
        }
        FailuresVerb::Park(which) => {
            let filter = which.filter(&store)?;
            let parked = store.transaction_blocking(|tx| tx.park_failures(&filter))?;
            output::say(&format!(
                "{parked} parked: they wait for `syncdeck failures retry`"
            ));
            Ok(Exit::Clean)
        }
        FailuresVerb::Edit {
            id,
            field,
            value,
            json,
        } => edit(&store, id, field, value, json),
    }
}

impl Which {
    fn filter(&self, store: &Store) -> anyhow::Result<FailureFilter> {
        let filter = FailureFilter {
            id: self.id.map(FailureId),
            ..self.narrow.filter()
        };
        if filter == FailureFilter::default() && !self.all {
            anyhow::bail!("which ones? Give an id, --all, or what they have in common (--class …)");
        }
        if let Some(id) = filter.id
            && store.read_blocking(|reader| reader.failure(id))?.is_none()
        {
            anyhow::bail!("failure {id}: there is none; see `syncdeck failures list`");
        }
        Ok(filter)
    }
}

fn list(
    store: &Store,
    filter: &FailureFilter,
    (json, reveal): (bool, bool),
) -> anyhow::Result<Exit> {
    let eyes = Eyes::of(store, reveal)?;
    let mut after = None;
    loop {
        let page = store.read_blocking(|reader| reader.failures(filter, after, PAGE))?;
        let Some(last) = page.last() else {
            return Ok(Exit::Clean);
        };
        after = Some(last.id);
        for failure in &page {
            if json {
                output::json(&document(failure))?;
            } else {
                tell(failure, &eyes)?;
            }
        }
    }
}

fn groups(
    store: &Store,
    filter: &FailureFilter,
    (json, reveal): (bool, bool),
) -> anyhow::Result<Exit> {
    let eyes = Eyes::of(store, reveal)?;
    for group in store.read_blocking(|reader| reader.failure_groups(filter))? {
        if json {
            output::json(&json!({
                "entity": group.entity, "direction": group.direction.word(), "class": group.class.word(),
                "code": group.code, "field": group.field, "count": group.count, "parked": group.parked,
                "next_try": group.next_try, "message": group.message,
            }))?;
            continue;
        }
        output::line(&output::clean(&format!(
            "{:>7}  {:<12} to {:<9} {:<14} {:<12} {:<20} {}",
            group.count,
            group.entity.name(),
            group.direction.word(),
            group.class.word(),
            group.code,
            group.field.as_deref().unwrap_or("-"),
            eyes.message(&group.message)
        )))?;
    }
    Ok(Exit::Clean)
}

fn edit(store: &Store, id: i64, field: String, value: String, json: bool) -> anyhow::Result<Exit> {
    let edit = Edit {
        failure: FailureId(id),
        field,
        value,
        by: resources::user(),
    };
    let now = Clock::system().now();
    let edited = store.transaction_blocking(|tx| engine::edit_failure(tx, &edit, now))?;
    let failure = match edited {
        Ok(failure) => failure,
        Err(why) => {
            output::trouble(&format!("failure {id}: {why}"));
            return Ok(Exit::Error);
        }
    };
    wake(store)?;
    if json {
        output::json(&document(&failure))?;
    }
    output::say("decided: the next cycle writes it to both sides (`syncdeck sync` runs one now)");
    Ok(Exit::Clean)
}

/// Lets a running engine start its next cycle.
pub(super) fn wake(store: &Store) -> anyhow::Result<()> {
    let now = Clock::system().now();
    Ok(store.transaction_blocking(|tx| tx.post_command(&json!(Command::SyncNow), now))?)
}

/// A failure as scripts see it.
pub(super) fn document(failure: &Failure) -> Json {
    json!({
        "id": failure.id,
        "entity": failure.entity,
        "direction": failure.direction.word(),
        "class": failure.refusal.class.word(),
        "code": failure.refusal.code,
        "message": failure.refusal.message,
        "request_id": failure.refusal.request,
        "field": failure.field,
        "dynamics_id": failure.dynamics_id,
        "marketo_id": failure.marketo_id,
        "attempts": failure.attempts,
        "next_try": failure.next_try,
        "status": failure.status.word(),
    })
}

fn tell(failure: &Failure, eyes: &Eyes) -> anyhow::Result<()> {
    let ids = [
        failure.dynamics_id.map(|id| id.to_string()),
        failure.marketo_id.map(|id| format!("Marketo {id}")),
    ];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    let next = failure.next_try.map_or_else(
        || failure.status.word().to_owned(),
        |at| format!("again at {}", at.format("%Y-%m-%d %H:%M:%S UTC")),
    );
    output::line(&output::clean(&format!(
        "{:>6}  {:<9} to {:<9} {:<14} {:<12} {} tries, {}  {}  {}",
        failure.id,
        failure.entity.name(),
        failure.direction.word(),
        failure.refusal.class.word(),
        failure.refusal.code,
        failure.attempts,
        next,
        ids.join(" "),
        eyes.message(&failure.refusal.words())
    )))?;
    Ok(())
}
