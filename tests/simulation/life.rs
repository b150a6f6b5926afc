//! One life: a world, a crowd, an engine that is run, paused, reconfigured and killed, all from one seed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use fastrand::Rng;
use syncdeck::config::{FirstCopy, LimitMode};
use syncdeck::engine;
use syncdeck::model::{CycleOutcome, Direction, Entity, Policy};
use syncdeck::sandbox::Limits;
use uuid::Uuid;

use super::check;
use super::crowd::Crowd;
use super::doom::{Doom, Moment, Mortal, SharedDoom, lock};
use super::lost;
use super::trade::Trade;
use super::weather::{Weather, fate, line};
use crate::engine::harness::wire::{Fate, Schema, Sent, is_record};
use crate::engine::harness::{Bench, Fields, written};

/// A cycle that makes so many calls, or takes so long, has no end.
const CALLS_A_CYCLE: u64 = 4000;
const LONGEST_CYCLE: Duration = Duration::from_secs(24 * 3600);

/// How a life went.
#[derive(Default)]
pub struct Lived {
    pub violations: Vec<String>,
    /// A cycle had no end: nothing that follows means anything.
    pub endless: bool,
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
        let told_of = life.told();
        if told {
            for line in &told_of.trace {
                eprintln!("{line}");
            }
        }
        Lived {
            violations: told_of.violations.clone(),
            endless: told_of.endless,
            trace: told_of.trace.clone(),
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
            let bench = Bench::whole(0, 1);
            bench.cycle().await;
            Arc::new(bench.wire.schema())
        })
    };
    let learnt = || std::thread::spawn(learn).join().unwrap();
    Arc::clone(SCHEMA.get_or_init(learnt))
}

pub struct Life {
    pub bench: Bench,
    crowd: Arc<Mutex<Crowd>>,
    pub random: Rng,
    pub told: Arc<Mutex<Lived>>,
    pub directions: Arc<Mutex<[Direction; 2]>>,
    pub weather: Weather,
    /// Where cycles are killed, its doom.
    doom: Option<SharedDoom>,
    pub admin: bool,
    /// The admin also sets filters, pauses and delete policies, and takes back what was done.
    legislates: bool,
    /// The admin has people of Marketo created in Dynamics.
    commissions: bool,
    /// Calls of the cycle that runs.
    pub calls: Arc<AtomicU64>,
    /// The last cycle was halted: the admin has approved a plan, or will.
    pub halted: bool,
    /// Records the last cycle wrote.
    pub wrote: u64,
    /// The plan of the first copy was approved, or needs no approval.
    pub approved: Arc<AtomicBool>,
    /// Everybody has stopped; the admin approves whatever waits.
    pub resting: bool,
    started: tokio::time::Instant,
}

/// Set one draw each apart from all others.
const LAW: u64 = 0x5eed;
const COMMISSION: u64 = 0xc0de;

