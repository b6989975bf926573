//! Completing a verification: the one write that spans two tables.
//!
//! ```text
//! claimed                                   expires_at
//!     ┼──────────── it can be completed ────────┼─── Closed ───▶ session.created_at
//! ```

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update as TransactUpdate};
use domain::Attempt;
use store::{CompleteVerification, Completion, CompletionRequest, StoreError};

use crate::call::{MUST_BE_NEW, Transaction, not_understood};
use crate::item::{instant, text};
use crate::keys::{self, PK};
use crate::reader::corrupt;
use crate::verification::{ATTEMPTS, EXPIRES, SESSION, VERIFIED, attempt_value, parse};
use crate::{DynamoStore, KnowsCore, KnowsEphemeral, session};

impl<T: KnowsCore + KnowsEphemeral> CompleteVerification for DynamoStore<T> {
    /// One `TransactWriteItems` of two writes. Repeated after a lost answer it meets the verification with its own session
    /// id, which is `Completed` again; so neither the SDK's nor the caller's repetition needs a token.
    async fn complete_verification(&self, request: &CompletionRequest) -> Result<Completion, StoreError> {
        let operation = "CompleteVerification";
        let (core, ephemeral) = (self.tables.core(), self.tables.ephemeral());
        let session = &request.session;
        let writes = writes(core, ephemeral, request).map_err(|_| not_understood(operation))?;

        match self.transact(operation, writes).await? {
            Transaction::Done => Ok(Completion::Completed),
            Transaction::Refused(0, None) => Ok(Completion::Closed),
            Transaction::Refused(0, Some(item)) => {
                let verification = parse(operation, ephemeral, session.tenant, request.verification, &item)?;
                let ours = verification.verified.is_some_and(|(_, id)| id == session.id);
                Ok(if ours { Completion::Completed } else { Completion::Closed })
            }
            // The verification is open, yet a session of this id exists: ids are drawn at random, so this is no race.
            Transaction::Refused(..) => {
                let key = keys::session(session.tenant, session.user, session.id);
                Err(corrupt(operation, core, &key, "id of an existing session"))
            }
        }
    }
}

fn writes(core: &str, ephemeral: &str, request: &CompletionRequest) -> Result<Vec<TransactWriteItem>, BuildError> {
    let session = &request.session;
    let names = [
        ("#attempts", ATTEMPTS.to_owned()),
        ("#attempt", request.attempt.to_string()),
        ("#verified", VERIFIED.to_owned()),
        ("#session", SESSION.to_owned()),
        ("#expires", EXPIRES.to_owned()),
    ];
    let values = [
        (":claimed", attempt_value(Attempt::Claimed)),
        (":right", attempt_value(Attempt::Right)),
        (":now", instant(session.created_at)),
        (":session", text(&session.id)),
    ];
    let verify = TransactUpdate::builder()
        .table_name(ephemeral)
        .set_key(Some(keys::verification(session.tenant, request.verification).to_attributes()))
        .update_expression("SET #attempts.#attempt = :right, #verified = :now, #session = :session")
        .condition_expression("#attempts.#attempt = :claimed AND attribute_not_exists(#verified) AND #expires > :now")
        .set_expression_attribute_names(Some(owned(names)))
        .set_expression_attribute_values(Some(owned(values)))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()?;
    let open_session = Put::builder()
        .table_name(core)
        .set_item(Some(session::item(session)))
        .condition_expression(MUST_BE_NEW)
        .expression_attribute_names("#pk", PK)
        .build()?;
    Ok(vec![
        TransactWriteItem::builder().update(verify).build(),
        TransactWriteItem::builder().put(open_session).build(),
    ])
}

fn owned<V, const N: usize>(pairs: [(&str, V); N]) -> HashMap<String, V> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
