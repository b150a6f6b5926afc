//! The sandbox servers, tried over real HTTP against what the vendors' documents say.

mod both;
mod dynamics;
pub mod dynamics;
mod marketo;
