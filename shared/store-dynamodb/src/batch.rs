//! Many items in one call: `BatchWriteItem` and `BatchGetItem`, several at once, and again for what DynamoDB left unprocessed.
//!
//! DynamoDB leaves items of a batch unprocessed where it would have throttled them alone, and the SDK does not send them again. This
//! does, after a pause each time ([`PAUSES`]), and gives up after the last. A batch that is throttled as a whole is no different.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, WriteRequest};
use futures_util::stream::{self, StreamExt};
use store::{StoreError, StoreErrorKind};

use crate::DynamoStore;
use crate::call::not_understood;
use crate::error::{EngineFailure, failure};
use crate::item::Item;
use crate::keys::{Key, PK, SK};

/// What came of many writes.
pub(crate) struct Written {
    /// The keys of those of which it is not known that they were made.
    pub(crate) left: Vec<Key>,
    /// Why some batch was not answered, if one was not.
    pub(crate) error: Option<StoreError>,
}

impl Written {
    /// All or nothing.
    pub(crate) fn into_result(self, operation: &'static str) -> Result<(), StoreError> {
        match self.error {
            Some(error) => Err(error),
            None if self.left.is_empty() => Ok(()),
            None => Err(unprocessed(operation)),
        }
    }
}

impl<T: Send + Sync> DynamoStore<T> {
    /// Makes all the writes, in batches.
    pub(crate) async fn write_batches(
        &self,
        operation: &'static str,
        table: &str,
        writes: BTreeMap<Key, WriteRequest>,
    ) -> Written {
        let batches = in_batches(writes.into_values(), MOST_WRITES).into_iter();
        let batches = batches.map(|batch| self.write_batch(operation, table, batch));
        let mut batches = stream::iter(batches).buffer_unordered(AT_ONCE);
        let mut written = Written { left: Vec::new(), error: None };
        while let Some((left, error)) = batches.next().await {
            written.left.extend(left.iter().filter_map(key_of_write));
            written.error = error.or(written.error);
        }
        written
    }

    /// Makes the writes of one batch; gives those that are left in the end, and why if not because DynamoDB did not process them.
    async fn write_batch(
        &self,
        operation: &'static str,
        table: &str,
        mut left: Vec<WriteRequest>,
    ) -> (Vec<WriteRequest>, Option<StoreError>) {
        let mut pauses = PAUSES.into_iter();
        loop {
            let request = self.client.batch_write_item().request_items(table, left.clone());
            let error = match Box::pin(request.send()).await {
                Ok(answer) => {
                    left = answer.unprocessed_items.and_then(|mut left| left.remove(table)).unwrap_or_default();
                    None
                }
                Err(error) => Some(failure(operation, &error)),
            };
            let can_go_on = error.as_ref().is_none_or(is_throttled);
            match pauses.next() {
                Some(time) if can_go_on && !left.is_empty() => pause(time).await,
                _ => return (left, error),
            }
        }
    }

    /// Reads those of the items that there are, strongly consistent, in batches and in no order; only the keys, or all of them.
    pub(crate) async fn read_batches(
        &self,
        operation: &'static str,
        table: &str,
        keys: Vec<Key>,
        wanted: Wanted,
    ) -> Result<Vec<Item>, StoreError> {
        let batches = in_batches(keys.into_iter(), MOST_READS).into_iter();
        let batches = batches.map(|batch| self.read_batch(operation, table, batch, wanted));
        let mut batches = stream::iter(batches).buffer_unordered(AT_ONCE);
        let mut found = Vec::new();
        while let Some(items) = batches.next().await {
            found.append(&mut items?);
        }
        Ok(found)
    }

    async fn read_batch(
        &self,
        operation: &'static str,
        table: &str,
        keys: Vec<Key>,
        wanted: Wanted,
    ) -> Result<Vec<Item>, StoreError> {
        let mut pauses = PAUSES.into_iter();
        let mut found = Vec::new();
        let keys = keys.iter().map(Key::to_attributes).collect();
        let mut left = wanted.of(KeysAndAttributes::builder().consistent_read(true).set_keys(Some(keys)));
        loop {
            let reading = left.clone().build().map_err(|_| not_understood(operation))?;
            let error = match Box::pin(self.client.batch_get_item().request_items(table, reading).send()).await {
                Ok(mut answer) => {
                    found.append(&mut answer.responses.as_mut().and_then(|all| all.remove(table)).unwrap_or_default());
                    let unprocessed_keys = answer.unprocessed_keys.and_then(|mut left| left.remove(table));
                    let Some(keys) = unprocessed_keys.map(|left| left.keys).filter(|keys| !keys.is_empty()) else {
                        return Ok(found);
                    };
                    left = left.set_keys(Some(keys));
                    unprocessed(operation)
                }
                Err(error) => failure(operation, &error),
            };
            match pauses.next() {
                Some(time) if is_throttled(&error) => pause(time).await,
                _ => return Err(error),
            }
        }
    }
}

/// What is read of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of them.
    Whole,
    /// Whether they are there.
    Keys,
}

impl Wanted {
    fn of(self, keys: KeysAndAttributesBuilder) -> KeysAndAttributesBuilder {
        match self {
            Self::Whole => keys,
            Self::Keys => keys
                .projection_expression("#pk, #sk")
                .expression_attribute_names("#pk", PK)
                .expression_attribute_names("#sk", SK),
        }
    }
}

/// The key of an item of a table with a sort key.
pub(crate) fn key_of(item: &Item) -> Option<Key> {
    let part = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned();
    Some(Key { pk: part(PK)?, sk: Some(part(SK)?) })
}

fn key_of_write(write: &WriteRequest) -> Option<Key> {
    let put = write.put_request.as_ref().map(|put| &put.item);
    put.or_else(|| write.delete_request.as_ref().map(|delete| &delete.key)).and_then(key_of)
}

fn in_batches<V>(all: impl Iterator<Item = V>, size: usize) -> Vec<Vec<V>> {
    let mut batches: Vec<Vec<V>> = Vec::new();
    for one in all {
        match batches.last_mut().filter(|batch| batch.len() < size) {
            Some(batch) => batch.push(one),
            None => batches.push(vec![one]),
        }
    }
    batches
}

/// A batch that was throttled as a whole may be sent again; any other error is the answer.
fn is_throttled(error: &StoreError) -> bool {
    error.kind == StoreErrorKind::Throttled
}

fn unprocessed(operation: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Throttled, operation, EngineFailure::Unprocessed)
}

#[expect(clippy::disallowed_methods, reason = "DynamoDB asks for the pause, and tests pause the clock")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The most that `BatchWriteItem` takes. 25 of the largest items are 10 MB, and it takes 16.
const MOST_WRITES: usize = 25;

/// The most that `BatchGetItem` takes.
const MOST_READS: usize = 100;

/// Batches in flight: as many as a function of one core can fill.
const AT_ONCE: usize = 8;

/// How long is waited before what was left unprocessed is sent again: doubled each time, and 1.2 seconds in all, so that a batch
/// ends well within the time of a function's run.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(400),
];
