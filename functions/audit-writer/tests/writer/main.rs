//! The writer on a log in memory, with batches as SQS delivers them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::future_not_send, reason = "simulated writers are polled by hand, on one thread")]

mod crashes;
mod deliveries;
mod forwarding;
mod leases;
mod logging;
mod simulation;
mod world;
