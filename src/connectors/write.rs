//! What became of one record of a write.

use crate::model::{RecordKey, Refusal};

/// What became of one record of a batch, in the order it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It did not exist and was created.
    Created {
        /// Its id.
        key: RecordKey,
        /// Its row version now (Dynamics).
        version: Option<String>,
    },
    /// It was changed.
    Updated {
        /// Its row version now (Dynamics).
        version: Option<String>,
    },
    /// It was deleted.
    Deleted,
    /// It is not there (any more).
    Gone,
    /// A create found that it already exists.
    Exists,
    /// It changed since it was read: read and decide again.
    Stale,
    /// It matches more than one record.
    Ambiguous,
    /// Not executed, but may be tried again as it is (lock, a stopped batch).
    Retry(Refusal),
    /// May or may not have been executed: never resent, the record is looked at again.
    Unknown(Refusal),
    /// Refused; trying the same again is useless.
    Refused(Refusal),
}

impl WriteOutcome {
    /// The same, where it was not written with the vendor's id of the call that said so.
    pub(crate) fn said_by(self, request: Option<&str>) -> Self {
        let with = |refusal: Refusal| Refusal {
            request: refusal.request.or_else(|| request.map(str::to_owned)),
            ..refusal
        };
        match self {
            Self::Retry(refusal) => Self::Retry(with(refusal)),
            Self::Unknown(refusal) => Self::Unknown(with(refusal)),
            Self::Refused(refusal) => Self::Refused(with(refusal)),
            other => other,
        }
    }
}
