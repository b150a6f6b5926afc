//! The house rules that can be read off the source: rooms, quarantined crates, first lines, sizes.

mod crates;
mod pages;
mod rooms;
mod source;
