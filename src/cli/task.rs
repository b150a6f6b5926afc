//! `syncdeck task`: a task for a salesperson, under a lead or contact in Dynamics.

use std::time::Duration;

use chrono::TimeDelta;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use uuid::Uuid;

use super::args::Place;
use super::failures::wake;
use super::output::{self, Exit};
use super::records::carry_out;
use super::resources;
use crate::clock::Clock;
use crate::engine::{NewTask, TASK_DUE_DAYS, TaskPriority, TaskStatus, create_task};
use crate::model::RecordKey;

#[derive(Debug, Subcommand)]
pub(super) enum TaskVerb {
    /// Create a task in Dynamics about a lead or contact
    Create(CreateArguments),
}

#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// Whom it is about: a Dynamics GUID or a Marketo id
    #[arg(long, value_name = "KEY")]
    person: String,
    /// What is to be done
    #[arg(long, value_name = "S")]
    subject: String,
    /// More about it
    #[arg(long, value_name = "TEXT", default_value = "")]
    body: String,
    /// When it is due, from now; 5 days where nothing is said
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    due: Option<Duration>,
    /// How much it presses
    #[arg(long, value_enum, default_value = "normal")]
    priority: PriorityArgument,
    /// How far it is: its status reason in Dynamics
    #[arg(long, value_enum, default_value = "not_started")]
    status: StatusArgument,
    /// The task's GUID: the same one never makes a second task
    #[arg(long, value_name = "GUID")]
    id: Option<Uuid>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum PriorityArgument {
    Low,
    Normal,
    High,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum StatusArgument {
    NotStarted,
    InProgress,
    Waiting,
    Deferred,
    Completed,
    Canceled,
}

impl From<PriorityArgument> for TaskPriority {
    fn from(word: PriorityArgument) -> Self {
        match word {
            PriorityArgument::Low => Self::Low,
            PriorityArgument::Normal => Self::Normal,
            PriorityArgument::High => Self::High,
        }
    }
}

impl From<StatusArgument> for TaskStatus {
    fn from(word: StatusArgument) -> Self {
        match word {
            StatusArgument::NotStarted => Self::NotStarted,
            StatusArgument::InProgress => Self::InProgress,
            StatusArgument::Waiting => Self::Waiting,
            StatusArgument::Deferred => Self::Deferred,
            StatusArgument::Completed => Self::Completed,
            StatusArgument::Canceled => Self::Canceled,
        }
    }
}

/// Asks for a task; a running engine creates it at once, else the next cycle does.
pub(super) fn task(place: &Place, verb: TaskVerb) -> anyhow::Result<Exit> {
    let TaskVerb::Create(arguments) = verb;
    let (_, store) = resources::existing(place)?;
    let Some(about) = RecordKey::typed(&arguments.person) else {
        anyhow::bail!("'{}' is neither a GUID nor a Marketo id", arguments.person);
    };
    let now = Clock::system().now();
    let time = match arguments.due {
        Some(time) => TimeDelta::from_std(time)?,
        None => TimeDelta::days(TASK_DUE_DAYS),
    };
    let new = NewTask {
        id: arguments.id.unwrap_or_else(Uuid::new_v4),
        about,
        subject: arguments.subject,
        body: arguments.body,
        due: Some(now + time),
        priority: arguments.priority.into(),
        status: arguments.status.into(),
    };
    carry_out(&store, |tx| create_task(tx, &new, now))?;
    if arguments.json {
        output::json(&json!({"id": new.id, "person": about.to_string(), "due": new.due}))?;
    }
    wake(&store)?;
    Ok(Exit::Clean)
}
