//! Conflicts: which keys send which decision, and which ask first.

use syncdeck::app::{Command, CommandId, Effect, Event, Loaded, Overlay, StatusFilter};
use syncdeck::model::{ConflictId, ConflictKind, ConflictStatus, Side, Take, Value};

use super::desk::Desk;
use super::fake::idle;

fn desk() -> Desk {
    let mut desk = Desk::new(120, 40, idle());
    desk.press("2");
    desk
}

fn sent(desk: &Desk) -> Vec<Command> {
    let sent = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Send(_, command) => Some(command.clone()),
        _ => None,
    });
    sent.collect()
}

fn resolve(id: i64, take: Take) -> Command {
    Command::Resolve {
        conflict: ConflictId(id),
        take,
        by: "kim".to_owned(),
    }
}

#[test]
fn one_conflict_is_decided_by_one_key() {
    let table = [
        ("left", Take::Side(Side::Dynamics)),
        ("d", Take::Side(Side::Dynamics)),
        ("right", Take::Side(Side::Marketo)),
        ("m", Take::Side(Side::Marketo)),
    ];
    for (key, take) in table {
        let mut desk = desk();
        desk.press(key);
        assert_eq!(sent(&desk), [resolve(1, take)], "{key}");
    }
}

#[test]
fn a_decision_on_its_way_cannot_be_sent_twice() {
    let mut desk = desk();
    desk.press("m m d");
    assert_eq!(sent(&desk).len(), 1);
    assert!(desk.state.sending(ConflictId(1)).is_some());
}

#[test]
fn a_typed_value_is_sent_for_both_sides() {
    let mut desk = desk();
    desk.press("e ctrl-u")
        .type_text("Lead Analyst")
        .press("enter");
    let value = Value::text("Lead Analyst");
    assert_eq!(sent(&desk), [resolve(1, Take::Value(value))]);
}

#[test]
fn which_of_two_rows_keeps_a_person_is_a_side_or_a_typed_row() {
    let of_rows = || {
        let desk = desk();
        let mut rows = desk.rows;
        rows[0].kind = ConflictKind::TwoRows;
        rows[0].field = String::new();
        let mut desk = Desk {
            rows,
            ..Desk::new(120, 40, idle())
        };
        desk.press("2");
        desk
    };
    let mut desk = of_rows();
    desk.press("m");
    assert_eq!(sent(&desk), [resolve(1, Take::Side(Side::Marketo))]);
    let mut desk = of_rows();
    desk.press("e ctrl-u").type_text("new").press("enter");
    let value = Value::text("new");
    assert_eq!(sent(&desk), [resolve(1, Take::Value(value))]);
}

