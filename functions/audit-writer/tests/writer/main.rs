//! The writer on a log in memory, with batches as SQS delivers them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crashes;
mod deliveries;
mod forwarding;
mod leases;
mod logging;
mod simulation;
mod world;
