//! What goes into the use case.

use std::sync::Arc;

use admission::Arrival;
use audit::{About, Event, Outcome, Subject};
use crypto::BranchKey;
use domain::{
    DeviceId, IdempotencyKey, PresentedFactors, RequestFingerprint, RequestId, RequestNonce, TenantId, UserId,
};
use jiff::Timestamp;

/// A checked request. No `Debug`: it carries what the caller sent.
pub struct EnrollRequest<'a> {
    /// What admission decides by; its tenant is the caller's, its user the one that the tenant chose, if it did.
    pub arrival: Arrival,
    /// The factors to enrol.
    pub factors: PresentedFactors,
    /// The user's device.
    pub device: Option<DeviceId>,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// The bytes by which a retry is recognised.
    pub body: &'a [u8],
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// One execution of a request.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub(crate) request: &'a EnrollRequest<'a>,
    /// The tenant's newest branch key.
    pub(crate) branch: &'a Arc<BranchKey>,
    /// The user to enrol.
    pub(crate) user: UserId,
    /// What tells the request from others under its key.
    pub(crate) fingerprint: RequestFingerprint,
    /// What tells this execution from others of the request.
    pub(crate) nonce: RequestNonce,
}

impl Execution<'_> {
    pub(crate) const fn tenant(&self) -> TenantId {
        self.request.arrival.tenant
    }

    /// An event about the user. A retry gives it the same id.
    pub(crate) fn event(&self, label: &'static str, at: Timestamp, outcome: Outcome) -> Event {
        let Self { request, branch, user, .. } = *self;
        Event {
            id: branch.event_id(&request.key, label, user.as_bytes()),
            about: About::Person { tenant: self.tenant(), subject: Subject::new(branch.subject_pseudonym(user)) },
            at,
            request_id: request.request_id.clone(),
            outcome,
            personal: None,
        }
    }
}
