//! No lost update in Marketo: a value that our write replaced unseen is found in the feed and kept.

use serde_json::json;
use syncdeck::mapping::EntityMap;
use syncdeck::model::{ConflictKind, Direction, Entity, Policy, Side, Take};
use uuid::Uuid;

use super::harness::wire::{Fate, is_record};
use super::harness::{Bench, assert_clean, text, written};

async fn in_step() -> (Bench, Uuid, i64) {
    let bench = Bench::empty();
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.wire.take();
    (bench, row, person)
}

/// Somebody types a value between our read and our write.
fn overwriting(bench: &Bench, person: i64, field: &'static str, value: &str) {
    let value = json!(value);
    bench.wire.just_before_write(Side::Marketo, move |world| {
        let typed = [(field, value)];
        world.marketo.edit_person(person, &typed, "Web form");
    });
}

#[tokio::test(start_paused = true)]
async fn a_value_overwritten_between_our_read_and_our_write_is_found_and_can_come_back() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    bench.wire.just_before_write(Side::Marketo, move |world| {
        world
            .marketo
            .edit_person(person, &[("title", json!("Lady"))], "Web form");
    });
    bench.cycle().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    bench.later().await;
    let conflict = bench.pending();
    assert_eq!(
        (conflict.kind, &conflict.marketo),
        (ConflictKind::Overwritten, &text("Lady"))
    );
    bench.resolve(conflict.id, Take::Side(Side::Marketo));
    assert_clean(&bench.later().await);
    assert_eq!(bench.field(person, "title"), json!("Lady"));
    assert_eq!(bench.column(row, "jobtitle"), json!("Lady"));
}

/// The feed tells it once; nobody looked while the entity was off.
#[tokio::test(start_paused = true)]
async fn a_value_we_overwrote_is_found_although_the_entity_is_switched_off_by_then() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    bench.wire.just_before_write(Side::Marketo, move |world| {
        let typed = [("title", json!("Lady"))];
        world.marketo.edit_person(person, &typed, "Web form");
    });
    bench.cycle().await;
    bench.set(Entity::LEAD, Direction::Off, Policy::Ask);
    bench.later().await;
    let conflict = bench.pending();
    assert_eq!(
        (conflict.kind, &conflict.marketo),
        (ConflictKind::Overwritten, &text("Lady"))
    );
}

/// The lead's own map tells which of its fields our write was to; the contact's has no such field.
#[tokio::test(start_paused = true)]
async fn a_value_overwritten_in_a_field_that_only_the_switched_off_entity_maps_is_found() {
    let bench = Bench::empty();
    let mut contacts = EntityMap::standard(&Entity::CONTACT).unwrap().unwrap();
    contacts.fields.retain(|pair| pair.marketo != "title");
    bench.map(&Entity::CONTACT, &contacts.to_toml());
    let row = bench.somebody("Ada");
    bench.cycle().await;
    bench.pass(10).await;
    let person = bench.person_of(row);
    bench.edit(row, "jobtitle", "Countess");
    overwriting(&bench, person, "title", "Lady");
    bench.cycle().await;
    bench.set(Entity::LEAD, Direction::Off, Policy::Ask);
    bench.later().await;
    assert_eq!(bench.pending().marketo, text("Lady"));
}

/// Nobody reads the feed while all people are off: it is told as soon as somebody does, days later too.
#[tokio::test(start_paused = true)]
async fn a_value_overwritten_before_all_people_were_switched_off_is_found_when_they_are_on_again() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    overwriting(&bench, person, "title", "Lady");
    bench.cycle().await;
    for entity in [Entity::LEAD, Entity::CONTACT] {
        bench.set(entity, Direction::Off, Policy::Ask);
    }
    bench.later().await;
    assert!(bench.open_conflicts().is_empty(), "the feed was not read");
    bench.pass(3 * 24 * 3600).await;
    bench.set(Entity::LEAD, Direction::Both, Policy::Ask);
    bench.later().await;
    assert_eq!(bench.pending().marketo, text("Lady"));
}

