//! Attempts: entries of a map inside the verification's item, keyed by their idempotency keys, so that counting one is a
//! single conditional update of a single item.
//!
//! ```text
//! created_at                             expires_at
//!     ┼──────────── a claim is granted ───────┼─── a claim is refused ───▶ now
//!                    (expires > now)            (expires ≤ now)
//! ```

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::{ATTEMPTS_ALLOWED, Attempt, IdempotencyKey, TenantId, Verification, VerificationId};
use jiff::Timestamp;
use store::{Claim, ClaimAttempt, ClaimRequest, FailAttempt, StoreError};

use crate::call::Update;
use crate::item::{instant, number, text};
use crate::keys::{self, Key, PK};
use crate::reader::corrupt;
use crate::verification::{ASKED, ATTEMPTS, EXPIRES, VERIFIED, attempt_value, parse};
use crate::{DynamoStore, KnowsEphemeral};

impl<T: KnowsEphemeral> ClaimAttempt for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer finds its own claim and gives `Repeated`: the attempt
    /// stays counted and is never compared twice.
    async fn claim_attempt(&self, request: &ClaimRequest) -> Result<Claim, StoreError> {
        let operation = "ClaimAttempt";
        let table = self.tables.ephemeral();
        let key = keys::verification(request.tenant, request.verification);
        let update = self
            .attempt_update(&key, request.attempt)
            .update_expression("SET #attempts.#attempt = :claimed")
            .condition_expression(
                "attribute_exists(#pk) AND attribute_not_exists(#attempts.#attempt) AND size(#attempts) < :allowed \
                 AND attribute_not_exists(#verified) AND #expires > :now AND #asked = :presented",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#verified", VERIFIED)
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_names("#asked", ASKED)
            .expression_attribute_values(":claimed", attempt_value(Attempt::Claimed))
            .expression_attribute_values(":allowed", number(ATTEMPTS_ALLOWED.into()))
            .expression_attribute_values(":now", instant(request.now))
            .expression_attribute_values(":presented", text(&request.presented));

        let parse = |item| parse(operation, table, request.tenant, request.verification, &item);
        match self.update(operation, update).await? {
            Update::Done(item) => Ok(Claim::Granted(Box::new(parse(item)?))),
            Update::Refused(None) => Ok(Claim::Unknown),
            Update::Refused(Some(item)) => {
                refusal(&parse(item)?, request).ok_or_else(|| corrupt(operation, table, &key, "condition"))
            }
        }
    }
}

/// Why a claim on this verification is refused, in the order that the port gives.
fn refusal(verification: &Verification, request: &ClaimRequest) -> Option<Claim> {
    // The condition compared milliseconds.
    let now = Timestamp::from_millisecond(request.now.as_millisecond()).unwrap_or(request.now);
    if let Some(attempt) = verification.attempts.get(&request.attempt) {
        Some(Claim::Repeated(*attempt))
    } else if !verification.takes_attempts(now) {
        Some(Claim::Closed)
    } else if verification.asked != request.presented {
        Some(Claim::Mismatched)
    } else {
        None
    }
}

impl<T: KnowsEphemeral> FailAttempt for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer is refused, which changes nothing.
    async fn fail_attempt(
        &self,
        tenant: TenantId,
        verification: VerificationId,
        attempt: IdempotencyKey,
        attempts_remaining: u8,
    ) -> Result<(), StoreError> {
        let update = self
            .attempt_update(&keys::verification(tenant, verification), attempt)
            .update_expression("SET #attempts.#attempt = :wrong")
            .condition_expression("#attempts.#attempt = :claimed")
            .expression_attribute_values(":wrong", attempt_value(Attempt::Wrong { attempts_remaining }))
            .expression_attribute_values(":claimed", attempt_value(Attempt::Claimed));

        match self.update("FailAttempt", update).await? {
            Update::Done(_) | Update::Refused(_) => Ok(()),
        }
    }
}

impl<T: KnowsEphemeral> DynamoStore<T> {
    fn attempt_update(&self, key: &Key, attempt: IdempotencyKey) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(self.tables.ephemeral())
            .set_key(Some(key.to_attributes()))
            .expression_attribute_names("#attempts", ATTEMPTS)
            .expression_attribute_names("#attempt", attempt.to_string())
    }
}
