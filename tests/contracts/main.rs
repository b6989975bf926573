//! What code, template, documents and examples say about each other. Each test holds two of them together, so that neither
//! can change alone.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a contract that can't be read is a failure")]
#![expect(clippy::indexing_slicing, clippy::panic, reason = "a contract that can't be read is a failure")]

mod audit_log;
mod bans;
mod deadlines;
mod dependencies;
mod documents;
mod environment;
mod limits;
mod network;
mod openapi;
mod ports;
mod problems;
mod repository;
mod routes;
mod sources;
mod template;
mod tenants;
