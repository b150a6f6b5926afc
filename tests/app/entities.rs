//! Entities: settings are a draft until they are reviewed and applied.

use syncdeck::app::{Command, Effect, Event};
use syncdeck::model::{Direction, Entity, Policy};

use super::desk::Desk;
use super::fake::idle;

fn sent(desk: &Desk) -> Vec<Command> {
    let sent = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Send(_, command) => Some(command.clone()),
        _ => None,
    });
    sent.collect()
}

#[test]
fn nothing_is_sent_before_the_review_is_confirmed() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("4 space right space S");
    assert_eq!(sent(&desk), []);
    desk.press("enter");
    assert_eq!(sent(&desk), [], "the default is to keep editing");
    desk.press("S down enter");
    let (entity, direction, policy) = (Entity::LEAD, Direction::ToMarketo, Policy::Dynamics);
    let direction = Command::SetDirection {
        entity: entity.clone(),
        direction,
    };
    assert_eq!(
        sent(&desk),
        [direction, Command::SetPolicy { entity, policy }]
    );
}

#[test]
fn a_menu_offers_every_setting_with_its_meaning() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("4 enter down down down enter");
    let pane = &desk.state.panes.entities;
    assert_eq!(pane.draft.direction(&Entity::LEAD), Some(Direction::Off));
    desk.press("down right enter up enter");
    let pane = &desk.state.panes.entities;
    assert_eq!(pane.draft.policy(&Entity::CONTACT), Some(Policy::Newest));
}

#[test]
fn a_draft_back_at_what_is_in_force_is_no_draft() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("4 space space space space");
    assert!(desk.state.panes.entities.draft.is_empty());
    desk.press("space z");
    assert!(desk.state.panes.entities.draft.is_empty());
}

#[test]
fn a_draft_goes_away_once_the_engine_obeys_it() {
    let mut desk = Desk::new(80, 24, idle());
    desk.press("4 space S down enter");
    assert!(!desk.state.panes.entities.draft.is_empty());
    let mut snapshot = idle();
    snapshot.entities[0].direction = Direction::ToMarketo;
    desk.event(Event::Engine(snapshot.into()));
    assert!(desk.state.panes.entities.draft.is_empty());
}

/// As with Marketo's own connector, only people travel both ways; what travels one way has no conflicts to decide.
#[test]
fn an_entity_that_travels_one_way_is_offered_that_way_and_off() {
    let mut snapshot = idle();
    let account = &mut snapshot.entities[0];
    account.entity = Entity::ACCOUNT;
    account.direction = Direction::ToMarketo;
    account.policy = Policy::Dynamics;
    let mut desk = Desk::new(80, 24, snapshot);
    desk.press("4 space");
    let draft = |desk: &Desk| desk.state.panes.entities.draft.direction(&Entity::ACCOUNT);
    assert_eq!(draft(&desk), Some(Direction::Off));
    desk.press("space");
    assert_eq!(draft(&desk), None);
    desk.press("enter down down down enter");
    assert_eq!(draft(&desk), Some(Direction::Off));
    desk.press("right space");
    let pane = &desk.state.panes.entities;
    assert_eq!(pane.draft.policy(&Entity::ACCOUNT), None);
}
