//! A value the admin types: turned into its canonical form, or told what is expected.

use super::CheckedField;
use super::canon::{canonical, kept};
use super::equivalence::{Fold, Rule};
use super::render::LABELS_SHOWN;
use super::text::Limit;
use crate::model::{Side, Value};

impl CheckedField {
    /// The canonical value of what the admin typed; nothing typed clears the field. The error says what is expected.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let typed = Value::text(text);
        let value = canonical(&self.rule, &typed);
        let fits = Side::BOTH
            .into_iter()
            .all(|side| self.to_side(side, &value).is_ok());
        if !fits || self.was_cut(&typed) || self.is_no_address(&value) {
            return Err(format!("expected {}", self.expects()));
        }
        Ok(value)
    }

    /// What a typed value has to be, in words: `a day such as 2031-02-03`.
    pub fn expects(&self) -> String {
        match &self.rule {
            Rule::Text { fold, limits, .. } => {
                let what = match fold {
                    Fold::None => "text",
                    Fold::Case => "an e-mail address such as ada@example.com, ASCII letters only",
                    Fold::Punctuation => "a phone number such as +49 89 1234567",
                };
                let limit = limits.iter().min_by_key(|limit| limit.max);
                match limit {
                    Some(limit) => format!("{what}, at most {}", limit.words()),
                    None => what.to_owned(),
                }
            }
            Rule::Number { scale: 0 } => "a whole number from -2147483648 to 2147483647".to_owned(),
            Rule::Number { scale } => {
                format!("a number such as 1250.5, at most {scale} digits after the point")
            }
            Rule::Boolean { .. } => "true or false".to_owned(),
            Rule::Date => "a day such as 2031-02-03".to_owned(),
            Rule::DateTime => "a moment such as 2031-02-03T04:05:06Z".to_owned(),
            Rule::Choice(table) => format!("one of: {}", table.words(LABELS_SHOWN)),
            Rule::Choices(table) => {
                let labels = table.words(LABELS_SHOWN);
                format!("some of these, with ; between them: {labels}")
            }
            Rule::Id => "a GUID such as 7c2e91aa-0000-4000-8000-000000000001".to_owned(),
        }
    }

    /// Whether the typed text is longer than a side takes; shortening is for what comes from a side, not for a decision.
    pub(super) fn was_cut(&self, typed: &Value) -> bool {
        let Rule::Text { limits, .. } = &self.rule else {
            return false;
        };
        let uncut = Rule::Text {
            fold: Fold::None,
            shorten: false,
            limits: Vec::new(),
        };
        let text = kept(&uncut, typed);
        let fits = |text: &str| limits.iter().all(|limit: &Limit| limit.holds(text));
        text.as_text().is_some_and(|text| !fits(text))
    }

    fn is_no_address(&self, value: &Value) -> bool {
        let is_email = matches!(
            self.rule,
            Rule::Text {
                fold: Fold::Case,
                ..
            }
        );
        let is_address = |text: &str| {
            let parts = text.split_once('@');
            parts.is_some_and(|(name, host)| {
                !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(' ')
            })
        };
        is_email && value.as_text().is_some_and(|text| !is_address(text))
    }
}
