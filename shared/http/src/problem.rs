//! One problem: a kind and what may be said about this occurrence (RFC 9457).

use std::error::Error;
use std::time::Duration;

use admission::{Limited, Refusal};
use crypto::KeyError;
use domain::{EntropyUnavailable, IdempotencyKeyRefused, Scope};
use keyring::KeyringError;
use store::{StoreError, StoreErrorKind};
use telemetry::Chain;

use crate::ProblemType;

/// An expected failure on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The kind.
    pub kind: ProblemType,
    /// What is wrong in this occurrence; written by us, never computed from the request.
    pub detail: Option<&'static str>,
    /// Which part of the body is at fault (RFC 6901), built from names of our own and positions only.
    pub pointer: Option<String>,
    /// How many attempts the verification still takes, for wrong ones.
    pub attempts_remaining: Option<u8>,
    /// After how long to try again.
    pub retry_after: Option<Duration>,
    /// The limit that is used up, for what it refuses.
    pub limited: Option<Limited>,
    /// What the API key lacks, for what it is not for.
    pub needed_scope: Option<Scope>,
}

impl Problem {
    /// A problem of this kind that says no more than its kind does.
    #[must_use]
    pub const fn new(kind: ProblemType) -> Self {
        Self {
            kind,
            detail: None,
            pointer: None,
            attempts_remaining: None,
            retry_after: None,
            limited: None,
            needed_scope: None,
        }
    }

    /// Adds what is wrong.
    #[must_use]
    pub const fn detail(mut self, detail: &'static str) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Adds where in the body.
    #[must_use]
    pub fn at(mut self, pointer: &'static str) -> Self {
        self.pointer = Some(pointer.to_owned());
        self
    }

    /// A malformed part of the body: where and what.
    #[must_use]
    pub fn invalid(pointer: &'static str, detail: &'static str) -> Self {
        Self::new(ProblemType::InvalidRequest).at(pointer).detail(detail)
    }

    /// An API key that lacks this scope.
    #[must_use]
    pub fn insufficient_scope(needed: Scope) -> Self {
        Self { needed_scope: Some(needed), ..Self::new(ProblemType::InsufficientScope) }
    }

    /// Something did not answer. Logs the cause, since this is where it becomes a response.
    #[must_use]
    pub fn unavailable(cause: &(dyn Error + 'static)) -> Self {
        tracing::error!(error.chain = %Chain::of(cause), "answered 503: a dependency did not answer");
        Self { retry_after: Some(RETRY_AFTER), ..Self::new(ProblemType::Unavailable) }
    }

    /// A fault that a retry will not mend. Logs the cause, since this is where it becomes a response.
    #[must_use]
    pub fn internal(cause: &(dyn Error + 'static)) -> Self {
        tracing::error!(error.chain = %Chain::of(cause), "answered 500: a fault of the service");
        Self::new(ProblemType::InternalError)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::Corrupt => Self::internal(&error),
            StoreErrorKind::Throttled | StoreErrorKind::Unavailable => Self::unavailable(&error),
        }
    }
}

impl From<KeyringError> for Problem {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Store(error) => error.into(),
            KeyringError::Key(KeyError::Unavailable(_)) | KeyringError::Entropy(_) | KeyringError::JustFailed => {
                Self::unavailable(&error)
            }
            KeyringError::Key(KeyError::Refused) | KeyringError::Missing(_) => Self::internal(&error),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Limited(limited) => Self {
                retry_after: Some(limited.retry_after),
                limited: Some(limited),
                ..Self::new(ProblemType::RateLimited)
            },
            Refusal::Denied => Self::new(ProblemType::Forbidden).detail("the operator refuses this caller or user"),
            Refusal::Store(error) => error.into(),
            Refusal::Entropy(error) => error.into(),
        }
    }
}

impl From<EntropyUnavailable> for Problem {
    fn from(error: EntropyUnavailable) -> Self {
        Self::unavailable(&error)
    }
}

impl From<IdempotencyKeyRefused> for Problem {
    fn from(refused: IdempotencyKeyRefused) -> Self {
        match refused {
            IdempotencyKeyRefused::Malformed => Self::new(ProblemType::IdempotencyKeyInvalid)
                .detail("Idempotency-Key must be one UUID of version 7 in hyphenated form"),
            IdempotencyKeyRefused::Stale => Self::new(ProblemType::IdempotencyKeyStale)
                .detail("the time inside Idempotency-Key must be within 5 minutes of the server's"),
        }
    }
}

/// One second: longer than a throttled partition needs to recover, short enough to be waited for by a person.
const RETRY_AFTER: Duration = Duration::from_secs(1);
