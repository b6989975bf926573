//! A durable store with a cache in front of it for what is ephemeral.
//!
//! - What is durable goes to the durable store, always; and so does all of the audit trail.
//! - A verification is where its id says, and nowhere else. New ones are opened in the cache as long as every server of it answers.
//! - Counters, requests and copies of enrollments are in the cache; the durable store takes over for each call that the cache
//!   fails, and for all while the breaker is open.
//! - Without a cache, everything is in the durable store, whatever ids say.

mod account;
mod audit;
mod completion;
mod durable;
mod enrollment;
mod fallback;
mod keys;
mod session;
mod verification;

use crate::ValkeyStore;

/// The ports of both. Cloning is cheap if `D`'s is.
#[derive(Debug, Clone)]
pub struct Tiered<D> {
    durable: D,
    cache: Option<ValkeyStore>,
}

impl<D> Tiered<D> {
    /// Both.
    #[must_use]
    pub fn new(durable: D, cache: ValkeyStore) -> Self {
        Self { durable, cache: Some(cache) }
    }

    /// The durable store alone.
    #[must_use]
    pub fn without_cache(durable: D) -> Self {
        Self { durable, cache: None }
    }
}
