//! Counting what a request asks of its stores.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One call of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The port, as its errors name it.
    pub port: &'static str,
    /// The length of the longest chain of calls, each begun after the one before had ended, that ends in this one; from 1.
    pub depth: usize,
    /// How many items the call writes, whether or not its condition holds.
    pub writes: usize,
}

/// What was asked of the stores during one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace(Vec<Call>);

impl Trace {
    /// The calls, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.0
    }

    /// The ports that were called, in the order in which the calls began.
    #[must_use]
    pub fn ports(&self) -> Vec<&'static str> {
        self.0.iter().map(|call| call.port).collect()
    }

    /// How often the request waited: the longest chain of calls, each begun after the one before had ended.
    #[must_use]
    pub fn serial_waits(&self) -> usize {
        self.0.iter().map(|call| call.depth).max().unwrap_or(0)
    }

    /// How many items were written.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.0.iter().map(|call| call.writes).sum()
    }
}

/// Records calls. Clones share their record. One request at a time gives meaningful waits.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    trace: Trace,
    deepest_ended: usize,
}

impl Recorder {
    /// Everything since the last time, and begins anew.
    #[must_use]
    pub fn take(&self) -> Trace {
        std::mem::take(&mut *self.record()).trace
    }

    /// Marks the beginning of a call; it ends when the result is dropped.
    #[must_use]
    pub fn begin(&self, port: &'static str, writes: usize) -> OngoingCall {
        let mut record = self.record();
        let depth = record.deepest_ended + 1;
        record.trace.0.push(Call { port, depth, writes });
        OngoingCall { recorder: self.clone(), depth }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that has begun.
#[derive(Debug)]
pub struct OngoingCall {
    recorder: Recorder,
    depth: usize,
}

impl Drop for OngoingCall {
    fn drop(&mut self) {
        let mut record = self.recorder.record();
        record.deepest_ended = record.deepest_ended.max(self.depth);
    }
}
