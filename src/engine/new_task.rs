//! A task to be, in the words of whoever asks for it, and the codes Dynamics has for them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::RecordKey;

/// A task is due after so many days where nobody says otherwise, as with Marketo's own connector.
pub const TASK_DUE_DAYS: i64 = 5;
/// How much a task presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskPriority {
    /// Some day.
    Low,
    /// As most do.
    #[default]
    Normal,
    /// Before the others.
    High,
}

/// How far a task is; its status reason in Dynamics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Nobody has begun.
    #[default]
    NotStarted,
    /// Somebody is at it.
    InProgress,
    /// It waits for someone else.
    Waiting,
    /// Put off.
    Deferred,
    /// Done.
    Completed,
    /// Not to be done.
    Canceled,
}

impl TaskPriority {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Low => 0,
            Self::Normal => 1,
            Self::High => 2,
        }
    }
}

impl TaskStatus {
    /// The `statecode` and `statuscode` of Dynamics.
    pub(super) fn codes(self) -> (i64, i64) {
        match self {
            Self::NotStarted => (0, 2),
            Self::InProgress => (0, 3),
            Self::Waiting => (0, 4),
            Self::Deferred => (0, 7),
            Self::Completed => (1, 5),
            Self::Canceled => (2, 6),
        }
    }
}

/// A task to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// Its GUID; the same one never makes a second task.
    pub id: Uuid,
    /// Whom it is about, by either id; linked to a row in Dynamics.
    pub about: RecordKey,
    /// Its subject.
    pub subject: String,
    /// More about it; empty for nothing.
    pub body: String,
    /// When it is due; none for [`TASK_DUE_DAYS`] from now.
    pub due: Option<DateTime<Utc>>,
    /// How much it presses.
    pub priority: TaskPriority,
    /// How far it is.
    pub status: TaskStatus,
}
