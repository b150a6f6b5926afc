//! `syncdeck preview`: what the next cycle would write, and the plan's name; nothing is written anywhere.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;
use tokio::sync::mpsc;

use super::args::Place;
use super::masking::Eyes;
use super::output::{self, Exit};
use super::resources;
use crate::engine::{PREVIEW_LINES, PreviewLine, preview};
use crate::model::{CycleOutcome, Entity};

/// Lines of each kind that a person is shown; all are counted.
const SAMPLE: usize = 3;

/// Previews the next cycle.
pub(super) async fn run(place: &Place, (json, reveal): (bool, bool)) -> anyhow::Result<Exit> {
    if place.sandbox {
        anyhow::bail!("the embedded sandbox lives in the console only: see `syncdeck sandbox`");
    }
    let profile = resources::profile(place)?;
    let path = resources::state(place, &profile.name);
    let scratch = Scratch::new()?;
    let copy = if path.exists() {
        let store = resources::open(&path)?;
        let to = scratch.path.clone();
        tokio::task::spawn_blocking(move || store.copy_to(&to)).await??
    } else {
        resources::open(&scratch.path)?
    };
    let parts = resources::reading_parts(&profile, copy.clone())?;
    let (sender, mut lines) = mpsc::channel(PREVIEW_LINES);
    let task = tokio::spawn(preview(parts, copy.clone(), sender));
    let mut summary = Summary::default();
    while let Some(line) = lines.recv().await {
        if json {
            output::json(&line.document())?;
        }
        summary.add(line);
    }
    let done = task.await??;
    if !json {
        let eyes = copy.read(move |reader| Eyes::read(reader, reveal)).await?;
        summary.tell(&eyes)?;
        for counts in &done.report.entities {
            output::line(&format!(
                "{:<12} {} looked at that need nothing, {} refused",
                counts.entity.name(),
                counts.skipped,
                counts.failures
            ))?;
        }
    }
    if summary.groups.is_empty() {
        output::say("nothing to do");
    }
    for plan in &done.plans {
        output::say(&format!("needs approval: syncdeck sync --approve {plan}"));
    }
    if let Some(reason) = &done.report.reason {
        output::trouble(&output::clean(reason));
    }
    Ok(match done.report.outcome {
        CycleOutcome::Error => Exit::Error,
        CycleOutcome::Halted => Exit::Halted,
        CycleOutcome::Clean | CycleOutcome::Waiting => Exit::Clean,
    })
}

/// What a person is shown: counts and a sample of each.
#[derive(Default)]
struct Summary {
    groups: BTreeMap<(String, &'static str, &'static str), (u64, Vec<PreviewLine>)>,
}

impl Summary {
    fn add(&mut self, line: PreviewLine) {
        let entity = line
            .entity
            .as_ref()
            .map_or("marketo fields", |it| it.name());
        let key = (entity.to_owned(), line.to.word(), line.action);
        let group = self.groups.entry(key).or_default();
        group.0 += 1;
        if group.1.len() < SAMPLE {
            group.1.push(line);
        }
    }

    fn tell(&self, eyes: &Eyes) -> anyhow::Result<()> {
        for ((entity, side, action), (count, sample)) in &self.groups {
            output::line(&format!("{entity:<16} {action:<7} to {side:<9} {count}"))?;
            for line in sample {
                let fields = line
                    .fields
                    .iter()
                    .map(|(name, change)| words(line, name, change, eyes));
                let fields: Vec<String> = fields.collect();
                let id = line.dynamics_id.map(|id| id.to_string());
                let id = id.or(line.marketo_id.map(|id| format!("Marketo {id}")));
                output::line(&output::clean(&format!(
                    "    {}  {}",
                    id.unwrap_or_default(),
                    fields.join(", ")
                )))?;
            }
        }
        Ok(())
    }
}

/// What becomes of a field; of one that is held, what both sides hold.
fn words(line: &PreviewLine, name: &str, change: &Json, eyes: &Eyes) -> String {
    let ours = Entity::named("ours");
    let entity = line.entity.as_ref().unwrap_or(&ours);
    let shown = |at: usize| eyes.json(entity, name, &change[at]);
    match line.action {
        "hold" => format!("{name}: dynamics '{}', marketo '{}'", shown(0), shown(1)),
        _ => format!("{name}: '{}' -> '{}'", shown(0), shown(1)),
    }
}

/// A file of our own for the copy; gone with its companions when it is dropped.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let name = format!("syncdeck-preview-{}.db", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name);
        anyhow::ensure!(!path.exists(), "{} is in the way", path.display());
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let mut file = self.path.clone().into_os_string();
            file.push(suffix);
            // What is not there needs no removing.
            drop(std::fs::remove_file(file));
        }
    }
}
