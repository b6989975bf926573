//! The ports of what is ephemeral on Valkey, and the store that puts it in front of a durable one. The only crate that names the
//! client and the ElastiCache API.
//!
//! - [`ValkeyStore`] has the ports of verifications, counters, requests and copies of enrollments.
//! - [`Tiered`] has all ports: the cache's as long as it answers, and the durable store's.
//! - Every race is decided by one command or script on one key; what is stored expires by the same command.
//! - Every command may be sent twice, as is done when an answer is lost: nonces, draw ids and fingerprints tell our own first one.
//! - What is read is checked strictly: an impossible value is an error that names its key, never values.

mod breaker;
mod bytes;
mod client;
mod connector;
mod discovery;
mod draw;
mod enrollment;
mod error;
mod keys;
mod layout;
mod node;
mod nodes;
mod request;
mod script;
mod slot;
mod start;
mod tiered;
mod token;
mod verification;

pub use client::{ScriptTime, ValkeyStore};
pub use discovery::NotFound;
pub use error::{CacheFailure, CorruptEntry};
pub use start::StartError;
pub use tiered::Tiered;
