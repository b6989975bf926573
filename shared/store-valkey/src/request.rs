//! Requests in flight and answered, by their idempotency keys.

use std::time::Duration;

use domain::{IDEMPOTENCY_WINDOW, IN_FLIGHT_FOR, RequestFingerprint, RequestNonce, Sealed, TenantId};
use jiff::Timestamp;
use redis::Value;
use store::{BeginRequest, Beginning, FinishRequest, StoreError};

use crate::ValkeyStore;
use crate::client::decimal;
use crate::keys;
use crate::script::{Script, not_understood};

impl BeginRequest for ValkeyStore {
    async fn begin_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        now: Timestamp,
    ) -> Result<Beginning, StoreError> {
        let operation = "BeginRequest";
        let key = keys::request(tenant, request.key);
        let arguments: [&[u8]; 5] = [
            &request.body,
            &nonce.0,
            &self.time(now),
            &decimal(&IN_FLIGHT_FOR.as_millis()),
            &decimal(&KEPT_FOR.as_millis()),
        ];

        match self.run(operation, &BEGIN, &key, &arguments).await?.as_slice() {
            [Value::Int(0)] => Ok(Beginning::Begun),
            [Value::Int(1)] => Ok(Beginning::InFlight),
            [Value::Int(2), Value::BulkString(answer)] => Ok(Beginning::Answered(Sealed::new(answer.clone()))),
            [Value::Int(3)] => Ok(Beginning::OtherRequest),
            _ => Err(not_understood(operation)),
        }
    }
}

/// Whether a request was there to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// There is no such request of this execution.
    Others,
}

impl ValkeyStore {
    /// Stores the answer, or forgets the request if there is none.
    pub(crate) async fn end_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        answer: Option<&Sealed>,
    ) -> Result<Ending, StoreError> {
        let operation = "FinishRequest";
        let key = keys::request(tenant, request.key);
        let arguments: [&[u8]; 3] = [&request.body, &nonce.0, answer.map_or(&[], Sealed::as_bytes)];

        match self.run(operation, &FINISH, &key, &arguments).await?.as_slice() {
            [Value::Int(0)] => Ok(Ending::Others),
            [Value::Int(1)] => Ok(Ending::Done),
            _ => Err(not_understood(operation)),
        }
    }
}

impl FinishRequest for ValkeyStore {
    async fn finish_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        answer: &Sealed,
    ) -> Result<(), StoreError> {
        self.end_request(tenant, request, nonce, Some(answer)).await.map(|_| ())
    }

    async fn abandon_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
    ) -> Result<(), StoreError> {
        self.end_request(tenant, request, nonce, None).await.map(|_| ())
    }
}

static BEGIN: Script = Script::new(concat!(include_str!("scripts/time.lua"), include_str!("scripts/begin.lua")));
static FINISH: Script = Script::new(include_str!("scripts/finish.lua"));

/// A key is accepted for at most two windows after it is first seen; the same again for clocks that do not agree.
const KEPT_FOR: Duration = IDEMPOTENCY_WINDOW.saturating_mul(4);
