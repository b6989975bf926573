//! What goes into the use case and what comes out.

use std::sync::Arc;

use admission::Arrival;
use crypto::BranchKey;
use domain::{IdempotencyKey, RequestFingerprint, RequestId, RequestNonce, TenantId, UserId};
use zeroize::Zeroizing;

/// A request. No `Debug`: it carries what the caller sent.
pub struct EraseRequest<'a> {
    /// What admission decides by; its tenant is the caller's.
    pub arrival: Arrival,
    /// Whom to erase.
    pub user: UserId,
    /// What is presented as the user's step-up token.
    pub unverified_token: Option<&'a str>,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// The user is erased.
#[derive(Debug)]
pub struct Erased {
    /// The answer's body, byte for byte the same for every retry.
    pub body: Zeroizing<String>,
}

/// One execution of a request.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub(crate) request: &'a EraseRequest<'a>,
    /// The tenant's newest branch key.
    pub(crate) branch: &'a Arc<BranchKey>,
    /// What tells the request from others under its key.
    pub(crate) fingerprint: RequestFingerprint,
    /// What tells this execution from others of the request.
    pub(crate) nonce: RequestNonce,
}

impl<'a> Execution<'a> {
    pub(crate) fn new(request: &'a EraseRequest<'a>, branch: &'a Arc<BranchKey>, nonce: RequestNonce) -> Self {
        // There is no body: the user is all that the request says.
        let fingerprint = branch.fingerprint(request.key, OPERATION, request.user.as_bytes());
        Self { request, branch, fingerprint, nonce }
    }

    pub(crate) const fn tenant(&self) -> TenantId {
        self.request.arrival.tenant
    }
}

pub(crate) const OPERATION: &str = "erase";