/// Dynamics would not take it, so it was passed over, and gone.
#[tokio::test(start_paused = true)]
async fn a_value_we_overwrote_is_kept_as_text_although_the_field_would_refuse_it() {
    let long = "Lady ".repeat(40).trim().to_owned();
    let wide = "+44 20 7946 0123 or ".repeat(5);
    for (column, ours, field, lost) in [
        ("jobtitle", "Countess", "title", long.as_str()),
        ("telephone1", "1", "phone", wide.trim()),
    ] {
        let (bench, row, person) = in_step().await;
        bench.edit(row, column, ours);
        overwriting(&bench, person, field, lost);
        bench.cycle().await;
        assert_eq!(bench.field(person, field), json!(ours));
        bench.later().await;
        let conflict = bench.pending();
        assert_eq!(
            (conflict.kind, &conflict.marketo),
            (ConflictKind::Overwritten, &text(lost))
        );
        assert_eq!(written(&bench.later().await), 0);
    }
}

/// What we had read and meant to replace is no loss, whatever it looks like.
#[tokio::test(start_paused = true)]
async fn a_value_that_no_field_takes_but_that_we_had_read_is_no_conflict() {
    let (bench, row, person) = in_step().await;
    bench.set(Entity::LEAD, Direction::ToMarketo, Policy::Ask);
    let long = "Lady ".repeat(40);
    bench.edit_person(person, "title", long.trim());
    bench.later().await;
    bench.edit(row, "jobtitle", "Countess");
    bench.later().await;
    bench.later().await;
    assert_eq!(bench.field(person, "title"), json!("Countess"));
    assert!(bench.conflicts().is_empty(), "{:?}", bench.conflicts());
}

/// It was kept as addresses are compared, in small letters.
#[tokio::test(start_paused = true)]
async fn an_address_we_overwrite_is_kept_as_it_was_typed() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "emailaddress1", "Ada@Home.example");
    bench.wire.just_before_write(Side::Marketo, move |world| {
        let typed = [("email", json!("Lady.Ada@Work.example"))];
        world.marketo.edit_person(person, &typed, "Web form");
    });
    bench.cycle().await;
    bench.later().await;
    let conflict = bench.pending();
    assert_eq!(conflict.marketo, text("Lady.Ada@Work.example"));
    bench.resolve(conflict.id, Take::Side(Side::Marketo));
    assert_clean(&bench.later().await);
    let there = json!("Lady.Ada@Work.example");
    assert_eq!(bench.column(row, "emailaddress1"), there);
    assert_eq!(bench.field(person, "email"), there);
}

/// The second lost value was dropped, because a conflict of its kind was open already.
#[tokio::test(start_paused = true)]
async fn every_value_we_overwrite_is_kept_not_only_the_first() {
    let (bench, row, person) = in_step().await;
    for (ours, lost) in [("Countess", "Lady"), ("Baroness", "Dame")] {
        bench.edit(row, "jobtitle", ours);
        bench.wire.just_before_write(Side::Marketo, move |world| {
            world
                .marketo
                .edit_person(person, &[("title", json!(lost))], "Web form");
        });
        bench.cycle().await;
        bench.later().await;
    }
    assert_eq!(bench.pending().marketo, text("Dame"));
    let kept: Vec<_> = bench
        .conflicts()
        .into_iter()
        .map(|one| one.marketo)
        .collect();
    assert_eq!(kept, [text("Lady"), text("Dame")]);
}

/// The write was in no journal, so the feed could not recognise it: the value vanished without a trace.
#[tokio::test(start_paused = true)]
async fn a_value_overwritten_by_a_write_without_an_answer_is_found_too() {
    let (bench, row, person) = in_step().await;
    bench.edit(row, "jobtitle", "Countess");
    let world = std::sync::Arc::clone(&bench.world);
    let mut once = true;
    bench.wire.before(move |sent| {
        if once && sent.side == Side::Marketo && sent.writes.iter().any(is_record) {
            once = false;
            world
                .marketo
                .edit_person(person, &[("title", json!("Lady"))], "Web form");
            return Fate::Lost;
        }
        Fate::Pass
    });
    bench.cycle().await;
    bench.later().await;
    let conflict = bench.pending();
    assert_eq!(
        (conflict.kind, &conflict.marketo),
        (ConflictKind::Overwritten, &text("Lady"))
    );
}
