//! The store itself: the servers, and whose time scripts go by.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use store::{StoreError, StoreErrorKind};

use crate::nodes::Nodes;

/// The ports of what is ephemeral, on Valkey. Cloning is cheap; clones share their connections.
#[derive(Debug, Clone)]
pub struct ValkeyStore {
    pub(crate) nodes: Arc<Nodes>,
    pub(crate) time: ScriptTime,
}

/// Whose clock decides inside scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScriptTime {
    /// The server's, which is one for all processes.
    #[default]
    Server,
    /// The request's: for tests, which have a time of their own.
    Request,
}

impl ValkeyStore {
    /// The same store with another clock.
    #[must_use]
    pub fn with_time(self, time: ScriptTime) -> Self {
        Self { time, ..self }
    }

    /// Whether every server answers, as far as is known.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.nodes.answer()
    }

    /// For how long a counter is kept when it no longer differs from an unused one. The server's clock decides when that is, so
    /// where time is not the server's, it must not pass there.
    pub(crate) fn kept_beyond_use(&self) -> Duration {
        match self.time {
            ScriptTime::Server => Duration::ZERO,
            ScriptTime::Request => Duration::from_secs(3_600),
        }
    }

    /// What a script gets for the time.
    pub(crate) fn time(&self, now: Timestamp) -> Vec<u8> {
        match self.time {
            ScriptTime::Server => Vec::new(),
            ScriptTime::Request => decimal(&now.as_millisecond()),
        }
    }
}

/// A number as scripts read it.
pub(crate) fn decimal(number: &impl ToString) -> Vec<u8> {
    number.to_string().into_bytes()
}

/// Whether another store may take over what this error is about.
pub(crate) fn is_outage(error: &StoreError) -> bool {
    error.kind != StoreErrorKind::Corrupt
}
