//! What becomes of an attempt that is executed more than once, while its account is locked, or beside others.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod enrolled;
mod locked;
mod repeated;
mod scene;
mod together;
