//! Claiming an attempt.
//!
//! ```text
//! created_at                             expires_at
//!     ┼──────────── a claim is granted ───────┼─── a claim is refused ───▶ now
//!                    (expires > now)            (expires ≤ now)
//!
//! claimed at                claimed at + 20 s
//!     ┼─ nobody else may claim it ─┼─ the same request may again (at + 20 s ≤ now) ──▶ now
//! ```

use domain::{ATTEMPTS_ALLOWED, Attempt, AttemptState, RequestNonce, Verification};
use store::{Claim, ClaimAttempt, ClaimRequest, StoreError};

use crate::attempt::{AT, IS_CLAIMED_BY, attempt_change, attempt_value};
use crate::call::{Update, contended};
use crate::change::Change;
use crate::item::{bytes, instant, number, text, whole};
use crate::keys::{self, PK};
use crate::reader::corrupt;
use crate::verification::{ASKED, EXPIRES, VERIFIED, parse};
use crate::{DynamoStore, KnowsEphemeral};

impl<T: KnowsEphemeral> ClaimAttempt for DynamoStore<T> {
    /// One conditional `UpdateItem`; a second one where an execution that died is taken over from. An SDK retry after a lost answer
    /// finds its own claim by the nonce: granted again, and counted once.
    async fn claim_attempt(&self, request: &ClaimRequest) -> Result<Claim, StoreError> {
        let operation = "ClaimAttempt";
        let table = self.tables.ephemeral();
        let parse = |item| parse(operation, table, request.tenant, request.verification, &item);
        let mut change = first_claim(request);
        for _ in 0..ROUNDS {
            let found = match self.update(operation, table, change).await? {
                Update::Done(item) => return Ok(Claim::Granted(Box::new(parse(item)?))),
                Update::Refused(None) => return Ok(Claim::Unknown),
                Update::Refused(Some(item)) => parse(item)?,
            };
            change = match refusal(found, request) {
                Refusal::Decided(claim) => return Ok(claim),
                Refusal::Abandoned(nonce) => taking_over(request, nonce),
                Refusal::Contradicted => {
                    let key = keys::verification(request.tenant, request.verification);
                    return Err(corrupt(operation, table, &key, "condition"));
                }
            };
        }
        Err(contended(operation))
    }
}

fn first_claim(request: &ClaimRequest) -> Change {
    attempt_change(request.tenant, request.verification, request.attempt.key, "SET #attempts.#attempt = :claim")
        .only_if(
            "attribute_exists(#pk) AND attribute_not_exists(#attempts.#attempt) AND size(#attempts) < :allowed \
             AND attribute_not_exists(#verified) AND #expires > :now AND #asked = :presented",
        )
        .name("#pk", PK)
        .name("#verified", VERIFIED)
        .name("#expires", EXPIRES)
        .name("#asked", ASKED)
        .value(":claim", attempt_value(&claimed(request)))
        .value(":allowed", number(ATTEMPTS_ALLOWED.into()))
        .value(":now", instant(request.now))
        .value(":presented", text(&request.presented))
}

/// The second claim of an attempt that the execution of this nonce has left undecided.
fn taking_over(request: &ClaimRequest, abandoned: RequestNonce) -> Change {
    let set = "SET #attempts.#attempt.#nonce = :ours, #attempts.#attempt.#at = :now";
    attempt_change(request.tenant, request.verification, request.attempt.key, set)
        .only_if(format!("{IS_CLAIMED_BY} AND attribute_not_exists(#verified) AND #expires > :now"))
        .name("#at", AT)
        .name("#verified", VERIFIED)
        .name("#expires", EXPIRES)
        .claimed_by(abandoned)
        .value(":ours", bytes(request.nonce.0))
        .value(":now", instant(request.now))
}

fn claimed(request: &ClaimRequest) -> Attempt {
    let state = AttemptState::Claimed;
    Attempt { body: request.attempt.body, claimed_at: request.now, nonce: request.nonce, state }
}

/// What a refused claim comes to.
enum Refusal {
    Decided(Claim),
    /// The attempt's execution has died, and this is its nonce.
    Abandoned(RequestNonce),
    /// Nothing explains it.
    Contradicted,
}

/// Why a claim on this verification is refused, in the order that the port gives.
fn refusal(found: Verification, request: &ClaimRequest) -> Refusal {
    // The condition compared milliseconds.
    let now = whole(request.now);
    let Some(attempt) = found.attempts.get(&request.attempt.key).copied() else {
        return if !found.takes_attempts(now) {
            Refusal::Decided(Claim::Closed)
        } else if found.asked != request.presented {
            Refusal::Decided(Claim::Mismatched)
        } else {
            Refusal::Contradicted
        };
    };
    if attempt.body != request.attempt.body {
        return Refusal::Decided(Claim::OtherRequest);
    }
    let goes_on = found.verified.is_none() && now < found.expires_at;
    if goes_on && attempt.is_claimed_by(request.nonce) {
        Refusal::Decided(Claim::Granted(Box::new(found)))
    } else if goes_on && attempt.is_abandoned(now) {
        Refusal::Abandoned(attempt.nonce)
    } else {
        Refusal::Decided(Claim::Repeated(Box::new(found)))
    }
}

/// A third one only if the execution that was taken over from, or another that took over, has released the attempt meanwhile.
const ROUNDS: u32 = 4;
