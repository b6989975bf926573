//! The log: what it detects, what it proves, and where it keeps its objects.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;
mod tampering;
