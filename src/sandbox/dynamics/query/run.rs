//! Carries a plan out: rows, or groups of rows, in order, one page of them.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::group::{Tally, part};
use super::join::{Tuple, Walk};
use super::plan::{Plan, What};
use super::token::{Token, token};
use crate::sandbox::dynamics::cell::{Cell, Owned};
use crate::sandbox::dynamics::condition::order;
use crate::sandbox::dynamics::data::Data;
use crate::sandbox::dynamics::reply::Fault;
use crate::sandbox::dynamics::rows::Row;
use crate::sandbox::dynamics::schema::Kind;

/// Different lines remembered to tell whether one is new.
const DISTINCT_MAX: usize = 250_000;

/// One object of the answer.
pub struct Line<'a> {
    /// A value for each output of the plan.
    pub values: Vec<Owned>,
    /// The row of the table asked for, unless lines stand for several rows.
    pub row: Option<&'a Row>,
    keys: Vec<Owned>,
}

/// A page of lines.
pub struct Found<'a> {
    /// The lines.
    pub lines: Vec<Line<'a>>,
    /// There are more behind them.
    pub more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<usize>,
}

/// Carries `plan` out.
pub fn run<'a>(data: &'a Data, plan: &'a Plan) -> Result<Found<'a>, Fault> {
    let walk = Walk::new(data, plan);
    if plan.grouped {
        return grouped(&walk, plan);
    }
    let wanted = plan.offset.saturating_add(plan.limit).saturating_add(1);
    let streaming = plan.order.is_empty() && !plan.total;
    let mut lines: Vec<Line> = Vec::new();
    let mut seen: HashSet<Vec<Token>> = HashSet::new();
    let mut total = 0;
    walk.each(|tuple| {
        let values = plan
            .outputs
            .iter()
            .map(|output| value(&walk, tuple, output.what));
        let values: Vec<Owned> = values.collect();
        if plan.distinct {
            if !seen.insert(values.iter().map(token).collect()) {
                return Ok(true);
            }
            if seen.len() > DISTINCT_MAX {
                return Err(limit_exceeded());
            }
        }
        total += 1;
        let keys = plan
            .order
            .iter()
            .map(|(what, _)| value(&walk, tuple, *what));
        lines.push(Line {
            keys: keys.collect(),
            values,
            row: tuple[0].filter(|_| !plan.distinct),
        });
        // What cannot come onto the page any more is let go of from time to time.
        if !streaming && lines.len() > wanted.saturating_mul(2).saturating_add(1024) {
            sort(&mut lines, plan);
            lines.truncate(wanted);
        }
        Ok(!streaming || lines.len() < wanted)
    })?;
    Ok(page(lines, plan, total))
}

fn value<'a>(walk: &Walk<'a>, tuple: &Tuple<'a>, what: What) -> Owned {
    match what {
        What::Column(place) => walk.value(tuple, place).into_owned(),
        What::Part(place, wanted) => part(&walk.value(tuple, place), wanted),
        What::Function(..) => Cell::Null,
    }
}

/// A group while its rows pass by.
struct Group {
    values: Vec<Owned>,
    tallies: Vec<Tally>,
}

fn grouped<'a>(walk: &Walk<'a>, plan: &'a Plan) -> Result<Found<'a>, Fault> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<Vec<Token>, usize> = HashMap::new();
    let mut rows = 0;
    let fresh = |values: Vec<Owned>| {
        let tallies = plan.outputs.iter().filter_map(|output| match output.what {
            What::Function(function, _, distinct) => Some(Tally::new(function, distinct)),
            _ => None,
        });
        Group {
            values,
            tallies: tallies.collect(),
        }
    };
    walk.each(|tuple| {
        rows += 1;
        if rows > plan.aggregated_max {
            return Err(limit_exceeded());
        }
        let keys = plan
            .outputs
            .iter()
            .filter(|output| !output.what.is_function());
        let keys: Vec<Owned> = keys.map(|output| value(walk, tuple, output.what)).collect();
        let at = *places
            .entry(keys.iter().map(token).collect())
            .or_insert(groups.len());
        if at == groups.len() {
            groups.push(fresh(keys));
        }
        let functions = plan.outputs.iter().filter_map(|output| match output.what {
            What::Function(_, place, _) => Some(place),
            _ => None,
        });
        for (tally, place) in groups[at].tallies.iter_mut().zip(functions) {
            tally.add(place.map(|place| walk.value(tuple, place)));
        }
        Ok(true)
    })?;
    // Functions over nothing at all still come to one line.
    if groups.is_empty() && plan.outputs.iter().all(|output| output.what.is_function()) {
        groups.push(fresh(Vec::new()));
    }
    let lines: Vec<Line> = groups
        .into_iter()
        .map(|group| finish(walk, plan, group))
        .collect();
    let total = lines.len();
    Ok(page(lines, plan, total))
}

fn finish<'a>(walk: &Walk<'a>, plan: &Plan, group: Group) -> Line<'a> {
    let (mut keys, mut tallies) = (group.values.into_iter(), group.tallies.into_iter());
    let values: Vec<Owned> = plan
        .outputs
        .iter()
        .map(|output| {
            if !output.what.is_function() {
                return keys.next().unwrap_or(Cell::Null);
            }
            let kind = output.what.place().map_or(Kind::BigInt, |place| {
                walk.tables[place.source].column(place.column).kind
            });
            tallies
                .next()
                .map_or(Cell::Null, |tally| tally.result(kind, plan.zero_sums))
        })
        .collect();
    let key = |what: What| {
        let at = plan.outputs.iter().position(|output| output.what == what);
        at.map_or(Cell::Null, |at| values[at].clone())
    };
    Line {
        keys: plan.order.iter().map(|(what, _)| key(*what)).collect(),
        values,
        row: None,
    }
}

fn sort(lines: &mut [Line], plan: &Plan) {
    // A stable sort: lines that compare equal stay in the order they were found.
    lines.sort_by(|a, b| {
        let keys = a.keys.iter().zip(&b.keys).zip(&plan.order);
        keys.map(|((a, b), (_, down))| if *down { order(b, a) } else { order(a, b) })
            .find(|way| way.is_ne())
            .unwrap_or(Ordering::Equal)
    });
}

fn page<'a>(mut lines: Vec<Line<'a>>, plan: &Plan, total: usize) -> Found<'a> {
    sort(&mut lines, plan);
    let more = lines.len() > plan.offset.saturating_add(plan.limit);
    lines.drain(..plan.offset.min(lines.len()));
    lines.truncate(plan.limit);
    Found {
        lines,
        more,
        total: plan.total.then_some(total),
    }
}

fn limit_exceeded() -> Fault {
    Fault::new(
        400,
        "0x8004E023",
        "AggregateQueryRecordLimitExceeded",
        "The maximum record limit is exceeded. Reduce the number of records.".into(),
    )
}
