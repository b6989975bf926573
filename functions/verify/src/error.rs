//! Why an attempt gives no token.

use std::time::Duration;

use admission::Refusal;
use audit::RecordError;
use countersign_http::{Problem, ProblemType};
use crypto::{KdfBusy, KeyError, OpenRefused, SealFailed, VerifierError};
use domain::EntropyUnavailable;
use keyring::KeyringError;
use store::StoreError;

/// Why an attempt gives no token.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A limit is used up, or the operator's list refuses the request.
    #[error("the request is not let in")]
    Admission(#[from] Refusal),
    /// Too many attempts wait to be compared. Nothing was claimed, or the claim is given up.
    #[error("the attempt can't be compared in time")]
    Busy(#[from] KdfBusy),
    /// The tenant has no such verification.
    #[error("there is no such verification")]
    Unknown,
    /// The capability is not this verification's.
    #[error("the capability is not this verification's")]
    NotTheHolder,
    /// The verification is over or its attempts are used up.
    #[error("the verification is closed")]
    Closed,
    /// The presented types are not the ones asked for. Costs no attempt.
    #[error("other factors are asked for")]
    Mismatched,
    /// The idempotency key named an attempt of another body.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The first request under this idempotency key is not decided yet.
    #[error("the attempt is in progress")]
    InProgress,
    /// The presented factors are wrong.
    #[error("the presented factors are wrong")]
    Wrong {
        /// Attempts that are left.
        attempts_remaining: u8,
    },
    /// A key is not to be had.
    #[error("a key is not to be had")]
    Keys(#[from] KeyringError),
    /// The store does not answer.
    #[error("the attempt can't be stored, or what it needs be read")]
    Store(#[from] StoreError),
    /// The stored enrollment or answer is not genuine.
    #[error("the enrollment or the answer can't be opened")]
    Open(#[from] OpenRefused),
    /// The answer can't be sealed; or upgraded verifiers, which fails no attempt.
    #[error("the answer or the verifiers can't be sealed")]
    Seal(#[from] SealFailed),
    /// The upgrade takes too long. Fails no attempt.
    #[error("the upgrade takes too long")]
    LateUpgrade,
    /// The comparison could not be finished.
    #[error("the comparison could not be finished")]
    Verifier(#[from] VerifierError),
    /// The user's sessions keep changing.
    #[error("the user's sessions keep changing")]
    Contended,
    /// A repeated attempt whose outcome is not stored with it, which none is.
    #[error("what became of the attempt is not stored")]
    Forgotten,
    /// The answer can't be written.
    #[error("the answer can't be written")]
    Answer(#[source] serde_json::Error),
    /// The token can't be signed.
    #[error("the token can't be signed")]
    Sign(#[source] KeyError),
    /// The asked set spans less than two categories, which no stored set does.
    #[error("the asked set earns no token")]
    Unearned,
    /// No randomness.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
    /// The audit event is not recorded.
    #[error("the audit event is not recorded")]
    Audit(#[from] RecordError),
}

impl VerifyError {
    /// Whether an execution that ends so has not decided the attempt that it claimed: every fault of ours.
    pub(crate) const fn leaves_undecided(&self) -> bool {
        !matches!(self, Self::Wrong { .. } | Self::Closed)
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Admission(refusal) => refusal.into(),
            VerifyError::Unknown => Self::new(ProblemType::VerificationNotFound),
            VerifyError::NotTheHolder => Self::new(ProblemType::Forbidden),
            VerifyError::Closed => Self::new(ProblemType::VerificationClosed),
            VerifyError::Mismatched => Self::new(ProblemType::FactorsMismatch)
                .at("/factors")
                .detail("present exactly the factors that the verification asks for; no attempt was counted"),
            VerifyError::KeyReused => Self::new(ProblemType::IdempotencyKeyReused),
            VerifyError::InProgress => {
                Self { retry_after: Some(Duration::from_secs(1)), ..Self::new(ProblemType::RequestInProgress) }
            }
            VerifyError::Wrong { attempts_remaining } => {
                Self { attempts_remaining: Some(attempts_remaining), ..Self::new(ProblemType::AuthenticationFailed) }
            }
            VerifyError::Keys(error) => error.into(),
            VerifyError::Store(error) => error.into(),
            VerifyError::Open(_)
            | VerifyError::Seal(_)
            | VerifyError::LateUpgrade
            | VerifyError::Verifier(_)
            | VerifyError::Unearned
            | VerifyError::Forgotten
            | VerifyError::Answer(_)
            | VerifyError::Sign(_) => Self::internal(&error),
            VerifyError::Entropy(error) => error.into(),
            VerifyError::Busy(_) | VerifyError::Contended | VerifyError::Audit(_) => Self::unavailable(&error),
        }
    }
}
