//! One life: a world, a crowd, an engine that is run, paused, reconfigured and killed, all from one seed.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use fastrand::Rng;
use syncdeck::engine;
use syncdeck::model::{Direction, Entity, Policy, Side, Take, Value};

use super::check;
use super::crowd::Crowd;
use crate::engine::harness::wire::{Fate, Schema, Sent};
use crate::engine::harness::{Bench, written};

/// Cycles a life may need to come to rest.
const CYCLES_TO_REST: usize = 12;
/// Of them, those that may write.
const WRITING_TO_REST: usize = 4;

/// How a life went.
#[derive(Default)]
pub struct Lived {
    pub violations: Vec<String>,
    pub trace: Vec<String>,
}

/// Lives the life of `seed`.
pub fn live(seed: u64) -> Lived {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let told = std::env::var("SYNCDECK_SEED").is_ok();
    runtime.block_on(async {
        let mut life = Life::new(seed);
        life.run().await;
        if told {
            for line in life.trace.lock().unwrap().iter() {
                eprintln!("{line}");
            }
        }
        Lived {
            violations: std::mem::take(&mut *life.violations.lock().unwrap()),
            trace: std::mem::take(&mut *life.trace.lock().unwrap()),
        }
    })
}

/// What the metadata calls of a quiet life are answered.
fn schema() -> Arc<Schema> {
    static SCHEMA: OnceLock<Arc<Schema>> = OnceLock::new();
    let learn = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let bench = Bench::empty();
            bench.cycle().await;
            Arc::new(bench.wire.schema())
        })
    };
    let learnt = || std::thread::spawn(learn).join().unwrap();
    Arc::clone(SCHEMA.get_or_init(learnt))
}

type Shared<T> = Arc<Mutex<T>>;

pub struct Life {
    pub bench: Bench,
    pub crowd: Shared<Crowd>,
    random: Rng,
    directions: Shared<[Direction; 2]>,
    violations: Shared<Vec<String>>,
    trace: Shared<Vec<String>>,
    crashes: bool,
    admin: bool,
    started: tokio::time::Instant,
}

