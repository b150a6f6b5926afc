//! The sandbox's servers, proven from outside.

mod marketo;
