//! What goes into the use case and what comes out.

use std::sync::Arc;

use admission::Arrival;
use crypto::BranchKey;
use domain::{IdempotencyKey, PresentedFactors, RequestFingerprint, RequestId, RequestNonce, TenantId, UserId};
use zeroize::Zeroizing;

/// A checked request. No `Debug`: it carries what the caller sent.
pub struct RotateRequest<'a> {
    /// What admission decides by; its tenant is the caller's.
    pub arrival: Arrival,
    /// Whose factors they are.
    pub user: UserId,
    /// What is presented as the user's step-up token.
    pub unverified_token: Option<&'a str>,
    /// The factors to enrol instead.
    pub factors: PresentedFactors,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// The bytes by which a retry is recognised.
    pub body: &'a [u8],
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// The factors are rotated.
#[derive(Debug)]
pub struct Rotated {
    /// The answer's body, byte for byte the same for every retry.
    pub body: Zeroizing<String>,
}

/// One execution of a request.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub(crate) request: &'a RotateRequest<'a>,
    /// The tenant's newest branch key.
    pub(crate) branch: &'a Arc<BranchKey>,
    /// What tells the request from others under its key.
    pub(crate) fingerprint: RequestFingerprint,
    /// What tells this execution from others of the request.
    pub(crate) nonce: RequestNonce,
}

impl<'a> Execution<'a> {
    pub(crate) fn new(request: &'a RotateRequest<'a>, branch: &'a Arc<BranchKey>, nonce: RequestNonce) -> Self {
        // The user is in the path, and as much a part of the request as its body. The body holds digests.
        let named = Zeroizing::new([request.user.as_bytes().as_slice(), request.body].concat());
        let fingerprint = branch.fingerprint(request.key, OPERATION, &named);
        Self { request, branch, fingerprint, nonce }
    }

    pub(crate) const fn tenant(&self) -> TenantId {
        self.request.arrival.tenant
    }
}

pub(crate) const OPERATION: &str = "rotate-factors";
