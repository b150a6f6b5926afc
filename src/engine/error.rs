//! What ends a cycle early.

use crate::connectors::{ConnectorError, Trouble};
use crate::mapping::MappingError;
use crate::store::StoreError;

/// What ends a cycle early. Single records never do: they become failures.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The state file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A vendor could not be asked.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    /// A field map cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// A brake, an unexpected identity or a missing approval holds the engine.
    #[error("{reason}")]
    Halted {
        /// Why, and what would release it.
        reason: String,
        /// The plan that can be approved, by name.
        plan: Option<String>,
    },
    /// Another engine works on this state file.
    #[error("{0}")]
    Held(String),
}

impl EngineError {
    /// A halt that no approval releases.
    pub fn halted(reason: impl Into<String>) -> Self {
        Self::Halted {
            reason: reason.into(),
            plan: None,
        }
    }

    /// Whether the engine waits for a person (a brake, credentials, set-up) rather than for better weather.
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::Halted { .. } | Self::Held(_) | Self::Mapping(_) => true,
            Self::Connector(error) => error.trouble == Trouble::Configuration,
            Self::Store(_) => false,
        }
    }
}
