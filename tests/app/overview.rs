//! The Overview: what needs the admin, times left, approval, pause, when time matters.

use chrono::TimeDelta;
use syncdeck::app::{Command, Effect, Event, Level, Pane, needs, seconds_left, wakes_at};
use syncdeck::model::EngineState;

use super::desk::Desk;
use super::fake::{halted, idle, noon, paused, writing};

fn sent(desk: &Desk) -> Vec<Command> {
    let sent = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Send(_, command) => Some(command.clone()),
        _ => None,
    });
    sent.collect()
}

#[test]
fn what_needs_the_admin_is_listed_most_urgent_first() {
    let needs = needs(&halted());
    let words: Vec<&str> = needs.iter().map(|need| need.key).collect();
    assert_eq!(words, ["a", "2", "R"]);
    assert_eq!(needs[0].level, Level::Must);
    assert!(
        needs[1]
            .text
            .contains("14 conflicts wait (9 lead, 5 contact)"),
        "{}",
        needs[1].text
    );
}

#[test]
fn enter_opens_the_conflicts_of_the_selected_entity() {
    let mut desk = Desk::new(120, 40, writing());
    desk.press("down enter");
    assert_eq!(desk.state.pane, Pane::Conflicts);
    let query = desk.state.panes.conflicts.query();
    assert_eq!(
        query.entity.map(|entity| entity.to_string()).as_deref(),
        Some("contact")
    );
}

#[test]
fn a_plan_is_approved_by_its_name_after_a_question() {
    let mut desk = Desk::new(80, 24, halted());
    desk.press("a");
    assert_eq!(sent(&desk), []);
    desk.press("enter a down enter");
    let plan = "first-copy-7f3a".to_owned();
    assert_eq!(sent(&desk), [Command::Approve { plan }]);
}

#[test]
fn one_key_pauses_and_resumes() {
    let mut desk = Desk::new(80, 24, writing());
    desk.press("p");
    desk.event(Event::Engine(paused().into()));
    desk.press("p");
    assert_eq!(sent(&desk), [Command::Pause, Command::Resume]);
}

#[test]
fn a_sync_is_started_only_when_none_runs() {
    let mut desk = Desk::new(80, 24, writing());
    desk.press("r");
    assert_eq!(sent(&desk), []);
    assert_eq!(
        desk.state.toasts.newest().map(|toast| toast.text.as_str()),
        Some("a cycle is running")
    );
    desk.event(Event::Engine(idle().into()));
    desk.press("r");
    assert_eq!(sent(&desk), [Command::SyncNow]);
}

#[test]
fn a_time_left_is_told_only_when_the_pace_is_known() {
    let mut desk = Desk::new(80, 24, writing());
    assert_eq!(seconds_left(&desk.state, 310, 310.0), Some(60));
    assert_eq!(seconds_left(&desk.state, 310, 0.0), None);
    let mut early = writing();
    early.cycle_began = Some(noon() - TimeDelta::seconds(2));
    desk.event(Event::Engine(early.into()));
    assert_eq!(seconds_left(&desk.state, 310, 310.0), None);
}

#[test]
fn nothing_wakes_a_console_that_is_paused_or_out_of_sight() {
    let mut desk = Desk::new(80, 24, idle());
    let wakes = wakes_at(&desk.state).unwrap();
    assert!(
        wakes - desk.state.now <= TimeDelta::seconds(1),
        "the countdown moves"
    );
    desk.event(Event::Focus(false));
    assert_eq!(wakes_at(&desk.state), None);
    desk.event(Event::Focus(true));
    desk.event(Event::Engine(paused().into()));
    assert_eq!(wakes_at(&desk.state), None);
}

#[test]
fn the_bell_rings_only_out_of_sight() {
    let mut desk = Desk::new(80, 24, idle());
    let mut more = idle();
    more.conflicts += 1;
    desk.event(Event::Engine(more.clone().into()));
    assert!(!desk.effects.contains(&Effect::Bell));
    desk.event(Event::Focus(false));
    more.conflicts += 1;
    desk.event(Event::Engine(more.clone().into()));
    assert!(desk.effects.contains(&Effect::Bell));
    desk.effects.clear();
    more.state = EngineState::Halted;
    desk.event(Event::Engine(more.into()));
    assert!(desk.effects.contains(&Effect::Bell));
}
