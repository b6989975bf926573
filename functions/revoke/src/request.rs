//! What goes into the use case and what comes out.

use std::sync::Arc;

use admission::Arrival;
use crypto::BranchKey;
use domain::{IdempotencyKey, RequestFingerprint, RequestId, RequestNonce, TenantId, UserId};
use zeroize::Zeroizing;

/// A request. No `Debug`: it carries what the caller sent.
pub struct RevokeRequest<'a> {
    /// What admission decides by; its tenant is the caller's.
    pub arrival: Arrival,
    /// What to revoke.
    pub target: RevokeTarget<'a>,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// The bytes by which a retry is recognised.
    pub body: &'a [u8],
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// What to revoke. No `Debug`: it may hold a token.
#[derive(Clone, Copy)]
pub enum RevokeTarget<'a> {
    /// The session of this token, perhaps.
    UnverifiedToken(&'a str),
    /// All sessions of this user of the tenant, who may not exist.
    User(UserId),
}

/// What the caller wanted is so.
#[derive(Debug)]
pub struct Revoked {
    /// The answer's body, byte for byte the same for every retry.
    pub body: Zeroizing<String>,
}

/// One execution of a request.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub(crate) request: &'a RevokeRequest<'a>,
    /// The tenant's newest branch key.
    pub(crate) branch: &'a Arc<BranchKey>,
    /// What tells the request from others under its key.
    pub(crate) fingerprint: RequestFingerprint,
    /// What tells this execution from others of the request.
    pub(crate) nonce: RequestNonce,
}

impl Execution<'_> {
    pub(crate) const fn tenant(&self) -> TenantId {
        self.request.arrival.tenant
    }
}
