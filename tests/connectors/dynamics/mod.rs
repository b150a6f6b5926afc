//! The Dataverse Web API, against answers written by hand from its documentation.

mod feed;
mod metadata;
mod script;
mod write;
