//! The calls that the ports are made of, with their outcomes told from their errors. The SDK's futures are boxed: they are
//! of 10 KB and more, and would be copied into every future above them.
//!
//! Retries happen at two levels, and both are safe for every call in this crate (see the crate's documentation):
//! - The SDK repeats what timed out, was throttled, or met a 5xx, within the one deadline that its configuration sets.
//! - A write that met a transaction on the same item ([`CONFLICT_ATTEMPTS`]) is sent again at once. A conflict means that
//!   nothing was written, and the other side is done within the few milliseconds that a round trip takes, so waiting on
//!   top of it would only make the answer later. What still conflicts after that is `Throttled`.

use std::collections::HashMap;
use std::future::Future;

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put as TransactPut, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use store::{StoreError, StoreErrorKind};

use crate::DynamoStore;
use crate::change::Change;
use crate::error::{EngineFailure, THROTTLING_CODES, failure};
use crate::item::Item;
use crate::keys::{Key, PK};

/// What came of putting an item that must be new.
pub(crate) enum Put {
    /// It is stored.
    Stored,
    /// This one has its key.
    Exists(Item),
}

/// What came of a conditional update.
pub(crate) enum Update {
    /// The item as of just after it.
    Done(Item),
    /// The item that the condition refused, if there is one.
    Refused(Option<Item>),
}

/// What came of a transaction.
pub(crate) enum Transaction {
    /// All of it is stored.
    Done,
    /// Nothing is stored: the first write whose condition did not hold, counted from 0, and the item that it met.
    Refused(usize, Option<Item>),
}

impl<T: Send + Sync> DynamoStore<T> {
    /// Reads an item, strongly consistent.
    pub(crate) async fn read(
        &self,
        operation: &'static str,
        table: &str,
        key: &Key,
    ) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(table).set_key(Some(key.to_attributes())).consistent_read(true);

        let answer = Box::pin(request.send()).await.map_err(|error| failure(operation, &error))?;
        Ok(answer.item)
    }

    /// Stores an item unless there is one of its key.
    pub(crate) async fn put_new(&self, operation: &'static str, table: &str, item: Item) -> Result<Put, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item))
            .condition_expression(MUST_BE_NEW)
            .expression_attribute_names("#pk", PK)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);

        match repeat_conflicts(|| request.clone().send(), is_conflict).await {
            Ok(_) => Ok(Put::Stored),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refusal)) => match refusal.item() {
                    Some(item) => Ok(Put::Exists(item.clone())),
                    None => Err(not_understood(operation)),
                },
                _ => Err(failure(operation, &error)),
            },
        }
    }

    /// Changes an item if the condition holds.
    pub(crate) async fn update(
        &self,
        operation: &'static str,
        table: &str,
        change: Change,
    ) -> Result<Update, StoreError> {
        let request = change
            .of_one_item(self.client.update_item().table_name(table))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);

        match repeat_conflicts(|| request.clone().send(), is_conflict).await {
            Ok(answer) => match answer.attributes {
                Some(item) => Ok(Update::Done(item)),
                None => Err(not_understood(operation)),
            },
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                    Ok(Update::Refused(refusal.item().cloned()))
                }
                _ => Err(failure(operation, &error)),
            },
        }
    }

    /// Removes an item if the condition holds.
    pub(crate) async fn remove(
        &self,
        operation: &'static str,
        table: &str,
        condition: Change,
    ) -> Result<(), StoreError> {
        let request = condition.of_removal(self.client.delete_item().table_name(table));

        match repeat_conflicts(|| request.clone().send(), is_conflict).await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(failure(operation, &error)),
            },
        }
    }

    /// Carries out writes, all or none. The SDK gives the call a token of its own, so that an attempt whose answer was
    /// lost is recognised by DynamoDB; a caller's own repetition is recognised by the conditions.
    pub(crate) async fn transact(
        &self,
        operation: &'static str,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Transaction, StoreError> {
        let request = self.client.transact_write_items().set_transact_items(Some(writes));

        match repeat_conflicts(|| request.clone().send(), is_conflicting_transaction).await {
            Ok(_) => Ok(Transaction::Done),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancellation(operation, cancelled.cancellation_reasons())
                }
                _ => Err(failure(operation, &error)),
            },
        }
    }
}

