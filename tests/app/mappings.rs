//! Mappings: one entity at a time, read-only.

use syncdeck::app::{Effect, Event};

use super::desk::Desk;
use super::fake::idle;

#[test]
fn arrows_switch_between_entities() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("3");
    let shown = |desk: &Desk| {
        desk.state
            .panes
            .mappings
            .view
            .as_ref()
            .map(|view| view.entity.to_string())
    };
    assert_eq!(shown(&desk).as_deref(), Some("lead"));
    desk.press("right");
    assert_eq!(shown(&desk).as_deref(), Some("contact"));
    desk.press("right left");
    assert_eq!(shown(&desk).as_deref(), Some("contact"));
}

#[test]
fn the_filter_finds_fields_of_either_side_by_name_or_type() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("3 /").type_text("telephone");
    assert_eq!(desk.state.panes.mappings.rows().len(), 1);
    desk.press("ctrl-u").type_text("boolean");
    assert_eq!(desk.state.panes.mappings.rows()[0].field, "unsubscribed");
    desk.press("esc");
    assert_eq!(desk.state.panes.mappings.rows().len(), 11);
}

#[test]
fn no_key_of_the_pane_sends_a_command() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("3 down enter space e E left right d m u S z");
    let sends = desk
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Send(..)));
    assert!(!sends);
}

#[test]
fn an_entity_that_appears_later_is_shown_then() {
    let mut desk = Desk::new(80, 24, syncdeck::app::Snapshot::default());
    desk.press("3");
    assert!(desk.state.panes.mappings.view.is_none());
    desk.event(Event::Engine(idle().into()));
    assert!(desk.state.panes.mappings.view.is_some());
}
