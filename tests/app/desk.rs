//! A console over made-up data that answers every question at once.

use chrono::TimeDelta;
use std::sync::Arc;

use syncdeck::app::{
    Code, ConflictQuery, Effect, Event, FieldCount, Key, Loaded, Query, Snapshot, State, update,
};
use syncdeck::model::Conflict;

use super::failures::failures;
use super::fake::{conflicts, news, noon};
use super::fields::mapping;

/// What a store full of [`conflicts`] would answer.
pub fn answer(query: &Query, rows: &[Conflict]) -> Loaded {
    match query {
        Query::Conflicts {
            filter,
            after,
            limit,
        } => {
            let all: Vec<Conflict> = rows
                .iter()
                .filter(|row| fits(row, filter))
                .cloned()
                .collect();
            let total = all.len() as u64;
            let page = all
                .into_iter()
                .filter(|row| after.is_none_or(|after| row.id > after));
            Loaded::Conflicts {
                rows: page.take(*limit).collect(),
                total,
            }
        }
        Query::Fields(filter) => {
            let mut counts: Vec<FieldCount> = Vec::new();
            for row in rows.iter().filter(|row| fits(row, filter)) {
                let same =
                    |one: &&mut FieldCount| one.entity == row.entity && one.field == row.field;
                match counts.iter_mut().find(same) {
                    Some(one) => one.count += 1,
                    None => counts.push(FieldCount {
                        entity: row.entity.clone(),
                        field: row.field.clone(),
                        count: 1,
                    }),
                }
            }
            Loaded::Fields(counts)
        }
        Query::Mapping(entity) => Loaded::Mapping(mapping(entity)),
        Query::Failures { of, .. } => failures(of.as_ref()),
    }
}

fn fits(row: &Conflict, filter: &ConflictQuery) -> bool {
    let text = format!(
        "{} {} {} {}",
        row.label, row.field, row.dynamics, row.marketo
    )
    .to_lowercase();
    filter.status.statuses().contains(&row.status)
        && filter
            .entity
            .as_ref()
            .is_none_or(|entity| row.entity == *entity)
        && filter
            .field
            .as_ref()
            .is_none_or(|field| row.field == *field)
        && text.contains(&filter.text.to_lowercase())
}

/// A console over made-up data that answers every question at once.
pub struct Desk {
    pub state: State,
    pub rows: Vec<Conflict>,
    /// Everything that was asked for, but questions.
    pub effects: Vec<Effect>,
}

impl Desk {
    /// A console of this size that has seen one picture of the engine.
    pub fn new(width: u16, height: u16, snapshot: Snapshot) -> Self {
        let state = State::new("kim", noon());
        let rows = conflicts(14);
        let mut desk = Self {
            state,
            rows,
            effects: Vec::new(),
        };
        desk.event(Event::Resize { width, height });
        desk.event(Event::Engine(Arc::new(snapshot)));
        for line in news() {
            desk.event(Event::News(line));
        }
        desk
    }

    pub fn event(&mut self, event: Event) {
        let mut effects = update(&mut self.state, event);
        while let Some(effect) = (!effects.is_empty()).then(|| effects.remove(0)) {
            match effect {
                Effect::Query(id, query) => {
                    let loaded = answer(&query, &self.rows);
                    effects.extend(update(&mut self.state, Event::Loaded(id, loaded)));
                }
                other => self.effects.push(other),
            }
        }
    }

    /// Presses keys by their names in the registry, a second apart.
    pub fn press(&mut self, names: &str) -> &mut Self {
        for name in names.split_whitespace() {
            self.wait(1_000);
            let key = Key::named(name).unwrap_or_else(|| panic!("no key {name}"));
            self.event(Event::Key(key));
        }
        self
    }

    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.event(Event::Key(Key::plain(Code::Char(character))));
        }
        self
    }

    pub fn wait(&mut self, milliseconds: i64) -> &mut Self {
        let now = self.state.now + TimeDelta::milliseconds(milliseconds);
        self.event(Event::Time(now));
        self
    }
}
