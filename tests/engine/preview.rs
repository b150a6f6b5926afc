//! A preview says exactly what the next cycle writes, and writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use syncdeck::engine::{PREVIEW_LINES, PreviewLine, Previewed, preview};
use syncdeck::model::Side;
use tokio::sync::mpsc;

use super::harness::Bench;
use super::harness::wire::{Write, is_record};

pub async fn previewed(bench: &Bench) -> (Vec<PreviewLine>, Previewed) {
    bench.wire.take();
    let folder = tempfile::tempdir().unwrap();
    let copy = bench.store.copy_to(&folder.path().join("copy.db")).unwrap();
    let (sender, mut lines) = mpsc::channel(PREVIEW_LINES);
    let collect = async {
        let mut found = Vec::new();
        while let Some(line) = lines.recv().await {
            found.push(line);
        }
        found
    };
    let (done, found) = tokio::join!(preview(bench.parts(), copy, sender), collect);
    let wrote = bench.wire.take_writes();
    assert!(wrote.is_empty(), "a preview wrote {wrote:#?}");
    (found, done.unwrap())
}

/// Whom a write is about, and what it sends: names with new values, as far as they are texts.
type Told = BTreeMap<(Side, String, BTreeSet<String>), usize>;

fn told(writes: impl Iterator<Item = (Side, String, BTreeSet<String>)>) -> Told {
    let mut told = Told::new();
    for write in writes {
        *told.entry(write).or_default() += 1;
    }
    told
}

fn fields<'a>(
    fields: impl Iterator<Item = (&'a String, &'a serde_json::Value)>,
) -> BTreeSet<String> {
    fields
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}={text}"),
            None => name.clone(),
        })
        .collect()
}

fn of_preview(lines: &[PreviewLine]) -> Told {
    let writes = lines
        .iter()
        .filter(|line| !matches!(line.action, "link" | "hold") && line.entity.is_some());
    told(writes.map(|line| {
        let key = match (line.to, line.action) {
            (Side::Marketo, "create") => String::new(),
            (Side::Marketo, _) => line.marketo_id.unwrap().to_string(),
            (Side::Dynamics, _) => line.dynamics_id.unwrap().to_string(),
        };
        let sent: Vec<_> = line
            .fields
            .iter()
            .map(|(name, change)| (name, &change[1]))
            .collect();
        (line.to, key, fields(sent.into_iter()))
    }))
}

fn of_wire(writes: &[Write]) -> Told {
    let records = writes.iter().filter(|write| is_record(write));
    told(records.map(|write| (write.side, write.key.clone(), fields(write.fields.iter()))))
}

#[tokio::test(start_paused = true)]
async fn a_preview_equals_what_is_written_for_the_first_copy_and_later() {
    let bench = Bench::with(150, 5);
    let (lines, _) = previewed(&bench).await;
    let of_us = lines.iter().filter(|line| line.entity.is_none()).count();
    assert_eq!(of_us, 4, "our own fields would be created");
    bench.cycle().await;
    let wrote = of_wire(&bench.wire.take_writes());
    assert!(wrote.len() > 100);
    assert_eq!(of_preview(&lines), wrote);
    bench.later().await;
    bench.later().await;
    let (lines, _) = previewed(&bench).await;
    assert_eq!(lines, [], "nothing to do");
    for (number, link) in bench.links().into_iter().take(20).enumerate() {
        if number % 2 == 0 {
            bench.edit(link.dynamics.unwrap(), "jobtitle", format!("T{number}"));
        } else {
            bench.edit_person(link.marketo.unwrap(), "city", format!("C{number}"));
        }
    }
    bench.somebody("Newcomer");
    bench.pass(10).await;
    let (lines, _) = previewed(&bench).await;
    bench.cycle().await;
    let wrote = of_wire(&bench.wire.take_writes());
    assert!(wrote.len() > 15, "{wrote:?}");
    assert_eq!(of_preview(&lines), wrote);
    bench.later().await;
    let (lines, _) = previewed(&bench).await;
    assert_eq!(lines, [], "nothing to do");
}

#[tokio::test(start_paused = true)]
async fn a_preview_names_the_plan_that_is_then_approved() {
    let mut bench = Bench::with(30, 3);
    bench.sync.first_copy = syncdeck::config::FirstCopy::Ask;
    let (lines, done) = previewed(&bench).await;
    assert_eq!(done.plans.len(), 2, "{:?}", done.plans);
    assert!(lines.iter().all(|line| line.plan.is_some()));
    let sync = async |plan: &str| {
        let plan = Some(plan.to_owned());
        syncdeck::engine::one_cycle(bench.parts(), plan)
            .await
            .unwrap()
    };
    let halted = sync(&done.plans[0]).await;
    assert!(halted.reason.is_some(), "the fields, then the copy");
    sync(&done.plans[1]).await;
    assert!(bench.links().len() > 25);
}
