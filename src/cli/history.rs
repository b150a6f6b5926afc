//! `syncdeck history`: the cycles, what one of them wrote, and every write to a record.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::args::Place;
use super::masking::Eyes;
use super::output::{self, Exit};
use super::resources;
use super::rollback::{self, RollbackArguments};
use super::steps;
use crate::engine::inspect;
use crate::model::{CycleId, RecordKey, Value};
use crate::store::{BatchRow, Conversion, CycleRow, JournalRow, Store};

/// Journal rows read at a time.
const PAGE: usize = 1_000;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct HistoryArguments {
    #[command(subcommand)]
    verb: Option<HistoryVerb>,
    /// Every write to this record, the newest first: an e-mail address, a Dynamics GUID or a Marketo id
    #[arg(long, value_name = "KEY", conflicts_with = "cycle")]
    record: Option<String>,
    /// What this cycle did: its batches and its writes
    #[arg(long, value_name = "N")]
    cycle: Option<i64>,
    /// What each cycle did to each entity in each direction, with its calls: one JSON object a line
    #[arg(long, conflicts_with_all = ["record", "cycle"])]
    steps: bool,
    /// The same as comma-separated values
    #[arg(long, requires = "steps")]
    csv: bool,
    /// How many cycles, or writes to a record, at most
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: usize,
    /// Show values whole instead of masked; --json always does
    #[arg(long)]
    reveal: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum HistoryVerb {
    /// Take back what a cycle wrote: shows the plan and its name, and carries it out with --approve
    Rollback(RollbackArguments),
    /// The leads that became contacts, the latest first
    Conversions {
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: usize,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
}

/// Prints what was done.
pub(super) fn history(place: &Place, arguments: &HistoryArguments) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    match &arguments.verb {
        Some(HistoryVerb::Rollback(arguments)) => return rollback::rollback(&store, arguments),
        Some(HistoryVerb::Conversions { limit, json }) => {
            return conversions(&store, *limit, *json);
        }
        None => {}
    }
    if arguments.steps {
        return steps::steps(&store, arguments.limit, arguments.csv);
    }
    match (&arguments.record, arguments.cycle) {
        (Some(key), _) => of_record(place, store, key, arguments),
        (None, Some(number)) => {
            of_cycle(&store, CycleId(number), (arguments.json, arguments.reveal))
        }
        (None, None) => cycles(&store, arguments),
    }
}

fn cycles(store: &Store, arguments: &HistoryArguments) -> anyhow::Result<Exit> {
    let mut left = arguments.limit;
    let mut after = None;
    while left > 0 {
        let page = left.min(PAGE);
        let rows = store.read_blocking(|reader| reader.cycles(after, page))?;
        for row in &rows {
            print(arguments.json, || cycle(row), || cycle_words(row))?;
        }
        after = rows.last().map(|row| row.id);
        left -= rows.len();
        if rows.len() < page {
            break;
        }
    }
    Ok(Exit::Clean)
}

fn conversions(store: &Store, limit: usize, as_json: bool) -> anyhow::Result<Exit> {
    for one in store.read_blocking(|reader| reader.latest_conversions(limit))? {
        print(as_json, || conversion(&one), || conversion_words(&one))?;
    }
    Ok(Exit::Clean)
}

/// A conversion as scripts see it.
pub(super) fn conversion(one: &Conversion) -> Json {
    json!({"type": "conversion", "at": one.at, "lead": one.lead, "contact": one.contact,
           "marketo_id": one.marketo, "taken_over": one.taken, "contact_deleted": one.gone})
}

fn conversion_words(one: &Conversion) -> String {
    let person = one
        .marketo
        .map_or_else(|| "a new person".to_owned(), |id| format!("Marketo {id}"));
    let how = if one.taken { "took over" } else { "has" };
    let gone = one.gone.map_or("", |_| "; the contact was deleted since");
    format!(
        "  {}  lead {} -> contact {}, which {how} {person}{gone}",
        one.at.format("%Y-%m-%d %H:%M:%S"),
        one.lead,
        one.contact
    )
}

fn of_cycle(
    store: &Store,
    number: CycleId,
    (as_json, reveal): (bool, bool),
) -> anyhow::Result<Exit> {
    let Some(row) = store.read_blocking(|reader| reader.cycle(number))? else {
        anyhow::bail!("there is no cycle {number}; see `syncdeck history`");
    };
    let eyes = Eyes::of(store, reveal)?;
    print(as_json, || cycle(&row), || cycle_words(&row))?;
    for row in store.read_blocking(|reader| reader.batches(number))? {
        print(as_json, || batch(&row), || batch_words(&row))?;
    }
    let mut after = None;
    loop {
        let rows = store.read_blocking(|reader| reader.journal_of_cycle(number, after, PAGE))?;
        let Some(last) = rows.last() else {
            return Ok(Exit::Clean);
        };
        after = Some(last.id);
        for row in &rows {
            print(as_json, || write(row), || write_words(row, &eyes))?;
        }
    }
}

fn of_record(
    place: &Place,
    store: Store,
    key: &str,
    arguments: &HistoryArguments,
) -> anyhow::Result<Exit> {
    let mut keys: Vec<RecordKey> = Vec::new();
    if let Some(key) = RecordKey::typed(key) {
        keys.push(key);
    } else {
        let parts = resources::parts(&resources::profile(place)?, store.clone())?;
        for one in resources::runtime()?.block_on(inspect(parts, key))? {
            keys.extend(one.dynamics_id.map(RecordKey::Dynamics));
            keys.extend(one.marketo_id.map(RecordKey::Marketo));
        }
    }
    let limit = arguments.limit;
    let mut rows = store.read_blocking(|reader| {
        let mut rows: Vec<JournalRow> = Vec::new();
        for (key, link) in reader.links_by_key(&keys)? {
            // A create in Marketo is written down before the person has an id: found by the other end.
            let other = match key {
                RecordKey::Dynamics(_) => link.marketo.map(RecordKey::Marketo),
                RecordKey::Marketo(_) => link.dynamics.map(RecordKey::Dynamics),
            };
            if let Some(key) = other {
                rows.extend(reader.journal_of(key, limit)?);
            }
        }
        for key in &keys {
            rows.extend(reader.journal_of(*key, limit)?);
        }
        Ok(rows)
    })?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    rows.dedup_by_key(|row| row.id);
    rows.truncate(limit);
    if rows.is_empty() {
        output::say("nothing was ever written to it");
    }
    let eyes = Eyes::of(&store, arguments.reveal)?;
    for row in &rows {
        print(arguments.json, || write(row), || write_words(row, &eyes))?;
    }
    Ok(Exit::Clean)
}

fn print(
    as_json: bool,
    document: impl FnOnce() -> Json,
    words: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    if as_json {
        return output::json(&document());
    }
    Ok(output::line(&output::clean(&words()))?)
}

fn cycle(row: &CycleRow) -> Json {
    let report = row.report.as_ref();
    json!({
        "type": "cycle",
        "cycle": row.id,
        "began": row.began,
        "ended": row.ended,
        "outcome": report.map(|report| report.outcome.word()),
        "reason": report.and_then(|report| report.reason.clone()),
        "seconds": report.map(|report| report.seconds),
        "calls": report.map(|report| report.calls),
        "entities": report.map(|report| &report.entities),
    })
}

fn cycle_words(row: &CycleRow) -> String {
    let began = row.began.format("%Y-%m-%d %H:%M:%S UTC");
    let Some(report) = &row.report else {
        return format!("{:>6}  {began}  not finished", row.id);
    };
    let sum = |count: fn(&crate::model::EntityCounts) -> u64| -> u64 {
        report.entities.iter().map(count).sum()
    };
    format!(
        "{:>6}  {began}  {:<8} {:>8.1} s  created {} written {} deleted {} conflicts {} failures {}",
        row.id,
        report.outcome.word(),
        report.seconds,
        sum(|counts| counts.created.total()),
        sum(|counts| counts.written.total()),
        sum(|counts| counts.deleted.total()),
        sum(|counts| counts.conflicts),
        sum(|counts| counts.failures)
    )
}

fn batch(row: &BatchRow) -> Json {
    json!({"type": "batch", "id": row.id, "cycle": row.cycle, "entity": row.entity, "side": row.side.word(),
           "records": row.records, "began": row.began, "ended": row.ended, "written": row.written,
           "failed": row.failed})
}

fn batch_words(row: &BatchRow) -> String {
    format!(
        "  batch {:>6}  {}  {:<12} to {:<9} {} records, {} written, {} refused",
        row.id,
        row.began.format("%H:%M:%S"),
        row.entity.name(),
        row.side.word(),
        row.records,
        row.written,
        row.failed
    )
}

/// A write as scripts see it.
pub(super) fn write(row: &JournalRow) -> Json {
    let entry = &row.entry;
    json!({
        "type": "write",
        "id": row.id,
        "at": entry.at,
        "cycle": entry.cycle,
        "entity": entry.entity,
        "dynamics_id": entry.dynamics_id,
        "marketo_id": entry.marketo_id,
        "side": entry.side.word(),
        "field": entry.field,
        "before": entry.before.to_json(),
        "after": entry.after.to_json(),
        "cause": entry.cause.words(),
        "verified": row.verified,
    })
}

/// Prints a write for a person.
pub(super) fn tell_write(row: &JournalRow, eyes: &Eyes) -> anyhow::Result<()> {
    Ok(output::line(&output::clean(&write_words(row, eyes)))?)
}

fn write_words(row: &JournalRow, eyes: &Eyes) -> String {
    let entry = &row.entry;
    let shown = |value| eyes.value(&entry.entity, &entry.field, value);
    let (before, after) = (shown(&entry.before), shown(&entry.after));
    let handed = entry.field.is_empty() && matches!(entry.before, Value::Id(_));
    let what = if handed {
        format!("its person goes from {} to {}", entry.before, entry.after)
    } else if entry.field.is_empty() {
        "the record".to_owned()
    } else {
        format!("{}: '{before}' -> '{after}'", entry.field)
    };
    let id = match (entry.dynamics_id, entry.marketo_id) {
        (Some(id), _) => id.to_string(),
        (None, Some(id)) => format!("Marketo {id}"),
        (None, None) => "-".to_owned(),
    };
    format!(
        "  {}  cycle {}  {} {id}  to {:<9} {what}  ({})",
        entry.at.format("%Y-%m-%d %H:%M:%S"),
        entry.cycle,
        entry.entity,
        entry.side.word(),
        entry.cause.words()
    )
}
