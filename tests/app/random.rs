//! Random keys: nothing panics, Esc leads back to a pane, and no bulk write leaves without an answer.

use proptest::prelude::*;
use syncdeck::app::{Code, Command, Effect, Event, Key, Overlay};

use super::desk::Desk;
use super::fake::{halted, idle, writing};

fn key() -> impl Strategy<Value = Key> {
    let special = prop::sample::select(vec![
        Code::Enter,
        Code::Esc,
        Code::Tab,
        Code::BackTab,
        Code::Backspace,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::PageUp,
        Code::PageDown,
        Code::Home,
        Code::End,
        Code::F(1),
    ]);
    let letters = prop::sample::select(
        "1234adefjkmnpqrsuyzASGN/:?[] 李\u{202e}"
            .chars()
            .collect::<Vec<_>>(),
    );
    prop_oneof![
        2 => special.prop_map(Key::plain),
        4 => letters.prop_map(Key::char),
        1 => prop::sample::select(vec!['a', 'c', 'l', 'p', 't', 'u', 'z'])
            .prop_map(|letter| Key { code: Code::Char(letter), ctrl: true }),
    ]
}

fn must_be_asked(command: &Command) -> bool {
    matches!(
        command,
        Command::Approve { .. } | Command::SetDirection { .. } | Command::SetPolicy { .. }
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_keys_keep_the_promises(keys in prop::collection::vec(key(), 1..60), start in 0..3usize) {
        let snapshot = [writing(), idle(), halted()][start].clone();
        let mut desk = Desk::new(80, 24, snapshot);
        for key in keys {
            let asked = matches!(desk.state.overlays.last(), Some(Overlay::Dialog(_)));
            let seen = desk.effects.len();
            desk.wait(400);
            desk.event(Event::Key(key));
            let sent: Vec<&Command> = desk.effects[seen..].iter().filter_map(|effect| match effect {
                Effect::Send(_, command) => Some(command),
                _ => None,
            }).collect();
            prop_assert!(asked || sent.len() <= 1, "{} commands without a question", sent.len());
            prop_assert!(asked || !sent.into_iter().any(must_be_asked));
            let pane = &desk.state.panes.conflicts;
            prop_assert!(pane.rows.is_empty() || pane.selected().is_some() || !pane.load.ever());
        }
        for _ in 0..10 {
            desk.press("esc");
        }
        prop_assert!(desk.state.overlays.is_empty());
    }
}
