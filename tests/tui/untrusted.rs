//! Text from the vendors is harmless on screen.

use chrono::{DateTime, Utc};
use syncdeck::app::{Event, News, NewsKind};
use syncdeck::model::Value;
use syncdeck::tui::clean;

use super::{picture, rows};
use crate::app::desk::Desk;
use crate::app::fake::{idle, noon, writing};

const EVIL: &str =
    "a\x1b[2J\x07b\u{202e}evil\u{202c}\u{200b}\u{feff}\nline\u{9b}31m\ttab 👩\u{200d}👩\u{fe0f}";

#[test]
fn cleaning_keeps_plain_text_and_takes_out_what_steers_a_terminal() {
    assert_eq!(clean("Zoë 李伟 +1 555"), "Zoë 李伟 +1 555");
    assert_eq!(clean("a\x1b[2Jb"), "a [2Jb");
    assert_eq!(clean("a\u{202e}b\u{200b}c"), "abc");
    assert_eq!(clean("two\nlines\tand a tab"), "two lines and a tab");
}

#[test]
fn hostile_values_never_reach_a_cell() {
    for keys in [
        "1",
        "2",
        "2 enter",
        "2 e",
        "2 ctrl-a d",
        "3",
        "3 down",
        "4",
        "?",
    ] {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let mut snapshot = idle();
            snapshot.profile = EVIL.to_owned();
            snapshot.reason = Some(EVIL.to_owned());
            let mut desk = Desk::new(width, height, snapshot);
            for row in &mut desk.rows {
                row.label = EVIL.to_owned();
                row.note = EVIL.to_owned();
                row.field = EVIL.to_owned();
                row.dynamics = Value::text(EVIL);
                row.marketo = Value::text(EVIL.repeat(40));
            }
            desk.event(Event::News(News {
                at: noon(),
                kind: NewsKind::Trouble,
                entity: None,
                conflict: None,
                text: EVIL.to_owned(),
            }));
            desk.press(keys);
            for row in rows(&picture(&desk.state)) {
                assert_eq!(clean(&row), row);
            }
        }
    }
}

#[test]
fn cut_text_shows_that_it_is_cut() {
    let mut desk = Desk::new(80, 24, idle());
    desk.rows[0].label = "x".repeat(300);
    desk.press("2");
    let text = rows(&picture(&desk.state)).join("\n");
    assert!(text.contains("xxx…"), "{text}");
}

#[test]
fn absurd_numbers_break_nothing() {
    let mut snapshot = writing();
    snapshot.throughput = vec![u32::MAX; 600];
    snapshot.done = u64::MAX;
    snapshot.next_cycle = Some(DateTime::<Utc>::MAX_UTC);
    snapshot.cycle_began = Some(DateTime::<Utc>::MIN_UTC);
    for quota in &mut snapshot.quotas {
        (quota.used, quota.budget, quota.limit) = (u64::MAX, u64::MAX / 2, 0);
    }
    for row in &mut snapshot.entities {
        (row.done, row.backlog, row.links) = (u64::MAX, u64::MAX, u64::MAX);
        row.rate_per_minute = f64::NAN;
        row.oldest_pending = Some(DateTime::<Utc>::MAX_UTC);
    }
    for keys in ["1", "2", "3", "4"] {
        let mut desk = Desk::new(120, 40, snapshot.clone());
        desk.press(keys);
        assert!(rows(&picture(&desk.state)).join("\n").contains("SANDBOX"));
    }
}
