//! `syncdeck entities`: what is kept in step; custom entities added and removed.

use clap::{Args, Subcommand};
use serde_json::json;

use super::args::Place;
use super::output::{self, Exit};
use super::resources;
use crate::clock::Clock;
use crate::engine::{self, Command, CustomPlan, EntityLine};
use crate::model::{CustomWish, Entity};
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum EntitiesVerb {
    /// List every entity: its direction, its linked rows, how far it is
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show what adding a Dynamics table as a custom object in Marketo would make; add it with --approve
    Add(AddArguments),
    /// Stop keeping a custom entity in step; its type and records stay in Marketo
    Remove {
        /// The Dynamics table
        table: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArguments {
    /// The Dynamics table, by its logical name (new_subscription)
    table: String,
    /// Whom a row belongs to, and the lookups that lead there (contact, account.new_site.new_account, none)
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// The API name of the type in Marketo, instead of the table's name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only these columns; of an entity that is there, the columns to add to it
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    fields: Vec<String>,
    /// Let the plan of this name be carried out
    #[arg(long, value_name = "PLAN")]
    approve: Option<String>,
    /// Print the plan as one JSON document
    #[arg(long)]
    json: bool,
}

/// Lists entities, or changes which there are.
pub(super) async fn entities(place: &Place, verb: EntitiesVerb) -> anyhow::Result<Exit> {
    match verb {
        EntitiesVerb::List { json } => list(place, json),
        EntitiesVerb::Add(arguments) => add(place, arguments).await,
        EntitiesVerb::Remove { table } => {
            let (_, store) = resources::existing(place)?;
            let entity = Entity::named(table);
            let done = store.transaction_blocking(|tx| engine::remove_custom(tx, &entity))?;
            anyhow::ensure!(done, "{entity} is no custom entity");
            wake(&store)?;
            output::say("removed with the next cycle; its type and records stay in Marketo");
            Ok(Exit::Clean)
        }
    }
}

fn list(place: &Place, json: bool) -> anyhow::Result<Exit> {
    let (_, store) = resources::existing(place)?;
    let lines = store.read_blocking(engine::entity_list)?;
    if json {
        lines.iter().try_for_each(output::json)?;
        return Ok(Exit::Clean);
    }
    output::line("entity               direction      links  state     in Marketo")?;
    for line in &lines {
        output::line(&shown(line))?;
        if let Some(note) = &line.note {
            output::line(&format!("  {}", output::clean(note)))?;
        }
    }
    Ok(Exit::Clean)
}

fn shown(line: &EntityLine) -> String {
    let object = line.object.as_deref().unwrap_or("-");
    let path = line
        .path
        .as_ref()
        .map(|path| format!(" of {path}"))
        .unwrap_or_default();
    format!(
        "{:<20} {:<11} {:>8}  {:<8}  {object}{path}",
        line.entity.name(),
        line.direction.word(),
        line.links,
        line.state
    )
}

async fn add(place: &Place, arguments: AddArguments) -> anyhow::Result<Exit> {
    let profile = resources::profile(place)?;
    let store = resources::open(&resources::state(place, &profile.name))?;
    let parts = resources::reading_parts(&profile, store.clone())?;
    let wish = CustomWish {
        table: arguments.table,
        path: arguments.path,
        name: arguments.name,
        fields: arguments.fields,
    };
    let plan = engine::plan_custom(parts, &wish, &resources::user()).await?;
    if arguments.json {
        output::json(&plan)?;
    } else {
        show(&plan)?;
    }
    let Some(name) = &plan.plan else {
        for problem in &plan.problems {
            output::trouble(&output::clean(problem));
        }
        return Ok(Exit::Error);
    };
    match arguments.approve {
        Some(approved) if approved == *name => {
            let added = store.transaction_blocking(|tx| engine::add_custom(tx, &plan))?;
            anyhow::ensure!(added, "{} has changed meanwhile: plan it anew", plan.table);
            wake(&store)?;
            output::say("added: the next cycle makes it in Marketo and begins to copy");
            Ok(Exit::Clean)
        }
        Some(other) => {
            anyhow::bail!("the plan is now '{name}', not '{other}': nothing was changed")
        }
        None => {
            output::say(&format!(
                "nothing was changed; add it with --approve {name}"
            ));
            Ok(Exit::Clean)
        }
    }
}

fn show(plan: &CustomPlan) -> anyhow::Result<()> {
    let clean = |text: &str| output::clean(text);
    output::line(&format!(
        "{} becomes the custom object {} ({}) in Marketo",
        plan.table,
        plan.object,
        clean(&plan.label)
    ))?;
    output::line(&format!("  key   {}, the row's GUID", plan.key))?;
    if let (Some(link), Some(path)) = (plan.link, &plan.path) {
        output::line(&format!("  link  {link}, by {path}"))?;
    }
    let own = |name: &str| !plan.columns.iter().any(|column| column.marketo == name);
    for field in plan.fields.iter().filter(|field| own(&field.name)) {
        let words = field.words();
        output::line(&format!(
            "  {:<28} {:<28} {words}",
            field.name,
            clean(&field.label)
        ))?;
    }
    for column in &plan.columns {
        let length = column.length.map(|length| format!("({length})"));
        let note = column.note.as_deref().unwrap_or_default();
        output::line(&format!(
            "  {:<28} {:<28} {}{} {note}",
            column.dynamics,
            clean(&column.label),
            column.kind,
            length.unwrap_or_default()
        ))?;
    }
    for (column, why) in &plan.left {
        output::line(&format!("  {column:<28} is left out: {}", clean(why)))?;
    }
    for step in &plan.steps {
        output::line(&format!("  {step}"))?;
    }
    Ok(())
}

/// A running engine begins at once.
fn wake(store: &Store) -> anyhow::Result<()> {
    let now = Clock::system().now();
    store.transaction_blocking(|tx| tx.post_command(&json!(Command::SyncNow), now))?;
    Ok(())
}
