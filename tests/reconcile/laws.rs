//! What holds for every merge.

use std::collections::BTreeMap;

use proptest::prelude::*;
use syncdeck::model::{ConflictStatus, Direction, Entity, Policy, Side, Take, Value};
use syncdeck::reconcile::Merge;

use super::{Case, text};

const FIELDS: [&str; 4] = ["firstName", "email", "phone", "doNotCall"];

fn value(field: &'static str) -> BoxedStrategy<Value> {
    match field {
        "doNotCall" => {
            prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Boolean)].boxed()
        }
        "email" => {
            proptest::sample::select(vec!["", "a@e.com", "A@e.com", "b@e.com", "j\u{f6}@e.com"])
                .prop_map(text)
                .boxed()
        }
        "firstName" => {
            proptest::sample::select(vec!["", "Ada", " Ada", "Eva", "Maximilian", "Maximili"])
                .prop_map(text)
                .boxed()
        }
        _ => proptest::sample::select(vec!["", "1", "2", "3"])
            .prop_map(text)
            .boxed(),
    }
}

type Field = (
    Option<Value>,
    Value,
    Value,
    Option<(Value, Value, Option<Take>)>,
);

fn field(name: &'static str) -> impl Strategy<Value = Field> {
    let take = prop_oneof![
        Just(Take::Side(Side::Dynamics)),
        Just(Take::Side(Side::Marketo)),
        value(name).prop_map(Take::Value),
    ];
    let conflict = (value(name), value(name), proptest::option::of(take));
    (
        proptest::option::of(value(name)),
        value(name),
        value(name),
        proptest::option::of(conflict),
    )
}

fn cases() -> impl Strategy<Value = Case> {
    let fields = (
        field(FIELDS[0]),
        field(FIELDS[1]),
        field(FIELDS[2]),
        field(FIELDS[3]),
    );
    let entity = prop_oneof![Just(Entity::LEAD), Just(Entity::CONTACT)];
    let direction = proptest::sample::select(Direction::ALL.to_vec());
    let policy = proptest::sample::select(Policy::ALL.to_vec());
    let rest = (any::<bool>(), -300_i64..300, entity, direction, policy);
    (fields, rest).prop_map(
        |((a, b, c, d), (fill_empty, seconds, entity, direction, policy))| {
            let mut case = Case::new(entity).apart(seconds);
            case.direction = direction;
            case.policy = policy;
            case.fill_empty = fill_empty;
            for (name, (base, dynamics, marketo, conflict)) in FIELDS.into_iter().zip([a, b, c, d])
            {
                // A base is always canonical.
                let map = case.checked();
                let base =
                    base.map(|base| map.field(name).unwrap().canonical(Side::Dynamics, &base));
                case.set(name, base, dynamics, marketo);
                if let Some((dynamics, marketo, take)) = conflict {
                    case = case.conflict(name, "", "", take);
                    let last = case.open.last_mut().unwrap();
                    (last.dynamics, last.marketo) = (dynamics, marketo);
                }
            }
            case
        },
    )
}

fn writes(merge: &Merge) -> impl Iterator<Item = (Side, &syncdeck::reconcile::FieldWrite)> {
    let to = |side| move |write| (side, write);
    let dynamics = merge.to_dynamics.iter().map(to(Side::Dynamics));
    dynamics.chain(merge.to_marketo.iter().map(to(Side::Marketo)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_same_input_gives_the_same_answer(case in cases()) {
        prop_assert_eq!(case.merge(), case.merge());
    }

    #[test]
    fn nothing_is_written_that_is_there_already(case in cases()) {
        let map = case.checked();
        for (side, write) in writes(&case.merge()) {
            let field = map.field(&write.field).unwrap();
            let there = field.canonical(side, &write.before);
            prop_assert_ne!(&field.canonical(side, &write.after), &there);
            prop_assert_eq!(&field.canonical(side, &write.after), &write.canonical);
        }
    }

    #[test]
    fn nothing_is_written_against_the_direction(case in cases()) {
        for (side, _) in writes(&case.merge()) {
            prop_assert!(case.direction.writes(side));
        }
    }

    #[test]
    fn a_field_is_written_or_clashes_or_agrees_but_never_two_of_them(case in cases()) {
        let merge = case.merge();
        let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let named = writes(&merge).map(|(_, write)| (write.field.as_str(), "write"));
        let named = named
            .chain(merge.opened.iter().map(|clash| (clash.field.as_str(), "clash")))
            .chain(merge.agreed.iter().map(|(field, _)| (field.as_str(), "agreed")));
        for (field, kind) in named {
            kinds.entry(field).or_default().push(kind);
        }
        for (field, mut found) in kinds {
            found.dedup();
            prop_assert_eq!(found.len(), 1, "{}", field);
        }
    }

    #[test]
    fn once_applied_nothing_is_left_to_do(mut case in cases()) {
        let first = case.merge();
        case.apply(&first);
        let second = case.merge();
        prop_assert_eq!(writes(&second).count(), 0, "{:?}", second);
        prop_assert!(second.agreed.is_empty() && second.converged.is_empty(), "{:?}", second);
        prop_assert!(second.superseded.is_empty(), "{:?}", second);
        prop_assert_eq!(case.merge(), second);
    }

    #[test]
    fn a_pending_conflict_nobody_moved_stays_untouched(case in cases()) {
        let (map, merge) = (case.checked(), case.merge());
        for conflict in case.open.iter().filter(|one| one.status == ConflictStatus::Pending) {
            let field = map.field(&conflict.field).unwrap();
            let now = |side| match side {
                Side::Dynamics => case.dynamics.get(&field.dynamics.name),
                Side::Marketo => case.marketo.get(&field.marketo.name),
            };
            let [dynamics, marketo] = Side::BOTH.map(|side| field.canonical(side, now(side)));
            let unmoved = dynamics == field.canonical(Side::Dynamics, &conflict.dynamics)
                && marketo == field.canonical(Side::Marketo, &conflict.marketo);
            if unmoved && dynamics != marketo {
                prop_assert!(writes(&merge).all(|(_, write)| write.field != conflict.field));
                prop_assert!(merge.opened.iter().all(|clash| clash.field != conflict.field));
            }
        }
    }

    #[test]
    fn nobody_who_asked_not_to_be_called_is_called_again_unasked(case in cases()) {
        for (side, write) in writes(&case.merge()) {
            let taken_back = write.field == "doNotCall" && write.canonical == Value::Boolean(false);
            if taken_back && write.conflict.is_none() {
                // Only a side that knew of the wish can take it back.
                prop_assert_eq!(case.base.get("doNotCall"), Some(&Value::Boolean(true)), "{}", side);
            }
        }
    }
}
