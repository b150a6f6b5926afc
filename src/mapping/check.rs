//! Holds a map against what both sides really have: what is missing, read-only, of another type, or shorter.

use std::collections::HashMap;

use super::equivalence::{Class, Rule, class, resolve};
use super::text::Limit;
use super::transform::Steps;
use super::{
    CheckedField, CheckedMap, EntityMap, Equivalence, FieldMap, LengthPolicy, MappingProblem,
    Severity, Transform,
};
use crate::model::{Direction, FieldInfo, FieldKind, LengthUnit, Side};

impl EntityMap {
    /// Holds the map against the fields both sides have. A missing or unusable field never stops the others.
    pub fn check(&self, dynamics: &[FieldInfo], marketo: &[FieldInfo]) -> CheckedMap {
        let mut check = Check {
            dynamics: index(dynamics),
            marketo: index(marketo),
            taken: HashMap::new(),
            problems: Vec::new(),
        };
        let fields = self.fields.iter().filter_map(|map| check.field(map));
        CheckedMap {
            entity: self.entity.clone(),
            fields: fields.collect(),
            problems: check.problems,
        }
    }
}

fn index(fields: &[FieldInfo]) -> HashMap<&str, &FieldInfo> {
    fields
        .iter()
        .map(|info| (info.name.as_str(), info))
        .collect()
}

struct Check<'a> {
    dynamics: HashMap<&'a str, &'a FieldInfo>,
    marketo: HashMap<&'a str, &'a FieldInfo>,
    /// Which logical field already writes a side's field.
    taken: HashMap<(Side, String), String>,
    problems: Vec<MappingProblem>,
}

impl Check<'_> {
    fn field(&mut self, map: &FieldMap) -> Option<CheckedField> {
        let dynamics = self.dynamics.get(map.dynamics.as_str()).copied();
        let marketo = self.marketo.get(map.marketo.as_str()).copied();
        let (Some(dynamics), Some(marketo)) = (dynamics, marketo) else {
            for (side, name, found) in [
                ("Dynamics", &map.dynamics, dynamics),
                ("Marketo", &map.marketo, marketo),
            ] {
                if found.is_none() {
                    self.warn(map, format!("{side} has no field '{name}': left out"));
                }
            }
            return None;
        };
        let translated = map
            .transform
            .iter()
            .any(|step| matches!(step, Transform::Table(_)));
        let rule = if translated {
            // What a table gives is text, whatever it is made of.
            let texts = [dynamics, marketo].map(|info| FieldInfo::new(&info.name, FieldKind::Text));
            resolve(Equivalence::Text, &texts[0], &texts[1])
        } else {
            resolve(map.equivalence, dynamics, marketo)
        };
        let Some(mut rule) = rule else {
            let (one, other) = (kind_word(dynamics.kind), kind_word(marketo.kind));
            let text = format!(
                "left out: {} is {one} in Dynamics and {} is {other} in Marketo",
                dynamics.name, marketo.name
            );
            self.error(map, text);
            return None;
        };
        let direction = self.direction(map, dynamics, marketo)?;
        let steps = match Steps::of(&map.transform, direction) {
            Ok(steps) => steps,
            Err(text) => {
                self.error(map, format!("left out: {text}"));
                return None;
            }
        };
        if let (Rule::Text { shorten, .. }, Some(length)) = (&mut rule, map.length) {
            *shorten = length == LengthPolicy::Truncate;
        }
        let field = CheckedField {
            map: map.clone(),
            dynamics: dynamics.clone(),
            marketo: marketo.clone(),
            direction,
            rule,
            steps,
        };
        self.warn_of_loss(&field);
        Some(field)
    }

    /// The map's direction without the sides that cannot be written; none when that leaves nothing.
    fn direction(
        &mut self,
        map: &FieldMap,
        dynamics: &FieldInfo,
        marketo: &FieldInfo,
    ) -> Option<Direction> {
        let mut direction = map.direction;
        for (side, info) in [(Side::Dynamics, dynamics), (Side::Marketo, marketo)] {
            if !direction.writes(side) {
                continue;
            }
            let Some(reason) = self.why_not_written(side, info) else {
                self.taken
                    .insert((side, info.name.clone()), map.name.clone());
                continue;
            };
            direction = direction.and(match side {
                Side::Dynamics => Direction::ToMarketo,
                Side::Marketo => Direction::ToDynamics,
            });
            if direction == Direction::Off {
                self.error(map, format!("left out: {reason}"));
                return None;
            }
            self.warn(
                map,
                format!("{reason}: only {} is written", direction_word(direction)),
            );
        }
        Some(direction)
    }

    fn why_not_written(&self, side: Side, info: &FieldInfo) -> Option<String> {
        let name = &info.name;
        if let Some(other) = self.taken.get(&(side, name.clone())) {
            return Some(format!("'{other}' already writes {name}"));
        }
        match info.kind {
            // A state needs a status that belongs to it and often a message of its own; a reference needs its target.
            FieldKind::State | FieldKind::Status => {
                Some(format!("{name} is a record's life state"))
            }
            FieldKind::Lookup | FieldKind::Id => Some(format!("{name} is a reference")),
            _ if !info.updatable => Some(format!("{name} is read-only")),
            _ => None,
        }
    }

    fn warn_of_loss(&mut self, field: &CheckedField) {
        for from in Side::BOTH {
            let to = from.other();
            if !field.direction.writes(to) {
                continue;
            }
            let (source, target) = (field.info(from), field.info(to));
            if let Some(text) = overflow(&field.rule, source, target) {
                self.warn(&field.map, text);
            }
            let text = match (class(source.kind), class(target.kind)) {
                (Class::Decimal, Class::Integer) => "is rounded to whole numbers",
                (Class::DateTime, Class::Date) => "loses its time of day",
                _ => continue,
            };
            self.warn(
                &field.map,
                format!("{} {text} in {}", source.name, target.name),
            );
        }
        if let Rule::Choice(table) | Rule::Choices(table) = &field.rule
            && table.has_twins()
        {
            let text = "two of its options share a label: the first stands for both".to_owned();
            self.warn(&field.map, text);
        }
    }

    fn warn(&mut self, map: &FieldMap, text: String) {
        self.add(map, Severity::Warning, text);
    }

    fn error(&mut self, map: &FieldMap, text: String) {
        self.add(map, Severity::Error, text);
    }

    fn add(&mut self, map: &FieldMap, severity: Severity, text: String) {
        let field = map.name.clone();
        self.problems.push(MappingProblem {
            field,
            severity,
            text,
        });
    }
}

