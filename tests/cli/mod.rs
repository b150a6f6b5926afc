//! The real binary: the command line's contract, and the console in a pseudo-terminal.

mod console;
mod contract;
mod entities;
mod ledger;
mod masking;
mod rules;
mod servers;
