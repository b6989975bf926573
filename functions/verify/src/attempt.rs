//! An attempt on its way through the use case.

use std::sync::Arc;

use admission::Arrival;
use audit::VerificationTrail;
use crypto::BranchKey;
use domain::{
    IdempotencyKey, PresentedFactors, RequestFingerprint, RequestId, RequestNonce, Verification, VerificationId,
};
use store::ClaimedAttempt;
use zeroize::Zeroizing;

/// A checked request. No `Debug`: it carries what the caller sent.
pub struct AttemptRequest<'a> {
    /// What admission decides by; its tenant is the caller's, or the capability's.
    pub arrival: Arrival,
    /// The verification.
    pub verification: VerificationId,
    /// What the user presented.
    pub factors: PresentedFactors,
    /// Names the attempt.
    pub key: IdempotencyKey,
    /// The bytes by which a retry is recognised.
    pub body: &'a [u8],
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// What a right attempt gives, and every retry of it. No `Debug`: it holds the tokens.
pub struct Verified {
    /// The answer's body, byte for byte.
    pub body: Zeroizing<String>,
}

/// One execution of a request.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub(crate) request: &'a AttemptRequest<'a>,
    /// The tenant's newest branch key.
    pub(crate) branch: &'a Arc<BranchKey>,
    /// What tells the request from others under its key.
    pub(crate) fingerprint: RequestFingerprint,
    /// What tells this execution from others of the request.
    pub(crate) nonce: RequestNonce,
}

/// A claimed attempt that is being decided.
#[derive(Clone, Copy)]
pub(crate) struct Decision<'a> {
    pub(crate) execution: Execution<'a>,
    pub(crate) verification: &'a Verification,
    /// The branch key that the verification was opened with.
    pub(crate) opener: &'a BranchKey,
}

impl Execution<'_> {
    pub(crate) const fn claimed(&self) -> ClaimedAttempt {
        ClaimedAttempt {
            tenant: self.request.arrival.tenant,
            verification: self.request.verification,
            attempt: self.request.key,
            nonce: self.nonce,
        }
    }
}

impl<'a> Decision<'a> {
    /// What tells of the attempt. Its events' ids derive from what they are about, so that an execution that comes after another one
    /// records nothing twice.
    pub(crate) const fn trail(&self) -> VerificationTrail<'a> {
        let Self { execution, verification, opener } = *self;
        VerificationTrail { branch: opener, verification, request_id: execution.request.request_id }
    }

    /// What names the attempt.
    pub(crate) const fn attempt(&self) -> &'a IdempotencyKey {
        &self.execution.request.key
    }
}
