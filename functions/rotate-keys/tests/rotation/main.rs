//! Plans over years, runs on a store, and the clients who keep the published keys.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod clients;
mod plan;
mod scene;
mod tasks;
