//! What is measured of one request.

use std::time::Duration;

use jiff::Timestamp;

/// One request in numbers. There is nothing in it that a caller could have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measurement {
    /// When the request was answered.
    pub at: Timestamp,
    /// How long that took.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// How many key derivations ran.
    pub kdf_runs: u32,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As the caller asked.
    Succeeded,
    /// With a problem that is the caller's.
    Refused,
    /// With a problem that is ours.
    Failed,
}

impl Outcome {
    /// What an HTTP status means.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            0..400 => Self::Succeeded,
            400..500 => Self::Refused,
            500.. => Self::Failed,
        }
    }
}
