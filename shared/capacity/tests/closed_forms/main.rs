//! The simulator against what is known of queues without simulating them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod gateway;
mod occupancy;
mod sampling;
mod world;
