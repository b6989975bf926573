//! Verifications: ephemeral. The ports are the transitions of the state machine in `domain`.

use std::future::Future;

use domain::{
    Account, FactorSet, Home, IdempotencyKey, RequestFingerprint, RequestNonce, Sealed, Session, SessionId, TenantId,
    Verification, VerificationId,
};
use jiff::Timestamp;

use crate::StoreError;

/// Opens a verification unless one of its id exists.
pub trait OpenVerification: Send + Sync {
    /// Where a verification is to be opened now. Its id must say so.
    fn home(&self) -> Home {
        Home::Table
    }

    /// One conditional write. The id is derived from the request's idempotency key, so this is the replay protection too.
    fn open_verification(
        &self,
        verification: &Verification,
    ) -> impl Future<Output = Result<Opening, StoreError>> + Send;
}

/// What came of opening a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It is open.
    Opened,
    /// This one has the id already: a retry if its request is the same.
    AlreadyOpened(Box<Verification>),
}

/// Reads a verification.
pub trait FindVerification: Send + Sync {
    /// The verification, strongly consistent, expired or not; `None` if there is none of this id.
    fn find_verification(
        &self,
        tenant: TenantId,
        id: VerificationId,
    ) -> impl Future<Output = Result<Option<Verification>, StoreError>> + Send;
}

/// Counts an attempt before anything is compared.
pub trait ClaimAttempt: Send + Sync {
    /// One conditional write: granted and counted if and only if the verification is open at `now`, fewer than the allowed
    /// attempts were claimed, the presented types are those asked for, and the attempt's key is new.
    ///
    /// Granted again, and not counted again: the same execution's claim repeated after its answer was lost, and the same
    /// request's once the execution that claimed it [has died](domain::Attempt::is_abandoned), while the verification is neither
    /// verified nor expired.
    fn claim_attempt(&self, request: &ClaimRequest) -> impl Future<Output = Result<Claim, StoreError>> + Send;
}

/// What an attempt presents to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimRequest {
    /// The owner.
    pub tenant: TenantId,
    /// The verification.
    pub verification: VerificationId,
    /// The attempt's own key and the keyed hash of its body.
    pub attempt: RequestFingerprint,
    /// The execution that claims it.
    pub nonce: RequestNonce,
    /// The factor types that were presented.
    pub presented: FactorSet,
    /// The time to compare the expiry with.
    pub now: Timestamp,
}

/// What came of claiming an attempt. Where several refusals apply, the first in this order is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The attempt is counted and may be compared. The verification is as of just after the claim.
    Granted(Box<Verification>),
    /// There is no such verification.
    Unknown,
    /// This key was claimed before with another body.
    OtherRequest,
    /// This request was claimed before: in the verification, under the attempt's key, is what became of it.
    Repeated(Box<Verification>),
    /// The verification is over or its attempts are used up.
    Closed,
    /// The presented types are not the ones asked for.
    Mismatched,
}

/// A claimed attempt as its execution names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedAttempt {
    /// The owner.
    pub tenant: TenantId,
    /// The verification.
    pub verification: VerificationId,
    /// The attempt's key.
    pub attempt: IdempotencyKey,
    /// The execution that claimed it; once another one has claimed it, this one decides nothing any more.
    pub nonce: RequestNonce,
}

/// Records that a claimed attempt was wrong.
pub trait FailAttempt: Send + Sync {
    /// Turns the execution's claimed attempt into a wrong one. Repeating it changes nothing, and neither does failing an attempt that is
    /// not claimed by this execution or does not exist.
    fn fail_attempt(
        &self,
        attempt: &ClaimedAttempt,
        attempts_remaining: u8,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives the claim up, if it is still this execution's and undecided: the attempt stays counted, and the same request may be
    /// executed again at once, since it is from now on claimed at the Unix epoch. For executions that could not decide it.
    fn release_attempt(&self, attempt: &ClaimedAttempt) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Ends a verification with success.
pub trait CompleteVerification: Send + Sync {
    /// At most one call ever succeeds: marks the verification verified with its answer and opens the session as
    /// [`OpenSession`](crate::OpenSession) does, if and only if the verification is not verified yet and not expired when the
    /// session was created, and the attempt is this execution's claimed one.
    ///
    /// Repeating a call whose answer was lost, with the same session id, gives [`Completion::Completed`] again and leaves the
    /// session as it is by then.
    ///
    /// A stored session is never overwritten: another verification's session id is [`StoreErrorKind::Corrupt`], and a
    /// verification in the table stays as it was.
    ///
    /// [`StoreErrorKind::Corrupt`]: crate::StoreErrorKind::Corrupt
    fn complete_verification(
        &self,
        request: &CompletionRequest,
    ) -> impl Future<Output = Result<Completion, StoreError>> + Send;
}

/// The right attempt and the session that it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionRequest {
    /// The verification.
    pub verification: VerificationId,
    /// The attempt that was right.
    pub attempt: IdempotencyKey,
    /// The execution that claimed it.
    pub nonce: RequestNonce,
    /// The session to store; its tenant and user are the verification's, its `created_at` the time of verification.
    pub session: Session,
    /// The sessions that must go for it.
    pub evicted: Vec<SessionId>,
    /// The answer to keep for a retry.
    pub answer: Sealed,
}

/// What came of completing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// This attempt verified the user.
    Completed,
    /// Another attempt did, the verification expired meanwhile, there is no such claimed attempt of this execution, or the user's factors
    /// were rotated or the user erased since it was opened.
    Closed,
    /// Nothing is decided: the account's sessions have changed, others must go. This is the account now.
    SessionsChanged(Box<Account>),
}
