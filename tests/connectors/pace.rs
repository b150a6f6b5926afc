//! The limiter never lets more through than a vendor allows, whoever asks, in paused time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use syncdeck::connectors::{Errand, Pace, PaceOptions, Purpose};
use tokio::time::Instant;

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

fn options(limit: u32, seconds: u64, concurrency: usize) -> PaceOptions {
    PaceOptions {
        windows: vec![(limit, Duration::from_secs(seconds))],
        concurrency,
        engaged: true,
    }
}

/// Starts `calls` callers, each after its own delay and each busy for its own time; returns the
/// sorted starts.
async fn starts(pace: &Pace, calls: &[(u64, u64)]) -> Vec<Instant> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = calls
        .iter()
        .map(|&(delay, busy)| {
            let (pace, seen) = (pace.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                let _permit = pace.enter().await;
                seen.lock().unwrap().push(Instant::now());
                tokio::time::sleep(Duration::from_millis(busy)).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut starts = seen.lock().unwrap().clone();
    starts.sort();
    starts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_window_ever_holds_more_starts_than_its_limit(
        limit in 1u32..8,
        concurrency in 1usize..12,
        calls in prop::collection::vec((0u64..30_000, 0u64..4_000), 1..60),
        late in any::<bool>(),
    ) {
        let window = Duration::from_secs(5);
        paused().block_on(async {
            let pace = Pace::new(PaceOptions { engaged: !late, ..options(limit, 5, concurrency) });
            if late {
                pace.engage();
            }
            let starts = starts(&pace, &calls).await;
            assert_eq!(starts.len(), calls.len(), "nobody is forgotten");
            for pair in starts.windows(limit as usize + 1) {
                assert!(pair[limit as usize] - pair[0] >= window, "{pair:?}");
            }
            assert_eq!(pace.in_flight(), 0);
            assert_eq!(pace.started(), calls.len() as u64);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_window_opens_the_moment_its_oldest_start_leaves() {
    let pace = Pace::new(options(3, 10, 100));
    let begun = Instant::now();
    let starts = starts(
        &pace,
        &[(0, 0), (1_000, 0), (2_000, 0), (3_000, 0), (3_000, 0)],
    )
    .await;
    let at: Vec<_> = starts.iter().map(|s| (*s - begun).as_millis()).collect();
    assert_eq!(at, [0, 1_000, 2_000, 10_000, 11_000]);
    assert_eq!(pace.used(0), 3, "2.0 s has left at 12.0 s, not at 11.0 s");
}

#[tokio::test(start_paused = true)]
async fn never_more_in_flight_than_allowed() {
    let pace = Pace::new(options(1_000, 1, 4));
    let begun = Instant::now();
    let starts = starts(&pace, &[(0, 1_000); 10]).await;
    let at: Vec<_> = starts.iter().map(|s| (*s - begun).as_secs()).collect();
    assert_eq!(at, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody_and_is_told() {
    let pace = Pace::new(PaceOptions {
        engaged: false,
        ..options(1, 1_000, 8)
    });
    assert_eq!(pace.waiting_until(), None);
    pace.pause(Duration::from_secs(24));
    pace.pause(Duration::from_secs(5));
    let begun = Instant::now();
    assert_eq!(pace.waiting_until(), Some(begun + Duration::from_secs(24)));
    let starts = starts(&pace, &[(0, 0), (10_000, 0), (30_000, 0)]).await;
    let at: Vec<_> = starts.iter().map(|s| (*s - begun).as_secs()).collect();
    assert_eq!(at, [24, 24, 30]);
    assert_eq!(pace.waiting_until(), None);
}

#[tokio::test(start_paused = true)]
async fn windows_hold_from_engage_on_and_earlier_starts_count() {
    let pace = Pace::new(PaceOptions {
        engaged: false,
        ..options(2, 10, 8)
    });
    let begun = Instant::now();
    assert_eq!(starts(&pace, &[(0, 0); 5]).await.last(), Some(&begun));
    pace.engage();
    assert_eq!(
        pace.waiting_until(),
        None,
        "the window is full, but nobody waits"
    );
    let waiting = tokio::spawn({
        let pace = pace.clone();
        async move { drop(pace.enter().await) }
    });
    tokio::task::yield_now().await;
    assert_eq!(pace.waiting_until(), Some(begun + Duration::from_secs(10)));
    waiting.await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_caller_takes_no_place() {
    let pace = Pace::new(options(10, 1, 1));
    let held = pace.enter().await;
    let cancelled = tokio::time::timeout(Duration::from_secs(1), pace.enter()).await;
    assert!(cancelled.is_err());
    drop(held);
    let _next = pace.enter().await;
    assert_eq!(pace.started(), 2);
    assert_eq!(pace.in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn background_work_leaves_the_reserve_of_a_window_and_stands_in_nobodys_way() {
    let pace = Pace::new(options(10, 20, 100)).keeping(0.3);
    let begun = Instant::now();
    let background = || async {
        let enter = Errand::general(Purpose::Background).run(pace.enter());
        drop(enter.await);
        (Instant::now() - begun).as_secs()
    };
    let asked = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut at = Vec::new();
        for _call in 0..3 {
            drop(pace.enter().await);
            at.push((Instant::now() - begun).as_secs());
        }
        at
    };
    let (copied, asked) = tokio::join!(
        futures_util::future::join_all((0..9).map(|_| background())),
        asked
    );
    assert_eq!(copied, [0, 0, 0, 0, 0, 0, 0, 20, 20]);
    assert_eq!(asked, [1, 1, 1], "nobody waits behind background work");
}
