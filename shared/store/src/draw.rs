//! Counters of limits: ephemeral.

use std::future::Future;

use domain::{CounterKey, Draw, Drawn};

use crate::StoreError;

/// Draws permits from a counter.
pub trait DrawPermits: Send + Sync {
    /// What [`domain::Counter::draw`] decides on the stored state, with the state replaced in the same write: exact under any
    /// concurrency. Repeating a draw whose answer was lost, with the same id, counts once as long as no more than
    /// [`domain::Counter::RECENT`] others came between.
    ///
    /// A store with a clock of its own may take its time in place of the draw's.
    fn draw_permits(&self, key: &CounterKey, draw: &Draw) -> impl Future<Output = Result<Drawn, StoreError>> + Send;
}
