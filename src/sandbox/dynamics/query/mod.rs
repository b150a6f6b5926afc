//! Queries over several tables: one plan for SQL, FetchXML with links and aggregates, and `$apply`.
//!
//! Each language is read into a [`plan::Plan`]; joining, grouping, ordering and writing are common.

mod aggregate;
mod apply;
mod criteria;
mod document;
mod group;
mod join;
mod lex;
mod like;
mod parse;
mod plan;
mod predicate;
mod run;
mod select;
mod show;
mod sql;
mod token;

pub use apply::answer as apply;
pub use document::{answer as fetch, concerns};
pub use like::Wild;
pub use sql::answer as sql;
