//! Text as both sides can hold it: cleaning, measuring in each side's unit, cutting at character boundaries.

use unicode_normalization::UnicodeNormalization;

use crate::model::{FieldInfo, LengthUnit};

/// The longest text a side takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    /// How many units.
    pub max: usize,
    /// What is counted.
    pub unit: LengthUnit,
}

impl Limit {
    /// The limit of a field, where its side says so.
    pub(super) fn of(info: &FieldInfo) -> Option<Self> {
        let max = info.max_length? as usize;
        let unit = info.length_unit;
        Some(Self { max, unit })
    }

    /// Whether `text` fits.
    pub(super) fn holds(self, text: &str) -> bool {
        let used = match self.unit {
            LengthUnit::Utf16 => text.encode_utf16().count(),
            LengthUnit::Chars => text.chars().count(),
            LengthUnit::Bytes => text.len(),
        };
        used <= self.max
    }

    /// The longest start of `text` that fits, whole characters only.
    pub(super) fn cut(self, text: &str) -> &str {
        let mut used = 0;
        for (position, letter) in text.char_indices() {
            used += match self.unit {
                LengthUnit::Utf16 => letter.len_utf16(),
                LengthUnit::Chars => 1,
                LengthUnit::Bytes => letter.len_utf8(),
            };
            if used > self.max {
                return &text[..position];
            }
        }
        text
    }

    /// The limit in words.
    pub(super) fn words(self) -> String {
        let unit = match self.unit {
            LengthUnit::Bytes => "bytes",
            LengthUnit::Utf16 | LengthUnit::Chars => "characters",
        };
        format!("{} {unit}", self.max)
    }
}

/// Text free of differences that mean nothing: LF line ends, no control characters (Dynamics refuses them with
/// 0x80040278), composed Unicode, no blanks at the ends.
pub(super) fn clean(text: &str) -> String {
    // The everyday value is short ASCII without control characters: one pass finds that out.
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return text.trim().to_owned();
    }
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = lines
        .chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
    kept.nfc().collect::<String>().trim().to_owned()
}

/// Cuts `text` to every limit, in place; blanks left at the end go too.
pub(super) fn shorten(text: &mut String, limits: &[Limit]) {
    for limit in limits {
        let kept = limit.cut(text).len();
        text.truncate(kept);
    }
    let kept = text.trim_end().len();
    text.truncate(kept);
}
