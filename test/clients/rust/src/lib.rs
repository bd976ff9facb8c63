//! What the drivers of Rust clients share: arguments in, one JSON line per scenario out, the scenarios and their helpers.
//! See ../README.md for the contract. Nothing here knows a client.

// Only this crate implements these traits, and its futures stay on one thread.
#![allow(async_fn_in_trait)]

pub mod client;
pub mod harness;
mod scenarios;
