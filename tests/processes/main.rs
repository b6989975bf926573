//! Real processes: hosts of `countersign serve` that share one DynamoDB, and perhaps a Redis, and are killed.
//!
//! They run the program beside this test's own: `cargo build -p local` makes it, and so does every run of the tests of the
//! whole workspace. Redis is `redis-server`, which is stopped by real signals.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says what it measured"
)]

mod anywhere;
mod attempts;
mod audit_log;
mod client;
mod connections;
mod engine;
mod host;
mod idempotency;
mod limits;
mod load;
mod lockout;
mod outage;
mod patience;
mod relay;
mod retrying;
mod state;
mod switching;
mod takeover;
mod valkey;
mod verification;
mod windows;
