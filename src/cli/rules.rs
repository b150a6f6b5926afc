//! `syncdeck filter test` and `syncdeck backfill`: rules tried and carried out from the command line.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::args::Place;
use super::masking::Eyes;
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::engine::{self, BackfillSpec, Command, IDS_MAX};
use crate::mapping::Expression;
use crate::model::{Entity, Filter};

#[derive(Debug, Subcommand)]
pub(super) enum FilterVerb {
    /// Count which rows would enter and leave, and name some; nothing is changed
    Test {
        /// The entity
        entity: String,
        /// A CEL expression over the row's columns, as "address1_country == 'Italy'"
        expression: String,
        /// Name the examples whole instead of masked; --json always does
        #[arg(long)]
        reveal: bool,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct BackfillArguments {
    /// The entity
    entity: String,
    /// Only these logical fields
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    fields: Vec<String>,
    /// Only rows created since this day or moment
    #[arg(long, value_name = "DAY")]
    created_from: Option<String>,
    /// Only rows changed since this day or moment
    #[arg(long, value_name = "DAY")]
    updated_from: Option<String>,
    /// Only rows created, or changed, before this day or moment
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Only rows this CEL expression holds for
    #[arg(long, value_name = "EXPR")]
    filter: Option<String>,
    /// Only the rows whose ids this file lists, one a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["created_from", "updated_from", "to", "filter"])]
    ids: Option<PathBuf>,
    /// End the backfill that runs
    #[arg(long, conflicts_with_all = ["fields", "created_from", "updated_from", "to", "filter", "ids"])]
    cancel: bool,
}

/// Counts who would be in scope; nothing is changed.
pub(super) async fn filter(place: &Place, verb: FilterVerb) -> anyhow::Result<Exit> {
    let FilterVerb::Test {
        entity,
        expression,
        reveal,
        json,
    } = verb;
    Expression::parse(&expression)?;
    let profile = resources::profile(place)?;
    let store = resources::open(&resources::state(place, &profile.name))?;
    let eyes = Eyes::of(&store, reveal)?;
    let parts = resources::parts(&profile, store)?;
    let wanted = Filter {
        expression: Some(expression),
        ..Filter::default()
    };
    let plan = engine::filter_test(&parts, &Entity::named(entity), &wanted).await?;
    if json {
        output::json(&plan)?;
        return Ok(Exit::Clean);
    }
    output::line(&format!(
        "in scope {}, out of scope {}",
        plan.inside, plan.outside
    ))?;
    for (what, count, examples) in [
        ("enter", plan.entering, &plan.entering_examples),
        ("leave", plan.leaving, &plan.leaving_examples),
    ] {
        let examples: Vec<String> = examples
            .iter()
            .map(|label| eyes.label(label, || None))
            .collect();
        let examples = output::clean(&examples.join(", "));
        output::line(&format!("{count} would {what}: {examples}"))?;
    }
    Ok(Exit::Clean)
}

/// Starts or ends a backfill; a running engine carries it out, else the next cycle does.
pub(super) fn backfill(place: &Place, arguments: BackfillArguments) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    let (entity, now) = (
        Entity::named(arguments.entity.clone()),
        Clock::system().now(),
    );
    if arguments.cancel {
        let ended = store.transaction_blocking(|tx| engine::cancel_backfill(tx, &entity))?;
        output::say(if ended {
            "cancelled"
        } else {
            "none is running"
        });
        return Ok(Exit::Clean);
    }
    let spec = spec(arguments)?;
    store.transaction_blocking(|tx| {
        engine::start_backfill(tx, &entity, spec, now)?;
        tx.post_command(&json!(Command::SyncNow), now)
    })?;
    output::say("started: `syncdeck status --json` shows how far it is");
    Ok(Exit::Clean)
}

fn spec(arguments: BackfillArguments) -> anyhow::Result<BackfillSpec> {
    if let Some(filter) = &arguments.filter {
        Expression::parse(filter)?;
    }
    Ok(BackfillSpec {
        fields: arguments.fields,
        created_from: arguments.created_from.as_deref().map(moment).transpose()?,
        updated_from: arguments.updated_from.as_deref().map(moment).transpose()?,
        to: arguments.to.as_deref().map(moment).transpose()?,
        filter: arguments.filter,
        ids: arguments
            .ids
            .as_deref()
            .map(ids)
            .transpose()?
            .unwrap_or_default(),
    })
}

/// A day, which is its midnight UTC, or a moment.
fn moment(text: &str) -> anyhow::Result<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .with_context(|| format!("'{text}' is no day (2026-01-31) and no moment"))?;
    Ok(day.and_time(NaiveTime::MIN).and_utc())
}

/// Row ids, one a line.
fn ids(file: &Path) -> anyhow::Result<Vec<Uuid>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let ids: Vec<Uuid> = lines
        .map(|line| {
            let id = line.parse();
            id.with_context(|| format!("'{}' is no row id", output::clean(line)))
        })
        .collect::<Result<_, _>>()?;
    anyhow::ensure!(ids.len() <= IDS_MAX, "at most {IDS_MAX} ids at once");
    anyhow::ensure!(!ids.is_empty(), "{} names no row", file.display());
    Ok(ids)
}
