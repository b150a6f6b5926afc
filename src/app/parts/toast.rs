//! Short messages above the footer, which go away by themselves.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a message stays.
const STAYS: TimeDelta = TimeDelta::seconds(6);
/// More than these are never kept.
const KEPT: usize = 8;

/// What a message means; always shown as a word or a glyph too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// To know.
    Note,
    /// It did not work.
    Bad,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// What it means.
    pub tone: Tone,
    /// What it says.
    pub text: String,
    /// When it goes away.
    pub until: DateTime<Utc>,
}

/// The messages, oldest first; the newest is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toasts(Vec<Toast>);

impl Toasts {
    /// Adds a message.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>, now: DateTime<Utc>) {
        let text = text.into();
        self.0.retain(|toast| toast.text != text);
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(Toast {
            tone,
            text,
            until: now + STAYS,
        });
    }

    /// The message to show.
    pub fn newest(&self) -> Option<&Toast> {
        self.0.last()
    }

    /// Forgets what is over.
    pub fn expire(&mut self, now: DateTime<Utc>) {
        self.0.retain(|toast| toast.until > now);
    }

    /// When the next one is over.
    pub fn wakes_at(&self) -> Option<DateTime<Utc>> {
        self.0.iter().map(|toast| toast.until).min()
    }
}
