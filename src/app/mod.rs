//! What the console knows and decides: `update(&mut State, Event) -> Vec<Effect>`, pure.
//!
//! No terminal, no clock, no channel, no disk in here: keys, time, engine news and query answers come in
//! as [`Event`]s, everything the outside must do leaves as [`Effect`]s. Only `runner.rs` is async: it
//! performs the effects against a [`Backend`], which the front desk wires to the store and the engine.
//! One table ([`registry`]) is the source of the keys, the footer, the help and the palette.

mod act;
mod draft;
mod effect;
mod enabled;
mod event;
mod key;
mod overlay;
mod panes;
mod parts;
mod pointer;
mod quitting;
mod registry;
mod runner;
mod state;
mod update;

pub use crate::engine::{
    Alike, Command, EntityStatus, News, NewsKind, Snapshot, THROUGHPUT_SECONDS,
};
pub use draft::Draft;
pub use effect::{
    CommandId, ConflictQuery, Effect, Exit, FailureRow, FieldCount, Loaded, MappingRow,
    MappingView, Query, QueryId, QuitMode, StatusFilter,
};
pub use enabled::why_not;
pub use event::{Event, Target};
pub use key::{Code, Key};
pub use overlay::{Choice, Dialog, Edit, Filter, Help, Menu, MenuRow, Overlay, Palette, hits};
pub use panes::{
    Cell, Conflicts, Entities, Failures, Level, Mappings, Need, Overview, Sending, group, needs,
    seconds_left,
};
pub use parts::{Cursor, Load, NEWS_KEPT, NewsList, Toast, Toasts, Tone};
pub use registry::{Action, ActionDef, Pane, REGISTRY, Scope, footer, help_rows};
pub use runner::{ANSWERS_WAITING, Backend, COMMANDS_WAITING, EngineFeed, Runner};
pub use state::{Flight, Panes, Session, Size, State};
pub use update::{update, wakes_at};
