//! The sandbox's servers, proven from outside.

mod marketo;
//! The sandbox servers, tried over real HTTP against what the vendors' documents say.

mod dynamics;
mod dynamics_harness;
