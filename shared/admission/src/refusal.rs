//! Why a request is not let in.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::EntropyUnavailable;
use store::StoreError;

/// Why a request is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A limit is used up.
    #[error("the limit {} is used up", .0.limit)]
    Limited(Limited),
    /// The operator's list refuses whom the request comes from or is about.
    #[error("the operator's list refuses the request")]
    Denied,
    /// A limit or the list can't be read.
    #[error("a limit or the operator's list can't be read")]
    Store(#[from] StoreError),
    /// A draw can't be named.
    #[error("a draw can't be named")]
    Entropy(#[from] EntropyUnavailable),
}

/// The limit that fired: of several, the one that takes longest to have a permit again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// Its name in the policy.
    pub limit: &'static str,
    /// How many requests it lets in.
    pub quota: NonZeroU32,
    /// In which time: whole seconds.
    pub period: Duration,
    /// After how long a request is let in again if nobody else uses the permit.
    pub retry_after: Duration,
}
