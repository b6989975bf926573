//! The host as a whole: the program, its data directory, its engine, several of them beside each other.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod keys;
mod program;
mod readme;
mod sharing;
mod users;
