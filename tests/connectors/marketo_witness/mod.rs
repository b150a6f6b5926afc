//! The real Marketo connector against the real sandbox over loopback HTTP: two readings of the vendor's documents, made
//! apart, that have to agree.

mod bulk;
mod faults;
mod feeds;
mod lists;
mod objects;
mod pair;
mod values;
