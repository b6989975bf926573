//! Completing a verification: the one write that spans two tables.
//!
//! ```text
//! claimed                                   expires_at
//!     ┼──────────── it can be completed ────────┼─── Closed ───▶ session.created_at
//! ```

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::Verified;
use store::{CompleteVerification, Completion, CompletionRequest, StoreError};

use crate::account::{self, other_session};
use crate::attempt::{IS_CLAIMED_BY, RIGHT, attempt_change};
use crate::call::{Transaction, contended, not_understood};
use crate::change::Change;
use crate::item::{Item, instant, text};
use crate::keys;
use crate::opening::{AccountWrite, ROUNDS, Refusal};
use crate::verification::{EXPIRES, VERIFIED, parse, verified_value};
use crate::{DynamoStore, KnowsCore, KnowsEphemeral};

impl<T: KnowsCore + KnowsEphemeral> CompleteVerification for DynamoStore<T> {
    /// One `TransactWriteItems` of two writes; a second one where opening the session alone would take one. Repeated after a lost
    /// answer it meets the verification with its own session id, which is `Completed` again; so neither the SDK's nor the
    /// caller's repetition needs a token.
    async fn complete_verification(&self, request: &CompletionRequest) -> Result<Completion, StoreError> {
        let operation = "CompleteVerification";
        let core = self.tables.core();
        let session = &request.session;
        let mut write = AccountWrite::new(session, &request.evicted);
        for _ in 0..ROUNDS {
            let writes = self.writes(request, &write).map_err(|_| not_understood(operation))?;
            let found = match self.transact(operation, writes).await? {
                Transaction::Done => return Ok(Completion::Completed),
                Transaction::Refused(0, found) => return self.refused(operation, request, found),
                Transaction::Refused(_, found) => found,
            };
            let found = found.map(|item| account::parse(operation, core, session.tenant, session.user, &item));
            write = match write.refused(found.transpose()?) {
                Refusal::Again(write) => write,
                Refusal::Changed(account) => return Ok(Completion::SessionsChanged(account)),
                Refusal::Superseded => return Ok(Completion::Closed),
                // The verification could have been completed: the session is another verification's.
                Refusal::Exists(_) => {
                    return Err(other_session(operation, core, &keys::account(session.tenant, session.user)));
                }
            };
        }
        Err(contended(operation))
    }
}

impl<T: KnowsCore + KnowsEphemeral> DynamoStore<T> {
    fn writes(
        &self,
        request: &CompletionRequest,
        account: &AccountWrite<'_>,
    ) -> Result<Vec<TransactWriteItem>, BuildError> {
        let verification = verifying(request).in_transaction(self.tables.ephemeral())?;
        let account = account.change().in_transaction(self.tables.core())?;
        Ok(vec![verification, account])
    }

    /// What a verification tells that could not be completed.
    fn refused(
        &self,
        operation: &'static str,
        request: &CompletionRequest,
        found: Option<Item>,
    ) -> Result<Completion, StoreError> {
        let Some(item) = found else { return Ok(Completion::Closed) };
        let session = &request.session;
        let found = parse(operation, self.tables.ephemeral(), session.tenant, request.verification, &item)?;
        let is_ours = found.verified.is_some_and(|verified| verified.session == session.id);
        Ok(if is_ours { Completion::Completed } else { Completion::Closed })
    }
}

/// The verification's part: the attempt was right, and this is how it ended.
fn verifying(request: &CompletionRequest) -> Change {
    let session = &request.session;
    let verified = Verified { at: session.created_at, session: session.id, answer: request.answer.clone() };
    let set = "SET #attempts.#attempt.#state = :right, #verified = :verified";
    attempt_change(session.tenant, request.verification, request.attempt, set)
        .only_if(format!("{IS_CLAIMED_BY} AND attribute_not_exists(#verified) AND #expires > :now"))
        .name("#verified", VERIFIED)
        .name("#expires", EXPIRES)
        .claimed_by(request.nonce)
        .value(":right", text(RIGHT))
        .value(":now", instant(session.created_at))
        .value(":verified", verified_value(&verified))
}
