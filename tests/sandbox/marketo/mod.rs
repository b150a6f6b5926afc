//! The Marketo side of the sandbox, proven over HTTP against what the vendor documents.

mod activities;
mod harness;
mod identity;
mod leads;
mod limits;
mod schema;
mod values;
