//! Counters and requests: in the cache, and in the durable store for what the cache fails to do.
//!
//! A draw or a request whose answer the cache lost is made again in the durable store, which has not counted it; in the cache it
//! may be counted or begun as well. Both err on the side of refusing. While both stores are in use, a quota can be had once in each.

use domain::{CounterKey, Draw, Drawn, RequestFingerprint, RequestNonce, Sealed, TenantId};
use jiff::Timestamp;
use store::{BeginRequest, Beginning, DrawPermits, FinishRequest, StoreError};

use crate::Tiered;
use crate::client::is_outage;
use crate::request::Ending;

impl<D: DrawPermits> DrawPermits for Tiered<D> {
    async fn draw_permits(&self, key: &CounterKey, draw: &Draw) -> Result<Drawn, StoreError> {
        if let Some(cache) = &self.cache {
            match cache.draw_permits(key, draw).await {
                Err(error) if is_outage(&error) => {}
                drawn => return drawn,
            }
        }
        self.durable.draw_permits(key, draw).await
    }
}

impl<D: BeginRequest> BeginRequest for Tiered<D> {
    async fn begin_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        now: Timestamp,
    ) -> Result<Beginning, StoreError> {
        if let Some(cache) = &self.cache {
            match cache.begin_request(tenant, request, nonce, now).await {
                Err(error) if is_outage(&error) => {}
                beginning => return beginning,
            }
        }
        self.durable.begin_request(tenant, request, nonce, now).await
    }
}

/// A request is ended where it was begun: in the durable store if the cache does not know it.
impl<D: FinishRequest> FinishRequest for Tiered<D> {
    async fn finish_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        answer: &Sealed,
    ) -> Result<(), StoreError> {
        if let Some(cache) = &self.cache {
            match cache.end_request(tenant, request, nonce, Some(answer)).await {
                Ok(Ending::Done) => return Ok(()),
                Err(error) if !is_outage(&error) => return Err(error),
                Ok(Ending::Others) | Err(_) => {}
            }
        }
        self.durable.finish_request(tenant, request, nonce, answer).await
    }

    async fn abandon_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
    ) -> Result<(), StoreError> {
        if let Some(cache) = &self.cache {
            match cache.end_request(tenant, request, nonce, None).await {
                Ok(Ending::Done) => return Ok(()),
                Err(error) if !is_outage(&error) => return Err(error),
                Ok(Ending::Others) | Err(_) => {}
            }
        }
        self.durable.abandon_request(tenant, request, nonce).await
    }
}
