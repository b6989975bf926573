//! What goes into the use case and what comes out.

use std::sync::Arc;

use admission::Arrival;
use crypto::{BranchKey, RefreshToken};
use domain::{IdempotencyKey, RequestFingerprint, RequestId, RequestNonce, TenantId};
use store::SessionKey;
use zeroize::Zeroizing;

/// A request. No `Debug`: it carries what the caller sent.
pub struct RefreshRequest<'a> {
    /// What admission decides by; its tenant is the caller's.
    pub arrival: Arrival,
    /// The token to exchange.
    pub unverified_token: &'a str,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// The bytes by which a retry is recognised.
    pub body: &'a [u8],
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// The session's new tokens. No `Debug`: it holds them.
pub struct Refreshed {
    /// The answer's body, byte for byte the same for every retry.
    pub body: Zeroizing<String>,
}

/// One execution of a request.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub(crate) request: &'a RefreshRequest<'a>,
    /// The tenant's newest branch key.
    pub(crate) branch: &'a Arc<BranchKey>,
    /// The token that is given up.
    pub(crate) presented: &'a RefreshToken,
    /// The token that it is exchanged for.
    pub(crate) next: &'a RefreshToken,
    /// What tells the request from others under its key.
    pub(crate) fingerprint: RequestFingerprint,
    /// What tells this execution from others of the request.
    pub(crate) nonce: RequestNonce,
}

impl Execution<'_> {
    pub(crate) const fn tenant(&self) -> TenantId {
        self.request.arrival.tenant
    }

    /// The session that the token names.
    pub(crate) const fn session(&self) -> SessionKey {
        SessionKey { tenant: self.tenant(), user: self.presented.user(), session: self.presented.session() }
    }
}
