//! When two values mean the same: what the admin may declare, and the rule both types lead to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::options::OptionTable;
use super::text::Limit;
use crate::model::{FieldInfo, FieldKind};

/// When two values of a pair mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Equivalence {
    /// Derived from both types.
    #[default]
    Auto,
    /// As text: blanks at the ends, line ends and Unicode composition do not matter, case does.
    Text,
    /// As an e-mail address: ASCII case does not matter either. Never shortened.
    Email,
    /// As a phone number: blanks, dashes, dots, slashes and brackets do not matter. Never shortened.
    Phone,
    /// As a number, compared at `scale` digits after the point (fewer where a side has fewer).
    Number {
        /// Digits after the point.
        scale: u32,
    },
    /// As yes or no.
    Boolean,
    /// As a calendar day.
    Date,
    /// As a moment, whole seconds.
    DateTime,
    /// As an option, by code; the other side holds its label.
    Option,
}

impl Equivalence {
    /// Whether it is derived from both types.
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// Digits after the point where neither side says (Dynamics money carries up to four).
const SCALE_WHERE_UNSAID: u32 = 4;

/// How far a text rule folds differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// Nothing beyond cleaning.
    None,
    /// ASCII case.
    Case,
    /// Phone punctuation.
    Punctuation,
}

/// The resolved rule of one pair; what [`Equivalence::Auto`] stands for once both types are known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    /// Text within both limits; shortened where `shorten`, else refused.
    Text {
        fold: Fold,
        shorten: bool,
        limits: Vec<Limit>,
    },
    Number {
        scale: u32,
    },
    /// `null_is_false`: Marketo's booleans read false where nothing was ever set.
    Boolean {
        null_is_false: bool,
    },
    Date,
    DateTime,
    Choice(Arc<OptionTable>),
    Choices(Arc<OptionTable>),
    Id,
}

/// Kinds that behave alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Integer,
    Decimal,
    Boolean,
    Date,
    DateTime,
    Choice,
    Choices,
    Id,
    Other,
}

/// The class of a kind.
pub(super) fn class(kind: FieldKind) -> Class {
    match kind {
        FieldKind::Text
        | FieldKind::Memo
        | FieldKind::Email
        | FieldKind::Phone
        | FieldKind::Url => Class::Text,
        FieldKind::Integer => Class::Integer,
        FieldKind::Decimal => Class::Decimal,
        FieldKind::Boolean => Class::Boolean,
        FieldKind::Date => Class::Date,
        FieldKind::DateTime | FieldKind::WallClock => Class::DateTime,
        FieldKind::Option | FieldKind::State | FieldKind::Status => Class::Choice,
        FieldKind::Options => Class::Choices,
        FieldKind::Lookup | FieldKind::Id => Class::Id,
        FieldKind::Other => Class::Other,
    }
}

/// The rule for a pair; none when its types have nothing in common.
pub(super) fn resolve(
    equivalence: Equivalence,
    dynamics: &FieldInfo,
    marketo: &FieldInfo,
) -> Option<Rule> {
    let pair = [class(dynamics.kind), class(marketo.kind)];
    let made_of = |allowed: &[Class]| pair.iter().all(|class| allowed.contains(class));
    let rule = match equivalence {
        Equivalence::Auto => return derive(pair, dynamics, marketo),
        Equivalence::Text if made_of(&[Class::Text]) => text_rule(Fold::None, dynamics, marketo),
        Equivalence::Email if made_of(&[Class::Text]) => text_rule(Fold::Case, dynamics, marketo),
        Equivalence::Phone if made_of(&[Class::Text]) => {
            text_rule(Fold::Punctuation, dynamics, marketo)
        }
        Equivalence::Number { scale }
            if made_of(&[Class::Text, Class::Integer, Class::Decimal]) =>
        {
            let scale = scale.min(common_scale(dynamics, marketo));
            Rule::Number { scale }
        }
        Equivalence::Boolean if made_of(&[Class::Text, Class::Integer, Class::Boolean]) => {
            boolean_rule(marketo)
        }
        Equivalence::Date if made_of(&[Class::Text, Class::Date, Class::DateTime]) => Rule::Date,
        Equivalence::DateTime if made_of(&[Class::Text, Class::DateTime]) => Rule::DateTime,
        Equivalence::Option if pair.contains(&Class::Choice) || pair.contains(&Class::Choices) => {
            return derive(pair, dynamics, marketo);
        }
        _ => return None,
    };
    Some(rule)
}

fn derive(pair: [Class; 2], dynamics: &FieldInfo, marketo: &FieldInfo) -> Option<Rule> {
    let table = || Arc::new(OptionTable::of(dynamics, marketo));
    // The stricter class of a pair decides; text can stand in for anything.
    let rule = match pair {
        [Class::Text, Class::Text] => {
            let email = [dynamics, marketo]
                .iter()
                .any(|info| info.kind == FieldKind::Email);
            let fold = if email { Fold::Case } else { Fold::None };
            text_rule(fold, dynamics, marketo)
        }
        [
            Class::Text | Class::Integer | Class::Decimal,
            Class::Integer | Class::Decimal,
        ]
        | [Class::Integer | Class::Decimal, Class::Text] => Rule::Number {
            scale: common_scale(dynamics, marketo),
        },
        [
            Class::Boolean,
            Class::Boolean | Class::Text | Class::Integer,
        ]
        | [Class::Text | Class::Integer, Class::Boolean] => boolean_rule(marketo),
        [Class::Date, Class::Date | Class::DateTime | Class::Text]
        | [Class::DateTime | Class::Text, Class::Date] => Rule::Date,
        [Class::DateTime, Class::DateTime | Class::Text] | [Class::Text, Class::DateTime] => {
            Rule::DateTime
        }
        [Class::Choice, Class::Choice | Class::Text | Class::Integer]
        | [Class::Text | Class::Integer, Class::Choice] => Rule::Choice(table()),
        [Class::Choices, Class::Choices | Class::Text] | [Class::Text, Class::Choices] => {
            Rule::Choices(table())
        }
        [Class::Id, Class::Id | Class::Text] | [Class::Text, Class::Id] => Rule::Id,
        _ => return None,
    };
    Some(rule)
}

fn text_rule(fold: Fold, dynamics: &FieldInfo, marketo: &FieldInfo) -> Rule {
    // A shortened address, number or link is a wrong one: those are refused instead.
    let exact = |info: &&FieldInfo| {
        matches!(
            info.kind,
            FieldKind::Email | FieldKind::Phone | FieldKind::Url
        )
    };
    let shorten = fold == Fold::None && ![dynamics, marketo].iter().any(exact);
    let limits = [dynamics, marketo].into_iter().filter_map(Limit::of);
    Rule::Text {
        fold,
        shorten,
        limits: limits.collect(),
    }
}

fn boolean_rule(marketo: &FieldInfo) -> Rule {
    Rule::Boolean {
        null_is_false: marketo.kind == FieldKind::Boolean,
    }
}

/// The smaller number of digits after the point of a pair.
fn common_scale(dynamics: &FieldInfo, marketo: &FieldInfo) -> u32 {
    let scale = |info: &FieldInfo| match class(info.kind) {
        Class::Integer => Some(0),
        Class::Decimal => info.precision,
        _ => None,
    };
    match (scale(dynamics), scale(marketo)) {
        (Some(one), Some(other)) => one.min(other),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => SCALE_WHERE_UNSAID,
    }
}
