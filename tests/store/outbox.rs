//! The outbox: one unfinished operation a link and side; nothing on its way is replaced.

use syncdeck::model::{Cause, CycleId, Entity, RecordKey, Side, Value};
use syncdeck::store::{NewOp, OpField, OpKind, OpState, StoreError};

use super::{at, dynamics, guid, one_link, store, write};

fn op() -> NewOp {
    NewOp {
        link: None,
        entity: Entity::LEAD,
        side: Side::Marketo,
        kind: OpKind::Create,
        dynamics: Some(guid(1)),
        marketo: None,
        version: Some("W/\"1\"".into()),
        fields: vec![OpField {
            field: "city".into(),
            name: "City".into(),
            before: Value::Null,
            after: Value::Text("Bonn ".into()),
            canonical: Value::Text("Bonn".into()),
            cause: Cause::Policy("newest".into()),
            conflict: None,
        }],
        attempt: 0,
        sent: None,
        settle: None,
        cycle: CycleId(4),
    }
}

#[test]
fn planned_operation_is_replaced_and_one_on_its_way_is_not() {
    let store = store();
    let link = Some(one_link(&store));
    for wish in [
        NewOp { link, ..op() },
        op(),
        NewOp {
            dynamics: None,
            marketo: Some(5),
            ..op()
        },
    ] {
        let stage = || store.transaction_blocking(|tx| tx.stage(std::slice::from_ref(&wish)));
        let first = stage().unwrap()[0];
        let second = stage().unwrap()[0];
        assert_ne!(first, second);
        let count = || store.read_blocking(|r| r.outbox_count()).unwrap();
        assert_eq!(count(), 1);
        write(&store, |tx| tx.mark_sent(&[second], at(3)));
        assert!(matches!(stage(), Err(StoreError::Taken(_))));
        write(&store, |tx| tx.mark_unknown(&[second], at(120)));
        assert!(matches!(stage(), Err(StoreError::Taken(_))));
        write(&store, |tx| tx.finish_ops(&[second]));
        assert_eq!(count(), 0);
    }
}

#[test]
fn both_sides_of_a_link_may_be_written_at_once() {
    let store = store();
    let link = Some(one_link(&store));
    let towards = |side| NewOp { link, side, ..op() };
    let both = [towards(Side::Dynamics), towards(Side::Marketo)];
    assert_eq!(write(&store, |tx| tx.stage(&both)).len(), 2);
}

#[test]
fn intent_comes_back_as_it_was_stored() {
    let store = store();
    let id = write(&store, |tx| tx.stage(&[op()]))[0];
    write(&store, |tx| tx.mark_sent(&[id], at(3)));
    let sent = store.read_blocking(|r| r.ops(OpState::Sent, 10)).unwrap();
    assert_eq!(sent[0].fields, op().fields);
    assert_eq!(
        (sent[0].id, sent[0].attempt, sent[0].sent),
        (id, 1, Some(at(3)))
    );
    assert_eq!(
        (sent[0].dynamics, sent[0].version.clone()),
        (Some(guid(1)), op().version)
    );
    assert!(
        store
            .read_blocking(|r| r.ops(OpState::Planned, 10))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn unknown_outcome_rests_until_it_has_settled() {
    let store = store();
    let id = write(&store, |tx| tx.stage(&[op()]))[0];
    write(&store, |tx| tx.mark_sent(&[id], at(0)));
    write(&store, |tx| tx.mark_unknown(&[id], at(120)));
    let settled = |seconds| {
        store
            .read_blocking(|r| r.ops_settled(at(seconds), 10))
            .unwrap()
    };
    assert!(settled(119).is_empty());
    assert_eq!(
        (settled(120)[0].id, settled(120)[0].settle),
        (id, Some(at(120)))
    );
}

#[test]
fn unfinished_work_is_found_by_link_and_by_key() {
    let store = store();
    let link = one_link(&store);
    let wish = NewOp {
        link: Some(link),
        marketo: Some(9),
        ..op()
    };
    write(&store, |tx| tx.stage(&[wish]));
    store
        .read_blocking(|r| {
            let absent = syncdeck::model::LinkId(99);
            assert_eq!(r.unfinished(&[link, absent])?, [(link, None)].into());
            let keys = [
                dynamics(1),
                dynamics(2),
                RecordKey::Marketo(9),
                RecordKey::Marketo(8),
            ];
            assert_eq!(
                r.unfinished_keys(&keys)?,
                [dynamics(1), RecordKey::Marketo(9)].into()
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn id_of_a_finished_operation_is_never_used_again() {
    let store = store();
    let first = write(&store, |tx| tx.stage(&[op()]))[0];
    write(&store, |tx| tx.finish_ops(&[first]));
    assert!(write(&store, |tx| tx.stage(&[op()]))[0] > first);
}
