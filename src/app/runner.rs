//! Performs queries and commands against the store and the engine; the one async file of this room.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::AbortHandle;

use super::{Command, CommandId, Event, Loaded, News, Query, QueryId, Snapshot};

/// Answers that wait for the console; a console that does not read only holds up its own questions.
pub const ANSWERS_WAITING: usize = 64;
/// Commands that wait to be sent: more than a marked list ever holds.
pub const COMMANDS_WAITING: usize = 4_096;

/// What answers the console's questions and takes its commands: the store and the engine, wired by the front desk.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Answers a question; never touches the engine, a slow disk only delays this answer.
    async fn query(&self, query: Query) -> Loaded;

    /// Hands a command to the engine; an error says why it was not taken, in words for the admin.
    async fn send(&self, command: Command) -> Result<(), String>;

    /// Who sits at the console; kept with every decision.
    fn user(&self) -> String {
        "console".to_owned()
    }
}

/// What the engine tells the console.
#[derive(Debug)]
pub struct EngineFeed {
    /// The newest picture; the newest wins.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// Lines for the events list; whoever lags misses some.
    pub news: broadcast::Receiver<News>,
}

/// Which question a query is: a newer one of the same kind ends the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    Conflicts,
    Fields,
    Mapping,
    Failures,
}

impl Slot {
    fn of(query: &Query) -> Self {
        match query {
            Query::Conflicts { .. } => Self::Conflicts,
            Query::Fields(_) => Self::Fields,
            Query::Mapping(_) => Self::Mapping,
            Query::Failures { .. } => Self::Failures,
        }
    }
}

/// Performs effects; every outcome comes back as an [`Event`].
pub struct Runner {
    backend: Arc<dyn Backend>,
    handle: Handle,
    answers: mpsc::Sender<Event>,
    commands: mpsc::Sender<(CommandId, Command)>,
    running: HashMap<Slot, AbortHandle>,
}

impl Runner {
    /// A runner on `handle`, and where its outcomes arrive.
    pub fn start(backend: Arc<dyn Backend>, handle: Handle) -> (Self, mpsc::Receiver<Event>) {
        let (answers, outcomes) = mpsc::channel(ANSWERS_WAITING);
        let (commands, waiting) = mpsc::channel(COMMANDS_WAITING);
        handle.spawn(send_in_order(backend.clone(), waiting, answers.clone()));
        let runner = Self {
            backend,
            handle,
            answers,
            commands,
            running: HashMap::new(),
        };
        (runner, outcomes)
    }

    /// Asks; a question of the same kind that is still running is given up.
    pub fn query(&mut self, id: QueryId, query: Query) {
        let slot = Slot::of(&query);
        let (backend, answers) = (self.backend.clone(), self.answers.clone());
        let task = self.handle.spawn(async move {
            let loaded = backend.query(query).await;
            // The console may be gone by now.
            let _ = answers.send(Event::Loaded(id, loaded)).await;
        });
        if let Some(older) = self.running.insert(slot, task.abort_handle()) {
            older.abort();
        }
    }

    /// Sends, in order; the outcome is at once an event when too many commands wait already.
    pub fn send(&mut self, id: CommandId, command: Command) -> Option<Event> {
        let refused = self.commands.try_send((id, command)).is_err();
        let why = "too many commands wait already".to_owned();
        refused.then_some(Event::Done(id, Err(why)))
    }
}

async fn send_in_order(
    backend: Arc<dyn Backend>,
    mut waiting: mpsc::Receiver<(CommandId, Command)>,
    answers: mpsc::Sender<Event>,
) {
    while let Some((id, command)) = waiting.recv().await {
        let outcome = backend.send(command).await;
        if answers.send(Event::Done(id, outcome)).await.is_err() {
            return;
        }
    }
}
