//! The Marketo side of the sandbox, proven over HTTP against what the vendor documents.

mod activities;
mod around;
mod bulk;
mod bullets;
mod contract;
mod custom_objects;
mod feed_calls;
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
