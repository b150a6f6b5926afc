//! What a person at the terminal is shown of a record's values: masked, unless asked for whole.
//!
//! Whatever may be somebody's own is masked: addresses, numbers, names, dates, free text. Ids, options and flags say
//! nothing about anybody and stay. `--json` is for scripts and always whole.

use std::collections::HashSet;

use serde_json::Value as Json;
use uuid::Uuid;

use crate::engine::{ENTITIES, mapping_facts};
use crate::model::{Entity, FieldInfo, FieldKind, Value};
use crate::store::{Reader, Store, StoreError};

/// Our own fields in Marketo hold ids and flags.
const OURS: &str = "syncdeck";
/// Digits from which on a number with a plus is somebody's phone.
const PHONE_DIGITS: usize = 6;

/// How values are shown.
pub(super) struct Eyes {
    reveal: bool,
    /// Fields of options, flags and ids, by every name they have.
    plain: HashSet<(Entity, String)>,
}

impl Eyes {
    /// As the last cycle found the fields; `reveal` shows everything.
    pub(super) fn of(store: &Store, reveal: bool) -> Result<Self, StoreError> {
        store.read_blocking(|reader| Self::read(reader, reveal))
    }

    /// The same, within a reading.
    pub(super) fn read(reader: &Reader<'_>, reveal: bool) -> Result<Self, StoreError> {
        let set = reader.entity_settings()?.into_iter();
        let entities: HashSet<Entity> = set.map(|one| one.entity).chain(ENTITIES).collect();
        let mut plain = HashSet::new();
        for entity in entities {
            for fact in mapping_facts(reader, &entity)? {
                if [fact.dynamics.as_ref(), fact.marketo.as_ref()]
                    .into_iter()
                    .any(is_plain)
                {
                    let names = [fact.field, fact.dynamics_name, fact.marketo_name];
                    plain.extend(names.map(|name| (entity.clone(), name)));
                }
            }
        }
        Ok(Self { reveal, plain })
    }

    /// A field's value.
    pub(super) fn value(&self, entity: &Entity, field: &str, value: &Value) -> String {
        let text = value.to_string();
        let plain = match value {
            Value::Null | Value::Boolean(_) | Value::Options(_) | Value::Id(_) => true,
            _ => self.is_plain(entity, field, &text),
        };
        if plain { text } else { masked(&text) }
    }

    /// The same of a value as scripts see it.
    pub(super) fn json(&self, entity: &Entity, field: &str, value: &Json) -> String {
        match value {
            Json::Null => String::new(),
            Json::Bool(flag) => flag.to_string(),
            Json::Array(items) => {
                let items = items.iter().map(|item| self.json(entity, field, item));
                items.collect::<Vec<_>>().join(", ")
            }
            Json::Object(sides) => {
                let sides = sides
                    .iter()
                    .map(|(side, value)| format!("{side}: {}", self.json(entity, field, value)));
                sides.collect::<Vec<_>>().join(", ")
            }
            Json::Number(number) => self.value(entity, field, &Value::text(number.to_string())),
            Json::String(text) => self.value(entity, field, &Value::text(text.as_str())),
        }
    }

    /// What a record is called; where that is masked, the id it is known by stands for it.
    pub(super) fn label(&self, label: &str, id: impl FnOnce() -> Option<String>) -> String {
        if self.reveal {
            return label.to_owned();
        }
        id().unwrap_or_else(|| masked(label))
    }

    /// A vendor's message: the values it repeats are masked, its own words stay.
    pub(super) fn message(&self, text: &str) -> String {
        if self.reveal {
            return text.to_owned();
        }
        let words = masked_quotes(text);
        let words: Vec<String> = words.split(' ').map(word).collect();
        words.join(" ")
    }

    fn is_plain(&self, entity: &Entity, field: &str, text: &str) -> bool {
        let name = field.split(':').next().unwrap_or(field);
        self.reveal
            || name.starts_with(OURS)
            || Uuid::try_parse(text).is_ok()
            || self.plain.contains(&(entity.clone(), name.to_owned()))
    }
}

fn is_plain(info: Option<&FieldInfo>) -> bool {
    info.is_some_and(|info| {
        matches!(
            info.kind,
            FieldKind::Boolean
                | FieldKind::Option
                | FieldKind::Options
                | FieldKind::State
                | FieldKind::Status
                | FieldKind::Lookup
                | FieldKind::Id
        )
    })
}

/// A value that is nobody else's business: its first letter, and as many dots as hide its length.
fn masked(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (None, _) => String::new(),
        (Some(_), None) => "•".to_owned(),
        (Some(first), Some(_)) => format!("{first}••••"),
    }
}

/// Masks what stands in quotes right after the word `value`, as Marketo repeats a value it refuses.
fn masked_quotes(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("alue '") {
        let begins = at + "alue '".len();
        // The value may hold quotes itself: it reaches to the last one.
        let Some(ends) = rest.rfind('\'').filter(|ends| *ends >= begins) else {
            break;
        };
        shown.push_str(&rest[..begins]);
        shown.push_str(&masked(&rest[begins..ends]));
        rest = &rest[ends..];
    }
    shown + rest
}

/// A word of a message: an address or a phone number is masked.
fn word(word: &str) -> String {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let inner = word.trim_start_matches(['\'', '"', '(', '<']);
    let is_phone = inner.starts_with('+') && digits >= PHONE_DIGITS;
    if inner.contains('@') || is_phone {
        masked(inner)
    } else {
        word.to_owned()
    }
}
