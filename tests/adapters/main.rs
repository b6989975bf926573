//! The conformance suite on every implementation of the ports, and what is special about the one on DynamoDB. An engine
//! that is absent is a failure, never a skip.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod accounts;
mod batches;
mod calls;
mod corrupt;
mod dynamodb_local;
mod embedded;
mod engine;
mod events;
mod lost_answers;
mod memory;
mod outage;
mod records;
mod relay;
mod repetition;
mod scripted;
mod tables;
mod units;
mod valkey;
mod valkey_connections;
mod valkey_counters;
mod valkey_repetition;
mod valkey_tls;
mod valkey_values;