pub const ENTITIES: [Entity; 2] = [Entity::LEAD, Entity::CONTACT];

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let bench = Bench::with(0, seed);
        bench.wire.know_schema(schema());
        let crowd = Crowd::new(Arc::clone(&bench.world), random.fork());
        Self {
            crowd: Arc::new(Mutex::new(crowd)),
            directions: Arc::new(Mutex::new([Direction::Both; 2])),
            violations: Arc::default(),
            trace: Arc::default(),
            crashes: random.bool(),
            admin: random.u8(..3) > 0,
            bench,
            random,
            started: tokio::time::Instant::now(),
        }
    }

    fn crowd(&self) -> std::sync::MutexGuard<'_, Crowd> {
        self.crowd.lock().unwrap()
    }

    fn say(&self, text: impl Into<String>) {
        let at = self.started.elapsed().as_millis();
        self.trace
            .lock()
            .unwrap()
            .push(format!("{at:>9} {}", text.into()));
    }

    async fn run(&mut self) {
        self.crowd().settle_in();
        self.say(format!("habits {:?}", self.crowd().habits));
        self.hook();
        self.turn_dials();
        for _ in 0..self.random.usize(4..10) {
            self.between().await;
            self.cycle().await;
        }
        self.rest().await;
        let found = check::check(&self.bench, &self.crowd).await;
        self.violations.lock().unwrap().extend(found);
    }

    /// Puts this life's faults and the crowd's bad timing on the wire.
    fn hook(&mut self) {
        let harm: u32 = [0, 2, 5][self.random.usize(..3)];
        let busy = [0, 20, 60][self.random.usize(..3)];
        self.say(format!(
            "harm {harm} % busy {busy} % crashes {}",
            self.crashes
        ));
        let mut random = self.random.fork();
        let (crowd, directions) = (Arc::clone(&self.crowd), Arc::clone(&self.directions));
        let (violations, trace) = (Arc::clone(&self.violations), Arc::clone(&self.trace));
        let started = self.started;
        self.bench.wire.before(move |sent| {
            let mut crowd = crowd.lock().unwrap();
            if random.u32(..100) < busy {
                crowd.act();
            }
            let fate = fate(&mut random, harm, sent);
            let at = started.elapsed().as_millis();
            trace.lock().unwrap().push(line(at, sent, fate));
            let found = check::forbidden(&crowd.world, sent, *directions.lock().unwrap());
            violations.lock().unwrap().extend(found);
            fate
        });
        let (crowd, mut random) = (Arc::clone(&self.crowd), self.random.fork());
        self.bench.wire.after(move |_| {
            if random.u32(..100) < busy {
                crowd.lock().unwrap().act();
            }
            Fate::Pass
        });
    }

    fn turn_dials(&mut self) {
        let kinds = [
            "429",
            "429time",
            "500",
            "deadlock",
            "timeout",
            "503",
            "403",
            "412",
            "401",
            "expired",
            "slow",
            "bad",
            "cut",
            "truncated",
            "html",
            "type",
        ];
        let mut dial: Vec<String> = kinds
            .iter()
            .filter(|_| self.random.u8(..8) == 0)
            .map(|kind| format!("dynamics:{kind}=0.05"))
            .collect();
        let kinds = [
            "601",
            "602",
            "604",
            "606",
            "608",
            "611",
            "615",
            "713",
            "500",
            "502",
            "5xx",
            "slow",
            "cut",
            "lost",
            "reset",
            "partial",
            "duplicate",
            "late",
        ];
        let marketo = kinds.iter().filter(|_| self.random.u8(..8) == 0);
        dial.extend(marketo.map(|kind| format!("marketo:{kind}=0.05")));
        let dial = dial.join(",");
        self.bench.world.faults.set(&dial).unwrap();
        self.say(format!("dials {dial}"));
    }

    /// What happens between two cycles.
    async fn between(&mut self) {
        for _ in 0..self.random.usize(..6) {
            self.crowd().act();
            let wait = [0, 1, 20][self.random.usize(..3)];
            self.bench.pass(wait).await;
        }
        if self.admin {
            self.administer();
        }
        let wait = [1, 5, 60, 300][self.random.usize(..4)];
        self.bench.pass(wait).await;
    }

    fn administer(&mut self) {
        let store = self.bench.store.clone();
        match self.random.u8(..10) {
            0 => {
                let paused = self.random.bool();
                self.say(format!("paused {paused}"));
                store
                    .transaction_blocking(|tx| tx.set_paused(paused))
                    .unwrap();
            }
            1 => {
                let number = self.random.usize(..2);
                let direction = Direction::ALL[self.random.usize(..4)];
                let policy = Policy::ALL[self.random.usize(..5)];
                self.set(number, direction, policy);
            }
            2 => {
                store
                    .transaction_blocking(|tx| engine::retry(tx, None, self.bench.clock.now()))
                    .unwrap();
            }
            _ => self.decide(),
        }
    }

    fn set(&self, number: usize, direction: Direction, policy: Policy) {
        self.say(format!("{} {direction} {policy}", ENTITIES[number]));
        self.directions.lock().unwrap()[number] = direction;
        self.bench.set(ENTITIES[number].clone(), direction, policy);
    }

    /// Decides some of the conflicts that wait.
    fn decide(&mut self) {
        for conflict in self.bench.open_conflicts() {
            if conflict.status != syncdeck::model::ConflictStatus::Pending || self.random.bool() {
                continue;
            }
            let take = match self.random.u8(..3) {
                0 => Take::Side(Side::Dynamics),
                1 => Take::Side(Side::Marketo),
                _ if conflict.field.is_empty() => Take::Side(Side::Dynamics),
                _ if conflict.field.starts_with("do") || conflict.field == "unsubscribed" => {
                    Take::Side(Side::Marketo)
                }
                _ => match self.crowd().value(&conflict.field) {
                    serde_json::Value::String(text) => Take::Value(Value::text(text)),
                    _ => Take::Value(Value::Null),
                },
            };
            self.say(format!(
                "decide {:?} {} {take:?}",
                conflict.id, conflict.field
            ));
            self.bench.resolve(conflict.id, take);
        }
    }

    async fn cycle(&mut self) {
        let parts = self.bench.parts();
        let cycle = engine::one_cycle(parts, None);
        if self.crashes && self.random.u8(..3) == 0 {
            let polls = 1 + (2.0_f64).powf(self.random.f64() * 9.0) as u64;
            let ended = CrashAfter {
                polls,
                future: Box::pin(cycle),
            }
            .await;
            self.say(format!("cycle, killed: {}", ended.is_none()));
            self.bench.restart();
            return;
        }
        match cycle.await {
            Ok(report) => self.say(format!(
                "cycle {:?} {} {:?}",
                report.outcome,
                written(&report),
                report.reason
            )),
            Err(error) => self
                .violations
                .lock()
                .unwrap()
                .push(format!("a cycle ended with {error}")),
        }
    }

    /// Faults and people stop; the engine must come to rest.
    async fn rest(&mut self) {
        self.say("rest");
        let (crowd, directions) = (Arc::clone(&self.crowd), Arc::clone(&self.directions));
        let (violations, trace) = (Arc::clone(&self.violations), Arc::clone(&self.trace));
        let started = self.started;
        self.bench.wire.unhook();
        self.bench.wire.before(move |sent| {
            let world = Arc::clone(&crowd.lock().unwrap().world);
            let at = started.elapsed().as_millis();
            trace.lock().unwrap().push(line(at, sent, Fate::Pass));
            let found = check::forbidden(&world, sent, *directions.lock().unwrap());
            violations.lock().unwrap().extend(found);
            Fate::Pass
        });
        self.bench.world.faults.set("").unwrap();
        self.bench
            .store
            .transaction_blocking(|tx| tx.set_paused(false))
            .unwrap();
        for number in 0..2 {
            let both = self.directions.lock().unwrap()[number];
            if both != Direction::Both {
                self.set(number, Direction::Both, Policy::Ask);
            }
        }
        self.bench.pass(150).await;
        let (mut writing, mut quiet) = (0, 0);
        for _ in 0..CYCLES_TO_REST {
            let now = self.bench.clock.now();
            self.bench
                .store
                .transaction_blocking(|tx| engine::retry(tx, None, now))
                .unwrap();
            self.bench.wire.take();
            self.cycle_whole().await;
            let writes = self.bench.wire.take_writes();
            let needless: Vec<_> = writes.iter().filter_map(check::needless).collect();
            self.violations.lock().unwrap().extend(needless);
            if writes.is_empty() {
                quiet += 1;
            } else {
                (writing, quiet) = (writing + 1, 0);
            }
            if quiet == 2 {
                break;
            }
            self.bench.pass(150).await;
        }
        if quiet < 2 || writing > WRITING_TO_REST {
            let text = format!("I2: {writing} writing cycles, {quiet} quiet ones at the end");
            self.violations.lock().unwrap().push(text);
        }
    }

    async fn cycle_whole(&mut self) {
        let crashes = std::mem::replace(&mut self.crashes, false);
        self.cycle().await;
        self.crashes = crashes;
    }
}

fn fate(random: &mut Rng, harm: u32, sent: &Sent) -> Fate {
    if random.u32(..100) >= harm {
        return Fate::Pass;
    }
    match random.u8(..4) {
        0 => Fate::Lost,
        1 => Fate::Swallowed,
        2 if !sent.writes.is_empty() => Fate::Late(Duration::from_secs(random.u64(1..100))),
        _ => Fate::Refused,
    }
}

fn line(at: u128, sent: &Sent, fate: Fate) -> String {
    let mut line = format!("{at:>9} {} {}", sent.side, sent.path);
    if fate != Fate::Pass {
        line += &format!(" {fate:?}");
    }
    for write in &sent.writes {
        let fields = serde_json::to_string(&write.fields).unwrap();
        line += &format!("\n            {} {} {fields}", write.what, write.key);
    }
    line
}

/// A future that is dropped after so many polls, at whatever point it then waits.
struct CrashAfter<F> {
    polls: u64,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for CrashAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        let polled = self.future.as_mut().poll(context).map(Some);
        if polled.is_pending() && self.polls == 0 {
            return Poll::Ready(None);
        }
        polled
    }
}
