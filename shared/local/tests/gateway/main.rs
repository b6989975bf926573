//! The gateway over the ports in memory: routes, credentials, events, faults.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod credentials;
mod faults;
mod limits;
mod requests;
mod sockets;
mod world;