/// Stores an item, as a part of a transaction.
pub(crate) fn putting(table: &str, item: Item) -> Result<TransactWriteItem, BuildError> {
    Ok(TransactWriteItem::builder().put(TransactPut::builder().table_name(table).set_item(Some(item)).build()?).build())
}

/// Stores an item unless there is one of its key, as a part of a transaction; a refusal brings the old item along.
pub(crate) fn putting_new(table: &str, item: Item) -> Result<TransactWriteItem, BuildError> {
    let put = TransactPut::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(MUST_BE_NEW)
        .expression_attribute_names("#pk", PK)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    Ok(TransactWriteItem::builder().put(put.build()?).build())
}

/// Stores an item in place of one of which a condition (with its names and values) holds, as a part of a transaction; a refusal brings the
/// old item along.
pub(crate) fn putting_if(
    table: &str,
    item: Item,
    (condition, names, values): (&str, HashMap<String, String>, HashMap<String, AttributeValue>),
) -> Result<TransactWriteItem, BuildError> {
    let put = TransactPut::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(condition)
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values((!values.is_empty()).then_some(values))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    Ok(TransactWriteItem::builder().put(put.build()?).build())
}

/// The condition that an item is new; `#pk` stands for the partition key.
pub(crate) const MUST_BE_NEW: &str = "attribute_not_exists(#pk)";

/// An answer that contradicts what was asked for.
pub(crate) fn not_understood(operation: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, operation, EngineFailure::NotUnderstood)
}

/// Others were faster however often it was tried.
pub(crate) fn contended(operation: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Throttled, operation, EngineFailure::Contended)
}

async fn repeat_conflicts<O, E, R, F>(
    send: impl Fn() -> F + Send + Sync,
    is_conflict: impl Fn(&E) -> bool + Send + Sync,
) -> Result<O, SdkError<E, R>>
where
    F: Future<Output = Result<O, SdkError<E, R>>> + Send,
    O: Send,
    E: Send,
    R: Send,
{
    let mut attempt = 1;
    loop {
        let result = Box::pin(send()).await;
        let conflicts = result.as_ref().err().and_then(SdkError::as_service_error).is_some_and(&is_conflict);
        if !conflicts || attempt == CONFLICT_ATTEMPTS {
            return result;
        }
        attempt += 1;
    }
}

fn is_conflict(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("TransactionConflictException")
}

/// A conflict before the first refused condition: the write in conflict may be one that decides.
fn is_conflicting_transaction(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
    let undecided = cancelled.cancellation_reasons().iter().take_while(|reason| reason.code() != Some(REFUSED));
    undecided.into_iter().any(|reason| reason.code() == Some(CONFLICT))
}

/// The first write whose condition did not hold decides, unless one before it is in conflict; the rest asks for another time.
fn cancellation(operation: &'static str, reasons: &[CancellationReason]) -> Result<Transaction, StoreError> {
    let decides = |reason: &CancellationReason| [REFUSED, CONFLICT].contains(&reason.code().unwrap_or_default());
    let first = reasons.iter().enumerate().find(|(_, reason)| decides(reason));
    if let Some((position, reason)) = first.filter(|(_, reason)| reason.code() == Some(REFUSED)) {
        return Ok(Transaction::Refused(position, reason.item().cloned()));
    }
    let throttled = has_reason(reasons, CONFLICT) || THROTTLING_CODES.iter().any(|code| has_reason(reasons, code));
    let kind = if throttled { StoreErrorKind::Throttled } else { StoreErrorKind::Unavailable };
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or("no code")).collect();
    let failure = EngineFailure::Answered { code: codes.join("+"), request_id: "without id".to_owned() };
    Err(StoreError::new(kind, operation, failure))
}

fn has_reason(reasons: &[CancellationReason], code: &str) -> bool {
    reasons.iter().any(|reason| reason.code() == Some(code))
}

const REFUSED: &str = "ConditionalCheckFailed";
const CONFLICT: &str = "TransactionConflict";

/// How often a write is sent in all while transactions on the same item are in its way.
const CONFLICT_ATTEMPTS: u32 = 5;
