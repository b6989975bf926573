//! Requests in flight and answered: items of the ephemeral table, under the tenant's idempotency key.
//!
//! ```text
//! begun                       begun + 20 s
//!   ┼─ in flight: nobody else's ─┼─ unless it was answered, the same request may begin (begun + 20 s ≤ now) ──▶ now
//! ```

use std::time::Duration;

use domain::{IDEMPOTENCY_WINDOW, IN_FLIGHT_FOR, RequestFingerprint, RequestNonce, Sealed, TenantId};
use jiff::Timestamp;
use store::{BeginRequest, Beginning, FinishRequest, StoreError};

use crate::call::Update;
use crate::change::Change;
use crate::item::{TTL, before, bytes, instant, time_to_live, whole};
use crate::keys::{self, PK};
use crate::reader::Reader;
use crate::{DynamoStore, KnowsEphemeral};

impl<T: KnowsEphemeral> BeginRequest for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer finds its own nonce and begins again.
    async fn begin_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        now: Timestamp,
    ) -> Result<Beginning, StoreError> {
        let operation = "BeginRequest";
        let table = self.tables.ephemeral();
        let key = keys::request(tenant, request.key);
        let change = Change::new(key.clone(), "SET #body = :body, #nonce = :nonce, #begun = :now, #ttl = :ttl")
            .only_if(format!(
                "attribute_not_exists(#pk) OR ({IS_UNANSWERED} AND (#nonce = :nonce OR #begun <= :abandoned))"
            ))
            .name("#pk", PK)
            .name("#body", BODY)
            .name("#nonce", NONCE)
            .name("#begun", BEGUN)
            .name("#answer", ANSWER)
            .name("#ttl", TTL)
            .value(":body", bytes(request.body))
            .value(":nonce", bytes(nonce.0))
            .value(":now", instant(now))
            .value(":abandoned", instant(before(whole(now), IN_FLIGHT_FOR)))
            .value(":ttl", time_to_live(now, KEPT_AFTER_BEGINNING));

        match self.update(operation, table, change).await? {
            Update::Done(_) => Ok(Beginning::Begun),
            // Abandoned by now.
            Update::Refused(None) => Ok(Beginning::InFlight),
            Update::Refused(Some(item)) => {
                let found = parse(&Reader { operation, table, key: &key, item: &item })?;
                Ok(match found.answer {
                    _ if found.body != request.body => Beginning::OtherRequest,
                    Some(answer) => Beginning::Answered(answer),
                    None => Beginning::InFlight,
                })
            }
        }
    }
}

impl<T: KnowsEphemeral> FinishRequest for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer is refused, which changes nothing.
    async fn finish_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        answer: &Sealed,
    ) -> Result<(), StoreError> {
        let change = Change::new(keys::request(tenant, request.key), "SET #answer = :answer")
            .value(":answer", bytes(answer.as_bytes()));
        match self.update("FinishRequest", self.tables.ephemeral(), if_ours(change, request, nonce)).await? {
            Update::Done(_) | Update::Refused(_) => Ok(()),
        }
    }

    /// One conditional `DeleteItem`. An SDK retry after a lost answer meets nothing, or another execution's, and is refused.
    async fn abandon_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
    ) -> Result<(), StoreError> {
        let removal = Change::removal(keys::request(tenant, request.key));
        self.remove("FinishRequest", self.tables.ephemeral(), if_ours(removal, request, nonce)).await
    }
}

/// Made only if the request is this execution's and not answered.
fn if_ours(change: Change, request: &RequestFingerprint, nonce: RequestNonce) -> Change {
    change
        .only_if(format!("{IS_UNANSWERED} AND #nonce = :nonce"))
        .name("#body", BODY)
        .name("#nonce", NONCE)
        .name("#answer", ANSWER)
        .value(":body", bytes(request.body))
        .value(":nonce", bytes(nonce.0))
}

/// What is stored of a request, as far as it decides.
pub(crate) struct StoredRequest {
    body: [u8; 32],
    answer: Option<Sealed>,
}

pub(crate) fn parse(reader: &Reader<'_>) -> Result<StoredRequest, StoreError> {
    reader.array::<8>(NONCE)?;
    reader.instant(BEGUN)?;
    Ok(StoredRequest { body: reader.array(BODY)?, answer: reader.optional_sealed(ANSWER)? })
}

/// The condition that the same request was begun and not answered.
const IS_UNANSWERED: &str = "#body = :body AND attribute_not_exists(#answer)";

const BODY: &str = "body";
const NONCE: &str = "nonce";
const BEGUN: &str = "begun";
const ANSWER: &str = "answer";

/// How long a request can still be found. Its key is accepted from one window before the time inside it until one window
/// after, so at most two windows after it was begun.
const KEPT_AFTER_BEGINNING: Duration = Duration::from_secs(900);

const _: () = assert!(KEPT_AFTER_BEGINNING.as_secs() > 2 * IDEMPOTENCY_WINDOW.as_secs());

#[cfg(test)]
pub(crate) fn item(
    tenant: TenantId,
    request: &RequestFingerprint,
    nonce: RequestNonce,
    begun: Timestamp,
    answer: Option<&Sealed>,
) -> crate::item::Item {
    crate::item::ItemBuilder::new(&keys::request(tenant, request.key))
        .with(BODY, bytes(request.body))
        .with(NONCE, bytes(nonce.0))
        .with(BEGUN, instant(begun))
        .with_optional(ANSWER, answer.map(|answer| bytes(answer.as_bytes())))
        .with(TTL, time_to_live(begun, KEPT_AFTER_BEGINNING))
        .build()
}
