//! The Failures pane: groups, the records of one, what is sent about them.

use chrono::TimeDelta;
use syncdeck::app::{Action, Alike, Command, Effect, FailureRow, Loaded, why_not};
use syncdeck::model::{Entity, Failure, FailureClass, FailureId, FailureStatus, Refusal, Side};
use uuid::Uuid;

use super::desk::Desk;
use super::fake::{idle, noon};

fn group(number: i64) -> FailureRow {
    let (class, code, field, message) = match number {
        1 => (
            FailureClass::Data,
            "1003",
            Some("email"),
            "Value 'ada@' is no valid e-mail address",
        ),
        2 => (
            FailureClass::MissingParent,
            "missing_parent",
            Some("externalCompanyId"),
            "externalCompanyId waits for the account 3fa85f64, which is not in Marketo yet; what was there is kept",
        ),
        _ => (
            FailureClass::Privilege,
            "0x80040220",
            None,
            "prvWriteContact is missing",
        ),
    };
    FailureRow {
        which: Alike {
            id: None,
            entity: Some(if number == 1 {
                Entity::LEAD
            } else {
                Entity::CONTACT
            }),
            direction: Some(if number == 3 {
                Side::Dynamics
            } else {
                Side::Marketo
            }),
            class: Some(class),
            code: Some(code.to_owned()),
            field: field.map(str::to_owned),
        },
        count: (40 / number) as u64,
        parked: if number == 3 { 13 } else { 0 },
        next_try: (number < 3).then(|| noon() + TimeDelta::minutes(number * 2)),
        message: message.to_owned(),
    }
}

fn record(group: &FailureRow, number: u128) -> Failure {
    Failure {
        id: FailureId(number as i64),
        entity: group.which.entity.clone().unwrap(),
        direction: group.which.direction.unwrap(),
        refusal: Refusal {
            class: group.which.class.unwrap(),
            code: group.which.code.clone().unwrap(),
            message: group.message.clone(),
            request: None,
        },
        dynamics_id: Some(Uuid::from_u128(number)),
        marketo_id: None,
        field: group.which.field.clone(),
        attempts: number as u32,
        next_try: group.next_try,
        status: if group.next_try.is_some() {
            FailureStatus::Waiting
        } else {
            FailureStatus::Parked
        },
    }
}

/// What a store with three kinds of failures would answer.
pub fn failures(of: Option<&Alike>) -> Loaded {
    let groups: Vec<FailureRow> = (1..=3).map(group).collect();
    let of = of.unwrap_or(&groups[0].which).clone();
    let shown = groups.iter().find(|group| group.which == of);
    let records = shown.map(|group| (1..=4).map(|number| record(group, number)).collect());
    Loaded::Failures {
        groups: groups.clone(),
        of: Some(of),
        records: records.unwrap_or_default(),
    }
}

fn sent(desk: &Desk) -> Vec<&Command> {
    let effects = desk.effects.iter();
    let sent = effects.filter_map(|effect| match effect {
        Effect::Send(_, command) => Some(command),
        _ => None,
    });
    sent.collect()
}

#[test]
fn a_group_is_tried_again_and_one_record_of_it_is_parked() {
    let mut desk = Desk::new(120, 40, idle());
    desk.press("6 down t");
    let second = group(2).which;
    assert_eq!(
        sent(&desk),
        [&Command::RetryAlike {
            which: second.clone()
        }]
    );
    assert_eq!(desk.state.panes.failures.of, Some(second));
    desk.effects.clear();
    desk.press("enter down x");
    let one = Alike {
        id: Some(FailureId(2)),
        ..Alike::default()
    };
    assert_eq!(sent(&desk), [&Command::ParkFailures { which: one }]);
    desk.press("esc up");
    assert!(!desk.state.panes.failures.inside);
    assert_eq!(desk.state.panes.failures.of, Some(group(1).which));
}

#[test]
fn without_failures_nothing_can_be_done() {
    let mut desk = Desk::new(120, 40, idle());
    desk.press("6");
    desk.state.panes.failures = syncdeck::app::Failures::default();
    for action in [Action::RetryThese, Action::ParkThese, Action::Inside] {
        assert!(why_not(&desk.state, action).is_some());
    }
}
