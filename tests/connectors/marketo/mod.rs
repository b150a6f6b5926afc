//! The Marketo connector against answers written by hand from Adobe's documentation.

mod activities;
mod faults;
mod identity;
mod limits;
mod people;
mod schema;
mod script;
mod values;
mod writes;
