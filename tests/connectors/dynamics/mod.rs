//! The Dataverse Web API, against answers written by hand from its documentation.

mod batch;
mod faults;
mod feed;
mod metadata;
mod parts;
mod pressure;
mod qualify;
mod restored;
mod script;
mod sockets;
mod table;
mod tokens;
mod values;
mod write;
