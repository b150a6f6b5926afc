//! Leaving: at once when nothing is written, after a question when a batch is.

use syncdeck::app::{Effect, Event, Overlay, QuitMode};

use super::desk::Desk;
use super::fake::{idle, writing};

fn quits(desk: &Desk) -> Vec<QuitMode> {
    let quits = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Quit(mode) => Some(*mode),
        _ => None,
    });
    quits.collect()
}

#[test]
fn an_idle_console_quits_at_once() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("q");
    assert_eq!(quits(&desk), [QuitMode::Finish]);
}

#[test]
fn while_a_batch_is_written_the_default_is_to_finish_it() {
    let mut desk = Desk::new(80, 24, writing());
    desk.press("q");
    assert_eq!(quits(&desk), []);
    desk.press("down enter");
    assert_eq!(quits(&desk), [], "stay");
    desk.press("q enter");
    assert_eq!(quits(&desk), [QuitMode::Finish]);
}

#[test]
fn an_attached_console_never_asks_about_another_engines_batch() {
    let mut snapshot = writing();
    snapshot.attached_to = Some("pid 12 on sync-host".to_owned());
    let mut desk = Desk::new(80, 24, snapshot);
    desk.press("q");
    assert_eq!(quits(&desk), [QuitMode::Finish]);
}

#[test]
fn ctrl_c_asks_first_and_stops_the_second_time() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("ctrl-c");
    assert_eq!(quits(&desk), []);
    assert!(matches!(
        desk.state.overlays.last(),
        Some(Overlay::Dialog(_))
    ));
    desk.press("ctrl-c");
    assert_eq!(quits(&desk), [QuitMode::Stop]);
}

#[test]
fn ctrl_c_cancels_what_is_typed() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("2 e ctrl-c");
    assert!(desk.state.overlays.is_empty());
    assert_eq!(quits(&desk), []);
}

#[test]
fn a_signal_quits_without_a_question() {
    let mut desk = Desk::new(80, 24, writing());
    desk.event(Event::Quit);
    assert_eq!(quits(&desk), [QuitMode::Stop]);
}

#[test]
fn suspending_waits_for_the_batch() {
    let mut desk = Desk::new(80, 24, writing());
    desk.press("ctrl-z");
    assert!(!desk.effects.contains(&Effect::Suspend));
    desk.event(Event::Engine(idle().into()));
    desk.press("ctrl-z");
    assert!(desk.effects.contains(&Effect::Suspend));
}
