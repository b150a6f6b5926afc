//! The end of a life: faults and people stop, and the engine must come to rest.

use std::sync::atomic::Ordering;

use syncdeck::engine;
use syncdeck::model::{Direction, Policy, RecordKey};

use super::check;
use super::life::{ENTITIES, Life};

/// Cycles a life may need to come to rest.
const CYCLES_TO_REST: usize = 12;
/// Of them, those that may write.
const WRITING_TO_REST: usize = 4;

impl Life {
    /// Whether a row without a person is to be looked at again, though nothing has failed: its other half was at work.
    async fn somebody_is_put_off(&self) -> bool {
        let failures = self.bench.failures();
        for entity in ENTITIES {
            for row in self.bench.rows(entity.name()).await {
                let key = RecordKey::Dynamics(row);
                let dirty = self.bench.store.read_blocking(|r| r.dirty(&entity, key));
                let failed = failures.iter().any(|one| one.dynamics_id == Some(row));
                if dirty.unwrap().is_some() && self.bench.link(row).is_none() && !failed {
                    return true;
                }
            }
        }
        false
    }

    /// Faults and people stop; the engine must come to rest.
    pub async fn rest(&mut self) {
        self.say("rest");
        self.hook(0, 0);
        self.bench.world.faults.set("").unwrap();
        let store = self.bench.store.clone();
        store
            .transaction_blocking(|tx| tx.set_paused(false))
            .unwrap();
        for number in 0..2 {
            let direction = self.directions.lock().unwrap()[number];
            if direction != Direction::Both {
                self.set(number, Direction::Both, Policy::Ask);
            }
        }
        self.repeal();
        self.add_what_was_wished().await;
        self.resting = true;
        while !self.approved.load(Ordering::Relaxed) && !self.told().endless {
            self.cycle(false).await;
        }
        let settled = self.weather.settled_after();
        self.bench.pass(settled).await;
        let (mut writing, mut quiet) = (0, 0);
        for _ in 0..CYCLES_TO_REST {
            let now = self.bench.clock.now();
            store
                .transaction_blocking(|tx| engine::retry(tx, None, now))
                .unwrap();
            self.bench.wire.take();
            self.cycle(false).await;
            let writes = self.bench.wire.take_writes();
            let found: Vec<_> = writes.iter().filter_map(check::needless).collect();
            self.broken(found);
            // What is refused whenever it is tried is told as a failure, and waits longer and longer where nobody insists.
            let refused = self.wrote == 0 && !self.bench.failures().is_empty();
            if self.halted && writes.is_empty() {
                quiet = 0;
            } else if writes.is_empty() || refused {
                quiet += 1;
            } else {
                self.broken(check::not_in_journal(&self.bench, &writes));
                (writing, quiet) = (writing + 1, 0);
            }
            if quiet >= 2 && !self.somebody_is_put_off().await {
                break;
            }
            self.bench.pass(settled).await;
        }
        // Whoever belongs to another record waits for it.
        let waits = if self.crowd().trade.is_some() { 2 } else { 0 };
        if quiet < 2 || writing > WRITING_TO_REST + waits {
            let text = format!("I2: {writing} writing cycles, {quiet} quiet ones at the end");
            self.broken([text]);
        }
    }
}