#[test]
fn an_emptied_field_means_no_value() {
    let mut desk = desk();
    desk.press("e ctrl-u enter");
    assert_eq!(sent(&desk), [resolve(1, Take::Value(Value::Null))]);
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_with_the_reason() {
    let mut desk = desk();
    desk.rows[0].dynamics = Value::Integer(7);
    desk.rows[0].marketo = Value::Integer(9);
    let mut desk = Desk {
        rows: desk.rows,
        ..Desk::new(120, 40, idle())
    };
    desk.press("2 e ctrl-u").type_text("seven").press("enter");
    assert_eq!(sent(&desk), []);
    let Some(Overlay::Edit(edit)) = desk.state.overlays.last() else {
        panic!("the editor stays open");
    };
    assert!(
        edit.error
            .as_deref()
            .is_some_and(|why| why.contains("whole number"))
    );
    desk.press("ctrl-u").type_text("8").press("enter");
    assert_eq!(sent(&desk), [resolve(1, Take::Value(Value::Integer(8)))]);
}

#[test]
fn pasted_text_lands_in_a_text_field_only() {
    let mut desk = desk();
    desk.event(Event::Paste("dm\nq".to_owned()));
    assert_eq!(sent(&desk), []);
    desk.press("e ctrl-u");
    desk.event(Event::Paste("two\nlines".to_owned()));
    desk.press("enter");
    assert_eq!(
        sent(&desk),
        [resolve(1, Take::Value(Value::text("two lines")))]
    );
}

#[test]
fn marked_conflicts_are_decided_after_a_question_whose_default_is_cancel() {
    let mut desk = desk();
    desk.press("space space m");
    assert_eq!(sent(&desk), [], "nothing before the answer");
    desk.press("enter");
    assert_eq!(sent(&desk), [], "Enter takes the default: cancel");
    desk.press("m down enter");
    let take = Take::Side(Side::Marketo);
    assert_eq!(sent(&desk), [resolve(1, take.clone()), resolve(2, take)]);
}

#[test]
fn keys_typed_before_a_question_could_be_read_do_not_answer_it() {
    let mut desk = desk();
    desk.press("space space m");
    // The answer comes 200 ms after the question.
    desk.wait(200);
    for name in ["down", "enter"] {
        desk.event(Event::Key(syncdeck::app::Key::named(name).unwrap()));
    }
    assert_eq!(sent(&desk), []);
    assert_eq!(desk.state.overlays.len(), 1);
}

#[test]
fn a_resolved_conflict_can_be_taken_back_until_it_is_applied() {
    let mut desk = desk();
    desk.press("down down u");
    assert_eq!(
        desk.state.panes.conflicts.selected().map(|row| row.status),
        Some(ConflictStatus::Resolved)
    );
    assert_eq!(
        sent(&desk),
        [Command::Unresolve {
            conflict: ConflictId(3)
        }]
    );
    let mut desk = self::desk();
    desk.press("s s s u");
    assert_eq!(desk.state.panes.conflicts.status, StatusFilter::Applied);
    assert_eq!(sent(&desk), [], "an applied one cannot");
}

#[test]
fn statuses_filter_text_and_field_narrow_the_list() {
    let mut desk = desk();
    assert_eq!(desk.state.panes.conflicts.total, 12);
    desk.press("s");
    assert_eq!(desk.state.panes.conflicts.total, 10, "only pending ones");
    desk.press("s s s s s /")
        .type_text("entity:contact ana")
        .press("enter");
    let query = desk.state.panes.conflicts.query();
    assert_eq!(query.text, "ana");
    assert_eq!(
        query.entity.map(|entity| entity.to_string()).as_deref(),
        Some("contact")
    );
    desk.press("esc f down enter");
    assert_eq!(
        desk.state.panes.conflicts.query().field.as_deref(),
        Some("job_title")
    );
    desk.press("esc");
    assert!(!desk.state.panes.conflicts.is_narrowed());
}

#[test]
fn the_cursor_stays_on_its_conflict_when_rows_come_and_go() {
    let mut desk = desk();
    desk.press("down down down");
    let before = desk.state.panes.conflicts.selected().map(|row| row.id);
    desk.rows.remove(0);
    let mut snapshot = idle();
    snapshot.revision += 1;
    desk.wait(1_000).event(Event::Engine(snapshot.into()));
    let pane = &desk.state.panes.conflicts;
    assert_eq!(pane.rows.len(), 11);
    assert_eq!(pane.selected().map(|row| row.id), before);
}

#[test]
fn a_late_answer_to_an_earlier_question_is_dropped() {
    let mut desk = desk();
    let query = |desk: &mut Desk, key: &str| {
        let key = syncdeck::app::Key::named(key).unwrap();
        let effects = syncdeck::app::update(&mut desk.state, Event::Key(key));
        effects.into_iter().find_map(|effect| match effect {
            Effect::Query(id, _) => Some(id),
            _ => None,
        })
    };
    let (first, second) = (
        query(&mut desk, "s").unwrap(),
        query(&mut desk, "s").unwrap(),
    );
    let (rows, total) = (Vec::new(), 0);
    desk.event(Event::Loaded(first, Loaded::Conflicts { rows, total }));
    assert_eq!(desk.state.panes.conflicts.total, 12);
    let (rows, total) = (Vec::new(), 0);
    desk.event(Event::Loaded(second, Loaded::Conflicts { rows, total }));
    assert_eq!(desk.state.panes.conflicts.total, 0);
}

#[test]
fn the_list_reads_on_when_the_cursor_comes_near_its_end() {
    let mut desk = Desk::new(120, 40, idle());
    desk.rows = super::fake::conflicts(900);
    desk.press("2");
    assert_eq!(desk.state.panes.conflicts.rows.len(), 200);
    desk.press("end");
    assert_eq!(desk.state.panes.conflicts.rows.len(), 400);
    let ids: Vec<_> = desk
        .state
        .panes
        .conflicts
        .rows
        .iter()
        .map(|row| row.id)
        .collect();
    assert!(ids.is_sorted());
}

#[test]
fn the_engines_news_reload_the_list_at_most_twice_a_second() {
    let mut desk = desk();
    desk.wait(1_000);
    let mut asked = 0;
    for revision in 2..50 {
        let mut snapshot = idle();
        snapshot.revision = revision;
        let event = Event::Engine(snapshot.into());
        let effects = syncdeck::app::update(&mut desk.state, event);
        for effect in effects {
            if let Effect::Query(id, query) = effect {
                asked += 1;
                let loaded = super::desk::answer(&query, &desk.rows);
                desk.event(Event::Loaded(id, loaded));
            }
        }
        desk.wait(10);
    }
    assert!(asked <= 2, "{asked} questions in half a second");
    assert!(
        syncdeck::app::wakes_at(&desk.state).is_some(),
        "the last news are not forgotten"
    );
}

#[test]
fn a_refused_decision_says_why_and_can_be_made_again() {
    let mut desk = desk();
    desk.press("m");
    let id = sent_id(&desk);
    desk.event(Event::Done(id, Err("a side moved again".to_owned())));
    let toast = desk.state.toasts.newest().unwrap();
    assert!(toast.text.contains("a side moved again"), "{}", toast.text);
    desk.press("m");
    assert_eq!(sent(&desk).len(), 2);
}

fn sent_id(desk: &Desk) -> CommandId {
    let id = desk.effects.iter().find_map(|effect| match effect {
        Effect::Send(id, _) => Some(*id),
        _ => None,
    });
    id.unwrap()
}

#[test]
fn next_and_previous_go_to_conflicts_that_wait_for_a_decision() {
    let mut desk = desk();
    desk.press("] ]");
    let selected = desk.state.panes.conflicts.selected().unwrap();
    assert_eq!(selected.id, ConflictId(4), "3 is decided already");
    desk.press("[");
    assert_eq!(
        desk.state.panes.conflicts.selected().unwrap().id,
        ConflictId(2)
    );
}
