//! The engine, proved end to end in one thread: real connectors and store, both vendors in-process, paused time.

mod brakes;
mod budget;
mod conversions;
mod crash;
mod deletes;
mod directions;
mod edits;
mod failing;
mod faults;
mod first_copy;
pub mod harness;
mod horizons;
mod late;
mod life_events;
mod maps;
mod marketo_only;
mod matching;
pub mod objects;
mod pauses;
mod preview;
mod rebind;
pub mod records;
mod restored;
mod scope;
mod trouble;
mod unanswered;
mod undoing;