pub const ENTITIES: [Entity; 2] = [Entity::LEAD, Entity::CONTACT];

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let weather = Weather::new(&mut random);
        let mut bench = Bench::chosen(seed, &|options| {
            options.activity_lag = Duration::from_secs(weather.lag);
            if weather.limits {
                options.limits = Limits::Real;
            }
        });
        let asks = random.u8(..8) == 0;
        if asks {
            bench.sync.first_copy = FirstCopy::Ask;
        }
        if weather.limits {
            bench.sync.limits = LimitMode::Real;
        }
        bench.wire.know_schema(schema());
        let mut crowd = Crowd::new(Arc::clone(&bench.world), random.fork());
        crowd.trade = Trade::of(seed, &bench.world);
        let commissions = Rng::with_seed(seed ^ COMMISSION).u8(..3) == 0;
        crowd.has_surnames = commissions;
        if crowd.trade.is_some() {
            let others = engine::ENTITIES.into_iter().filter(|one| !one.is_person());
            others.for_each(|entity| bench.begin(entity));
        }
        let dies = random.bool();
        let doom = Doom::new(seed, random.fork());
        Self {
            crowd: Arc::new(Mutex::new(crowd)),
            directions: Arc::new(Mutex::new([Direction::Both; 2])),
            told: Arc::default(),
            doom: dies.then_some(doom),
            admin: random.u8(..3) > 0,
            // Of its own, so that all other lives stay what they are.
            legislates: Rng::with_seed(seed ^ LAW).u8(..3) == 0,
            commissions,
            wrote: 0,
            halted: false,
            calls: Arc::default(),
            approved: Arc::new(AtomicBool::new(!asks)),
            started: tokio::time::Instant::now(),
            resting: false,
            weather,
            bench,
            random,
        }
    }

    pub fn crowd(&self) -> MutexGuard<'_, Crowd> {
        self.crowd.lock().unwrap()
    }

    pub fn told(&self) -> MutexGuard<'_, Lived> {
        self.told.lock().unwrap()
    }

    pub fn say(&self, text: impl std::fmt::Display) {
        let at = self.started.elapsed().as_millis();
        let news = std::mem::take(&mut self.crowd().news);
        let mut told = self.told();
        let news = news.iter().map(|text| format!("{at:>9}   {text}"));
        told.trace.extend(news);
        told.trace.push(format!("{at:>9} {text}"));
    }

    pub fn broken(&self, found: impl IntoIterator<Item = String>) {
        self.told().violations.extend(found);
    }

    async fn run(&mut self) {
        self.crowd().settle_in();
        let habits = self.crowd().habits;
        self.say(format!("{habits:?}"));
        let doom = self.doom.as_ref().map(|doom| lock(doom).told());
        let Weather {
            dial,
            harm,
            busy,
            lag,
            limits,
            ways,
        } = &self.weather;
        let weather =
            format!("harm {harm} of {ways:?} busy {busy} lag {lag} limits {limits} dial {dial}");
        self.say(format!("{weather}, dies {doom:?}"));
        self.bench.world.faults.set(dial).unwrap();
        self.hook(self.weather.harm, self.weather.busy);
        for _ in 0..self.random.usize(2..7) {
            self.between().await;
            self.cycle(true).await;
        }
        self.rest().await;
        if self.told().endless {
            return;
        }
        let made = self.crowd().made.clone();
        let found = check::check(&self.bench, &made).await;
        self.broken(found);
        let rows = self.everybody().await;
        self.crowd().look_round(&rows);
        let found = check::made_twice(&self.bench, &self.crowd().found);
        self.broken(found);
        let trade = self.crowd().trade.take();
        if let Some(trade) = trade {
            self.broken(trade.check(&self.bench).await);
        }
        let found = lost::check(&self.bench, &self.crowd());
        self.broken(found);
        let limited = self.bench.wire.take_limited();
        if self.weather.limits && self.doom.is_none() && !self.weather.limits_are_dialled() {
            self.broken(
                limited
                    .into_iter()
                    .map(|call| format!("I8: limited: {call}")),
            );
        }
    }

    /// Puts this life's faults and the crowd's bad timing on the wire.
    pub fn hook(&mut self, harm: u32, busy: u32) {
        let mut random = self.random.fork();
        let (crowd, directions) = (Arc::clone(&self.crowd), Arc::clone(&self.directions));
        let (told, approved) = (Arc::clone(&self.told), Arc::clone(&self.approved));
        let (started, doom) = (self.started, self.doom.clone());
        let (calls, ways) = (Arc::clone(&self.calls), self.weather.ways.clone());
        self.bench.wire.before(move |sent: &Sent| {
            if calls.fetch_add(1, Ordering::Relaxed) > CALLS_A_CYCLE {
                return Fate::Hang;
            }
            let mut crowd = crowd.lock().unwrap();
            if random.u32(..100) < busy {
                crowd.act();
            }
            let mut fate = fate(&mut random, (harm, &ways), sent);
            if doom
                .as_ref()
                .is_some_and(|doom| lock(doom).passes(Moment::Call))
            {
                fate = Fate::Hang;
            }
            crowd.sees(sent);
            let at = started.elapsed().as_millis();
            let mut told = told.lock().unwrap();
            let news = std::mem::take(&mut crowd.news);
            told.trace
                .extend(news.iter().map(|text| format!("{at:>9}   {text}")));
            told.trace.push(format!("{at:>9} {}", line(sent, fate)));
            let found = check::forbidden(&crowd.world, sent, *directions.lock().unwrap());
            told.violations.extend(found);
            if !approved.load(Ordering::Relaxed) && sent.writes.iter().any(is_record) {
                told.violations.push(format!("I13: not approved: {sent:?}"));
            }
            fate
        });
        let (crowd, doom) = (Arc::clone(&self.crowd), self.doom.clone());
        let mut random = self.random.fork();
        self.bench.wire.after(move |_| {
            if random.u32(..100) < busy {
                crowd.lock().unwrap().act();
            }
            if doom
                .as_ref()
                .is_some_and(|doom| lock(doom).passes(Moment::Answer))
            {
                return Fate::Hang;
            }
            Fate::Pass
        });
    }

    /// Every lead and contact there is.
    pub async fn everybody(&self) -> Vec<(&'static str, Uuid)> {
        let mut rows = Vec::new();
        for table in ["lead", "contact"] {
            let there = self.bench.rows(table).await;
            rows.extend(there.into_iter().map(|row| (table, row)));
        }
        rows
    }

    /// The leads and contacts that people are stamped with.
    fn stamped(&self) -> Vec<(&'static str, Uuid)> {
        let row = |(_, person): (i64, Fields)| -> Option<Uuid> {
            person.get("syncdeckDynamicsId")?.as_str()?.parse().ok()
        };
        let rows = self.bench.people().into_iter().filter_map(row);
        let table = |row| {
            let of = |table: &&str| self.bench.world.dynamics.row(table, row).is_some();
            Some((["lead", "contact"].into_iter().find(of)?, row))
        };
        rows.filter_map(table).collect()
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
        if self.legislates && self.random.bool() {
            self.legislate();
        }
        if self.commissions {
            if self.random.bool() {
                self.commission();
            }
            let rows = self.stamped();
            self.crowd().look_round(&rows);
        }
        self.widen().await;
        // Now and then long enough for every token to expire.
        let wait = [1, 5, 60, 300, 60, 5, 1, 4000][self.random.usize(..8)];
        self.bench.pass(wait).await;
    }

    /// One cycle, which may be killed where this life's cycles are.
    pub async fn cycle(&mut self, may_die: bool) {
        if self.told().endless {
            return;
        }
        let parts = self.bench.parts();
        self.calls.store(0, Ordering::Relaxed);
        let cycle = tokio::time::timeout(LONGEST_CYCLE, engine::one_cycle(parts, None));
        let ended = match self.doom.clone().filter(|_| may_die) {
            Some(doom) => {
                let store = self.bench.store.clone();
                let cycle = Box::pin(cycle);
                Mortal { doom, store, cycle }.await
            }
            None => Some(cycle.await),
        };
        let Ok(ended) = ended.transpose() else {
            let calls = self.calls.load(Ordering::Relaxed);
            self.broken([format!("I2: a cycle had no end, after {calls} calls")]);
            self.told().endless = true;
            return;
        };
        match ended {
            None => {
                self.say("killed");
                self.bench.restart();
                self.broken(check::after_a_kill(&self.bench));
            }
            Some(Ok(report)) => {
                let (outcome, reason) = (report.outcome, report.reason.as_deref());
                self.wrote = written(&report);
                self.say(format!("cycle {outcome:?} {} {reason:?}", written(&report)));
                self.halted = outcome == CycleOutcome::Halted;
                if self.halted {
                    self.halted(reason.unwrap_or_default());
                }
            }
            Some(Err(error)) => self.broken([format!("a cycle ended with {error}")]),
        }
    }

    /// A plan waits; the admin approves it now or later.
    fn halted(&mut self, reason: &str) {
        let plan = reason.split("approve the plan '").nth(1);
        let plan = plan.and_then(|rest| rest.split('\'').next());
        let approves = self.random.bool() || self.resting;
        let Some(plan) = plan.filter(|_| approves).map(str::to_owned) else {
            return;
        };
        self.say(format!("approves {plan}"));
        // Our fields in Marketo are not records.
        if plan.starts_with("first-copy") {
            self.approved.store(true, Ordering::Relaxed);
        }
        self.bench
            .store
            .transaction_blocking(|tx| tx.set_approved_plan(Some(&plan)))
            .unwrap();
    }

    pub fn set(&self, number: usize, direction: Direction, policy: Policy) {
        self.say(format!("{} {direction} {policy}", ENTITIES[number]));
        self.directions.lock().unwrap()[number] = direction;
        self.bench.set(ENTITIES[number].clone(), direction, policy);
    }
}
