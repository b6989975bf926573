//! Trails as their tenants read them.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod erased;
mod pages;
mod refused;
mod scene;
mod tenants;
