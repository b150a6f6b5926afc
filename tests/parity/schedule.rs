//! When cycles run.

use chrono::TimeDelta;
use syncdeck::engine::Engine;

use crate::engine::harness::Bench;

/// 1. The next cycle starts 300 s after the previous one has finished.
#[tokio::test(start_paused = true)]
async fn a_cycle_starts_300_seconds_after_the_previous_one_finished() {
    let bench = Bench::empty();
    bench.somebody("Ada");
    let engine = Engine::start(bench.parts());
    bench.pass(1_000).await;
    engine.stop().await.unwrap();
    let mut cycles = bench.store.read_blocking(|r| r.cycles(None, 10)).unwrap();
    cycles.sort_by_key(|cycle| cycle.began);
    assert!(cycles.len() >= 3, "{cycles:?}");
    for pair in cycles.windows(2) {
        let pause = pair[1].began - pair[0].ended.unwrap();
        assert_eq!(pause, TimeDelta::seconds(300));
    }
}
