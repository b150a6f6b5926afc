//! The runner: answers come back as events, commands stay in order, a newer question ends the older.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use syncdeck::app::{
    Backend, Command, CommandId, ConflictQuery, Event, Loaded, Query, QueryId, Runner,
};
use syncdeck::model::{ConflictId, Entity};
use tokio::runtime::Handle;

#[derive(Default)]
struct Office {
    taken: Mutex<Vec<Command>>,
}

#[async_trait]
impl Backend for Office {
    async fn query(&self, query: Query) -> Loaded {
        if let Query::Mapping(entity) = &query
            && entity.name() == "slow"
        {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        Loaded::Failed(format!("{query:?}"))
    }

    async fn send(&self, command: Command) -> Result<(), String> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.taken.lock().unwrap().push(command);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn commands_are_sent_one_after_the_other() {
    let office = Arc::new(Office::default());
    let (mut runner, mut outcomes) = Runner::start(office.clone(), Handle::current());
    for number in 0..5 {
        let command = Command::Unresolve {
            conflict: ConflictId(number),
        };
        assert!(runner.send(CommandId(number as u64), command).is_none());
    }
    for number in 0..5 {
        let Some(Event::Done(id, Ok(()))) = outcomes.recv().await else {
            panic!("no outcome");
        };
        assert_eq!(id, CommandId(number));
    }
    let taken = office.taken.lock().unwrap();
    let order: Vec<_> = taken.iter().map(|command| format!("{command:?}")).collect();
    assert!(order.is_sorted());
}

#[tokio::test(start_paused = true)]
async fn a_newer_question_ends_the_older_of_its_kind() {
    let (mut runner, mut outcomes) = Runner::start(Arc::new(Office::default()), Handle::current());
    runner.query(QueryId(1), Query::Mapping(Entity::named("slow")));
    runner.query(QueryId(2), Query::Fields(ConflictQuery::default()));
    runner.query(QueryId(3), Query::Mapping(Entity::LEAD));
    let mut answered = Vec::new();
    while let Ok(Some(event)) =
        tokio::time::timeout(Duration::from_secs(120), outcomes.recv()).await
    {
        if let Event::Loaded(id, _) = event {
            answered.push(id);
        }
    }
    answered.sort();
    assert_eq!(answered, [QueryId(2), QueryId(3)]);
}

#[tokio::test(start_paused = true)]
async fn more_commands_than_can_wait_are_refused_at_once() {
    let (mut runner, _outcomes) = Runner::start(Arc::new(Office::default()), Handle::current());
    let mut refused = 0;
    for number in 0..=syncdeck::app::COMMANDS_WAITING as u64 {
        let outcome = runner.send(CommandId(number), Command::SyncNow);
        refused += usize::from(matches!(outcome, Some(Event::Done(_, Err(_)))));
    }
    assert_eq!(refused, 1);
}
