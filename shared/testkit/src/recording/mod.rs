//! A store under observation: what it is asked is counted, and calls can be made to fail.

mod audit_ports;
mod faults;
mod key_ports;
mod observation;
mod ports;
mod recorder;
mod session_ports;

pub use faults::{Fault, Faults};
pub use observation::Observation;
pub use recorder::{Call, OngoingCall, Recorder, Trace};

use std::future::Future;

use store::{StoreError, StoreErrorKind};

use crate::MemoryStore;

/// Any store, with every call recorded and struck as planned. Clones share store, record and plan.
#[derive(Debug, Clone, Default)]
pub struct RecordingStore<S> {
    inner: S,
    observation: Observation,
}

/// The fault store of `docs/`: the ports in memory, with faults.
pub type FaultStore = RecordingStore<MemoryStore>;

impl<S> RecordingStore<S> {
    /// Observes `inner`.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self { inner, observation: Observation::default() }
    }

    /// Observes `inner` together with what else has this observation.
    #[must_use]
    pub const fn observed_by(inner: S, observation: Observation) -> Self {
        Self { inner, observation }
    }

    /// What is recorded and planned, to share with other fakes.
    #[must_use]
    pub const fn observation(&self) -> &Observation {
        &self.observation
    }

    /// The record.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder {
        &self.observation.recorder
    }

    /// The plan.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.observation.faults
    }

    async fn run<V: Send>(
        &self,
        port: &'static str,
        writes: usize,
        call: impl Future<Output = Result<V, StoreError>> + Send,
    ) -> Result<V, StoreError>
    where
        S: Sync,
    {
        self.observation.run(port, writes, call, |kind| planned(kind, port)).await
    }
}

fn planned(kind: StoreErrorKind, port: &'static str) -> StoreError {
    StoreError::new(kind, port, "planned by the test")
}

#[cfg(test)]
mod tests;
