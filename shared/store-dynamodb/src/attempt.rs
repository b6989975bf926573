//! Attempts: entries of a map inside the verification's item, keyed by their idempotency keys, so that counting one is a
//! single conditional update of a single item. They are claimed in `claim.rs` and end here or in `completion.rs`.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{ATTEMPTS_ALLOWED, Attempt, AttemptState, IdempotencyKey, RequestNonce, TenantId, VerificationId};
use jiff::Timestamp;
use store::{ClaimedAttempt, FailAttempt, StoreError};

use crate::call::Update;
use crate::change::Change;
use crate::item::{Item, bytes, instant, number, text};
use crate::keys;
use crate::reader::Reader;
use crate::verification::ATTEMPTS;
use crate::{DynamoStore, KnowsEphemeral};

impl<T: KnowsEphemeral> FailAttempt for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer is refused, which changes nothing.
    async fn fail_attempt(&self, attempt: &ClaimedAttempt, attempts_remaining: u8) -> Result<(), StoreError> {
        let set = "SET #attempts.#attempt.#state = :wrong, #attempts.#attempt.#remaining = :remaining";
        let change = change_of_claimed(attempt, set)
            .name("#remaining", REMAINING)
            .value(":wrong", text(WRONG))
            .value(":remaining", number(attempts_remaining.into()));
        self.decide("FailAttempt", change).await
    }

    /// One conditional `UpdateItem`: the attempt is from now on one that was claimed at the beginning of time, which everybody may
    /// claim again. An SDK retry changes nothing, or is refused once somebody has.
    async fn release_attempt(&self, attempt: &ClaimedAttempt) -> Result<(), StoreError> {
        let change = change_of_claimed(attempt, "SET #attempts.#attempt.#at = :long_ago")
            .name("#at", AT)
            .value(":long_ago", instant(Timestamp::UNIX_EPOCH));
        self.decide("FailAttempt", change).await
    }
}

impl<T: KnowsEphemeral> DynamoStore<T> {
    async fn decide(&self, operation: &'static str, change: Change) -> Result<(), StoreError> {
        match self.update(operation, self.tables.ephemeral(), change).await? {
            Update::Done(_) | Update::Refused(_) => Ok(()),
        }
    }
}

/// A change that is made only if the attempt is claimed by this execution.
fn change_of_claimed(attempt: &ClaimedAttempt, update: &str) -> Change {
    attempt_change(attempt.tenant, attempt.verification, attempt.attempt, update)
        .only_if(IS_CLAIMED_BY)
        .claimed_by(attempt.nonce)
}

/// A change of one attempt.
pub(crate) fn attempt_change(
    tenant: TenantId,
    verification: VerificationId,
    attempt: IdempotencyKey,
    update: impl Into<String>,
) -> Change {
    Change::new(keys::verification(tenant, verification), update)
        .name("#attempts", ATTEMPTS)
        .name("#attempt", attempt.to_string())
}

impl Change {
    /// Says what the names and values of [`IS_CLAIMED_BY`] stand for.
    pub(crate) fn claimed_by(self, nonce: RequestNonce) -> Self {
        self.name("#state", STATE)
            .name("#nonce", NONCE)
            .value(":claimed", text(CLAIMED))
            .value(":nonce", bytes(nonce.0))
    }
}

/// The condition that an attempt is the execution's of `:nonce` to decide.
pub(crate) const IS_CLAIMED_BY: &str = "#attempts.#attempt.#nonce = :nonce AND #attempts.#attempt.#state = :claimed";

/// The attempts as an attribute.
pub(crate) fn attempts_value(attempts: &BTreeMap<IdempotencyKey, Attempt>) -> AttributeValue {
    AttributeValue::M(attempts.iter().map(|(key, attempt)| (key.to_string(), attempt_value(attempt))).collect())
}

/// An attempt as an attribute.
pub(crate) fn attempt_value(attempt: &Attempt) -> AttributeValue {
    let (state, remaining) = match attempt.state {
        AttemptState::Claimed => (CLAIMED, None),
        AttemptState::Right => (RIGHT, None),
        AttemptState::Wrong { attempts_remaining } => (WRONG, Some(attempts_remaining)),
    };
    let mut entry = Item::from([
        (STATE.to_owned(), text(state)),
        (BODY.to_owned(), bytes(attempt.body)),
        (AT.to_owned(), instant(attempt.claimed_at)),
        (NONCE.to_owned(), bytes(attempt.nonce.0)),
    ]);
    entry.extend(remaining.map(|remaining| (REMAINING.to_owned(), number(remaining.into()))));
    AttributeValue::M(entry)
}

/// Reads the attempts: no more than are allowed, and only a wrong one has a number of attempts that remained.
pub(crate) fn attempts(reader: &Reader<'_>) -> Result<BTreeMap<IdempotencyKey, Attempt>, StoreError> {
    let entries = reader.map(ATTEMPTS)?;
    if entries.len() > usize::from(ATTEMPTS_ALLOWED) {
        return Err(reader.corrupt(ATTEMPTS));
    }
    let attempt = |(key, value): (&String, &AttributeValue)| {
        let key = key.parse().map_err(|_| reader.corrupt(ATTEMPTS))?;
        Ok((key, attempt(&reader.inside(ATTEMPTS, value)?)?))
    };
    entries.iter().map(attempt).collect()
}

fn attempt(reader: &Reader<'_>) -> Result<Attempt, StoreError> {
    let remaining: Option<u8> = reader.optional_number(REMAINING)?;
    let state = match (reader.text::<String>(STATE)?.as_str(), remaining) {
        (CLAIMED, None) => AttemptState::Claimed,
        (RIGHT, None) => AttemptState::Right,
        (WRONG, Some(attempts_remaining)) if attempts_remaining < ATTEMPTS_ALLOWED => {
            AttemptState::Wrong { attempts_remaining }
        }
        _ => return Err(reader.corrupt(STATE)),
    };
    Ok(Attempt {
        body: reader.array(BODY)?,
        claimed_at: reader.instant(AT)?,
        nonce: RequestNonce(reader.array(NONCE)?),
        state,
    })
}

const STATE: &str = "state";
const NONCE: &str = "nonce";
pub(crate) const AT: &str = "at";
const BODY: &str = "body";
const REMAINING: &str = "remaining";

const CLAIMED: &str = "claimed";
pub(crate) const RIGHT: &str = "right";
const WRONG: &str = "wrong";
