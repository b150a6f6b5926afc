//! The Marketo side of the sandbox, proven over HTTP against what the vendor documents.

mod activities;
mod around;
mod bulk;
mod contract;
mod custom_objects;
mod harness;
mod identity;
mod imports;
mod leads;
mod limits;
mod objects;
mod rough;
mod schema;
mod switches;
mod values;
