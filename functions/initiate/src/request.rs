//! What goes into the use case and what comes out.

use std::sync::Arc;

use admission::Arrival;
use crypto::{BranchKey, Capability};
use domain::{IdempotencyKey, RequestFingerprint, RequestId, Transaction, UserId, Verification};

/// A checked request. No `Debug`: it carries what the caller sent.
pub struct InitiateRequest<'a> {
    /// What admission decides by; its tenant is the caller's.
    pub arrival: Arrival,
    /// The person to verify.
    pub user: UserId,
    /// What the token will be bound to.
    pub transaction: Option<Transaction>,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// The bytes by which a retry is recognised.
    pub body: &'a [u8],
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// An open verification and what only its opener learns.
#[derive(Debug)]
pub struct Opened {
    /// The verification.
    pub verification: Verification,
    /// Random to everybody else; for factors that sign.
    pub challenge: [u8; 32],
    /// Lets the user's device use this verification's own routes.
    pub capability: Capability,
}

/// A request with what recognises it.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) request: &'a InitiateRequest<'a>,
    /// The tenant's newest branch key.
    pub(crate) branch: &'a Arc<BranchKey>,
    /// What tells the request from others under its key.
    pub(crate) fingerprint: RequestFingerprint,
}
