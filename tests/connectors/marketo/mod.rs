//! The Marketo connector against answers written by hand from Adobe's documentation.

mod activities;
mod bulk;
mod custom_types;
mod faults;
mod identity;
mod limits;
mod lists;
mod objects;
mod people;
mod schema;
mod script;
mod values;
mod wire;
mod writes;
