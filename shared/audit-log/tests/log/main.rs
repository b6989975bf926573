//! The log: what it detects, what it proves, and where it keeps its objects.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod by_hand;
mod faults;
mod format;
mod kept;
mod merkle;
mod proofs;
mod rewriting;
mod sample;
mod tampering;
