//! The Dataverse Web API, against answers written by hand from its documentation.

mod feed;
mod script;
mod write;
