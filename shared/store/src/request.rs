//! Requests in flight and answered, by their idempotency keys: ephemeral. For changes whose item can't carry the key itself.

use std::future::Future;

use domain::{RequestFingerprint, RequestNonce, Sealed, TenantId};
use jiff::Timestamp;

use crate::StoreError;

/// Begins a request unless it was begun before.
pub trait BeginRequest: Send + Sync {
    /// One conditional write: granted if the tenant's idempotency key is new, if it was begun by the same execution (the repetition of a
    /// lost answer), or if the same request was begun [`domain::IN_FLIGHT_FOR`] or longer ago and never finished: its process has
    /// died. The record outlives every instant at which the key is accepted.
    fn begin_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        now: Timestamp,
    ) -> impl Future<Output = Result<Beginning, StoreError>> + Send;
}

/// What came of beginning a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// It is this execution's.
    Begun,
    /// Another execution of it is in flight.
    InFlight,
    /// It was answered.
    Answered(Sealed),
    /// The key was used for another body or operation.
    OtherRequest,
}

/// Ends a request.
pub trait FinishRequest: Send + Sync {
    /// Stores the answer, if the request is still this execution's; if not, changes nothing.
    fn finish_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        answer: &Sealed,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets the request, if it is still this execution's and not answered, so that the same key works again at once: for
    /// answers that are not stored (429 and 5xx).
    fn abandon_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
