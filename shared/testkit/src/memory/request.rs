//! Requests in memory.

use std::collections::btree_map::Entry;

use domain::{IN_FLIGHT_FOR, RequestFingerprint, RequestNonce, Sealed, TenantId};
use jiff::Timestamp;
use store::{BeginRequest, Beginning, FinishRequest, StoreError};

use super::{MemoryStore, stored};

/// What is kept of a request.
#[derive(Debug, Clone)]
pub(super) struct KeptRequest {
    body: [u8; 32],
    nonce: RequestNonce,
    begun_at: Timestamp,
    pub(super) answer: Option<Sealed>,
}

impl BeginRequest for MemoryStore {
    async fn begin_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        now: Timestamp,
    ) -> Result<Beginning, StoreError> {
        let begun = KeptRequest { body: request.body, nonce, begun_at: stored(now), answer: None };
        match self.content().requests.entry((tenant, request.key)) {
            Entry::Vacant(vacant) => {
                vacant.insert(begun);
                Ok(Beginning::Begun)
            }
            Entry::Occupied(mut occupied) => {
                let kept = occupied.get();
                if kept.body != request.body {
                    return Ok(Beginning::OtherRequest);
                }
                if let Some(answer) = &kept.answer {
                    return Ok(Beginning::Answered(answer.clone()));
                }
                if kept.nonce == nonce {
                    return Ok(Beginning::Begun);
                }
                if kept.begun_at + IN_FLIGHT_FOR > begun.begun_at {
                    return Ok(Beginning::InFlight);
                }
                occupied.insert(begun);
                Ok(Beginning::Begun)
            }
        }
    }
}

impl FinishRequest for MemoryStore {
    async fn finish_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        answer: &Sealed,
    ) -> Result<(), StoreError> {
        if let Some(kept) = self.content().requests.get_mut(&(tenant, request.key))
            && kept.is_of(request, nonce)
        {
            kept.answer.get_or_insert_with(|| answer.clone());
        }
        Ok(())
    }

    async fn abandon_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
    ) -> Result<(), StoreError> {
        if let Entry::Occupied(occupied) = self.content().requests.entry((tenant, request.key))
            && occupied.get().is_of(request, nonce)
            && occupied.get().answer.is_none()
        {
            occupied.remove();
        }
        Ok(())
    }
}

impl KeptRequest {
    fn is_of(&self, request: &RequestFingerprint, nonce: RequestNonce) -> bool {
        self.body == request.body && self.nonce == nonce
    }
}
