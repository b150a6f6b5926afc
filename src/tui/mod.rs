//! What the admin sees: draws `&State`, owns nothing but the terminal.
//!
//! [`run`] is the console: it takes the terminal, feeds events to [`crate::app::update`], hands effects to the
//! runner and draws when something changed: a key at once, the engine's news at most 30 times a second, nothing
//! when nothing changed. [`draw`] does no I/O. Entry types: [`run`], [`Exit`], [`TuiError`].

mod dialogs;
mod header;
mod hit;
mod input;
mod panes;
mod run;
mod shell;
mod signals;
mod terminal;
mod text;
mod theme;
mod widgets;

pub use crate::app::Exit;
pub use hit::target;
pub use run::run;
pub use shell::draw;
pub use terminal::{Painter, background_panic, restore};
pub use text::clean;

/// What can go wrong with the console itself.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal could not be taken or written.
    #[error("the terminal could not be used: {0}")]
    Terminal(#[from] std::io::Error),
    /// The console panicked; the terminal is restored and the engine still runs.
    #[error("the console failed; the terminal is restored, the store is whole")]
    Panicked,
}
