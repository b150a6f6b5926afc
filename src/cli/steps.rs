//! `syncdeck history --steps`: what each cycle did to each entity in each direction, as rows for a table or a spreadsheet.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::output::{self, Exit};
use crate::model::{CycleId, Entity, EntityCounts, PerSide, Side};
use crate::store::{BatchRow, CycleRow, Store};

/// Cycles read at a time.
const PAGE: usize = 200;

/// One step: an entity and a direction of one cycle.
#[derive(Debug, Serialize)]
struct Step {
    cycle: CycleId,
    entity: Entity,
    to: Side,
    began: Option<DateTime<Utc>>,
    ended: Option<DateTime<Utc>>,
    /// Records the other side's feed named.
    pulled: u64,
    created: u64,
    updated: u64,
    deleted: u64,
    skipped: u64,
    echoes: u64,
    failures: u64,
    conflicts: u64,
    /// HTTP requests to that side.
    calls: u64,
}

/// The head of the spreadsheet.
const HEAD: &str = "cycle,entity,to,began,ended,pulled,created,updated,deleted,skipped,echoes,failures,conflicts,calls";

/// Prints the steps of the last `limit` cycles, the newest first.
pub(super) fn steps(store: &Store, limit: usize, csv: bool) -> anyhow::Result<Exit> {
    if csv {
        output::line(HEAD)?;
    }
    let (mut left, mut after) = (limit, None);
    while left > 0 {
        let page = left.min(PAGE);
        let rows = store.read_blocking(|reader| reader.cycles(after, page))?;
        for row in &rows {
            let batches = store.read_blocking(|reader| reader.batches(row.id))?;
            for step in of_cycle(row, &batches) {
                if csv {
                    output::line(&comma(&step))?;
                } else {
                    output::json(&step)?;
                }
            }
        }
        after = rows.last().map(|row| row.id);
        left -= rows.len();
        if rows.len() < page {
            break;
        }
    }
    Ok(Exit::Clean)
}

fn of_cycle(row: &CycleRow, batches: &[BatchRow]) -> Vec<Step> {
    let counts = row.report.iter().flat_map(|report| &report.entities);
    counts
        .flat_map(|counts| Side::BOTH.map(|side| step(row, counts, side, batches)))
        .filter(|step| {
            let done = step.pulled + step.created + step.updated + step.deleted;
            done + step.calls + step.failures > 0
        })
        .collect()
}

fn step(row: &CycleRow, counts: &EntityCounts, to: Side, batches: &[BatchRow]) -> Step {
    let of = |mut both: PerSide, side: Side| *both.of(side);
    let own = |batch: &&BatchRow| batch.entity == counts.entity && batch.side == to;
    // What is of no direction stands with the one towards Marketo, which every entity has.
    let once = |count: u64| if to == Side::Marketo { count } else { 0 };
    let failed: u64 = batches.iter().filter(own).map(|batch| batch.failed).sum();
    Step {
        cycle: row.id,
        entity: counts.entity.clone(),
        to,
        began: batches.iter().filter(own).map(|batch| batch.began).min(),
        ended: batches
            .iter()
            .filter(own)
            .filter_map(|batch| batch.ended)
            .max(),
        pulled: of(counts.pulled, to.other()),
        created: of(counts.created, to),
        updated: of(counts.written, to),
        deleted: of(counts.deleted, to),
        skipped: once(counts.skipped),
        echoes: once(counts.echoes),
        failures: failed,
        conflicts: once(counts.conflicts),
        calls: of(counts.calls, to),
    }
}

fn comma(step: &Step) -> String {
    let at = |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339()).unwrap_or_default();
    // Names of tables and sides need no quotes.
    format!(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        step.cycle,
        step.entity,
        step.to,
        at(step.began),
        at(step.ended),
        step.pulled,
        step.created,
        step.updated,
        step.deleted,
        step.skipped,
        step.echoes,
        step.failures,
        step.conflicts,
        step.calls
    )
}
