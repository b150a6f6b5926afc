//! The options of a pair: codes on one side, labels on the other.

use std::collections::HashMap;

use super::text::clean;
use crate::model::FieldInfo;

/// Codes by label and labels by code; labels are found without regard to case and outer blanks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct OptionTable {
    codes: HashMap<String, i64>,
    labels: HashMap<i64, String>,
    order: Vec<i64>,
}

impl OptionTable {
    /// The options of whichever side has them, Dynamics first.
    pub(super) fn of(dynamics: &FieldInfo, marketo: &FieldInfo) -> Self {
        let mut table = Self::default();
        for item in dynamics.options.iter().chain(&marketo.options) {
            let label = clean(&item.label);
            if label.is_empty() || table.labels.contains_key(&item.code) {
                continue;
            }
            // Of two options with one label the first stands for both: a label cannot tell them apart.
            table.codes.entry(key(&label)).or_insert(item.code);
            table.labels.insert(item.code, label);
            table.order.push(item.code);
        }
        table
    }

    /// The code of `label`.
    pub(super) fn code(&self, label: &str) -> Option<i64> {
        self.codes.get(&key(&clean(label))).copied()
    }

    /// The label of `code`.
    pub(super) fn label(&self, code: i64) -> Option<&str> {
        self.labels.get(&code).map(String::as_str)
    }

    /// The code that stands for `code`: the first one with its label.
    pub(super) fn same(&self, code: i64) -> i64 {
        let label = self.labels.get(&code);
        label
            .and_then(|label| self.codes.get(&key(label)))
            .copied()
            .unwrap_or(code)
    }

    /// Whether two options share a label.
    pub(super) fn has_twins(&self) -> bool {
        self.codes.len() < self.labels.len()
    }

    /// Up to `most` labels, as a list to read.
    pub(super) fn words(&self, most: usize) -> String {
        let labels = self.order.iter().filter_map(|code| self.label(*code));
        let shown: Vec<&str> = labels.take(most).collect();
        let more = if self.order.len() > most { ", …" } else { "" };
        format!("{}{more}", shown.join(", "))
    }
}

fn key(label: &str) -> String {
    label.to_lowercase()
}
