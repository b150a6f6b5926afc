//! One integration-test binary: module declarations only, so that it links once.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "tests"
)]

mod app;
mod cli;
mod config;
mod connectors;
mod engine;
mod mapping;
mod parity;
mod reconcile;
mod sandbox;
mod simulation;
mod store;
mod tidy;
mod tui;