/// What happens to texts that are longer than the target takes; none when all fit.
fn overflow(rule: &Rule, source: &FieldInfo, target: &FieldInfo) -> Option<String> {
    let Rule::Text { shorten, .. } = rule else {
        return None;
    };
    let limit = Limit::of(target)?;
    let longest = source
        .max_length
        .map(|max| match (source.length_unit, limit.unit) {
            (LengthUnit::Utf16, LengthUnit::Bytes) => max as usize * 3,
            (LengthUnit::Chars, LengthUnit::Bytes) => max as usize * 4,
            _ => max as usize,
        });
    if longest.is_some_and(|longest| longest <= limit.max) {
        return None;
    }
    let (name, words) = (&target.name, limit.words());
    let what = if *shorten { "shortened" } else { "refused" };
    Some(format!("{name} takes {words}: longer values are {what}"))
}

fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::ToMarketo => "Marketo",
        _ => "Dynamics",
    }
}

fn kind_word(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Memo => "a text area",
        FieldKind::Email => "an e-mail address",
        FieldKind::Phone => "a phone number",
        FieldKind::Url => "a web address",
        FieldKind::Integer => "a whole number",
        FieldKind::Decimal => "a decimal number",
        FieldKind::Boolean => "yes or no",
        FieldKind::Date => "a calendar day",
        FieldKind::DateTime => "a moment",
        FieldKind::WallClock => "a wall-clock time",
        FieldKind::Option => "an option",
        FieldKind::Options => "a set of options",
        FieldKind::State => "a state",
        FieldKind::Status => "a status",
        FieldKind::Lookup => "a reference",
        FieldKind::Id => "an id",
        FieldKind::Other => "of a type that cannot be mapped",
    }
}
