//! The sandbox servers, tried over real HTTP against what the vendors' documents say.

mod both;
pub mod dynamics;
mod marketo;
