//! The outbox: events that the queue has not taken yet, each an item of the core table until it is sent.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{DeleteRequest, TransactWriteItem, WriteRequest};
use domain::EventId;
use futures_util::future::try_join_all;
use store::{DrainOutbox, KeepEvents, OutboxEvent, StoreError};

use crate::call::{Transaction, not_understood, putting};
use crate::error::failure;
use crate::item::{Item, ItemBuilder, bytes, text};
use crate::keys::{self, Key, PK, SK};
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> KeepEvents for DynamoStore<T> {
    /// One conditional `PutItem` for each event, all at once: whoever has no queue has few. Repeating one is refused, which is fine.
    async fn keep_events(&self, events: &[OutboxEvent]) -> Result<(), StoreError> {
        let table = self.tables.core();
        let puts = events.iter().map(|event| self.put_new("KeepEvents", table, item(event)));
        try_join_all(puts).await.map(drop)
    }
}

impl<T: KnowsCore> DrainOutbox for DynamoStore<T> {
    /// One `Query`; a second one only past 1 MB.
    async fn outbox_events(&self, part: u8, limit: u16) -> Result<Vec<OutboxEvent>, StoreError> {
        let operation = "DrainOutbox";
        let (table, partition) = (self.tables.core(), keys::outbox(part));
        let mut events = Vec::new();
        if limit == 0 {
            return Ok(events);
        }
        let mut pages = self
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("#pk = :part")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":part", text(&partition))
            .limit(limit.into())
            .into_paginator()
            .items()
            .send();

        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failure(operation, &error))?;
            events.push(parse(operation, table, &partition, &item)?);
            if events.len() == usize::from(limit) {
                break;
            }
        }
        Ok(events)
    }

    /// `BatchWriteItem`s of 25. Repeating them changes nothing.
    async fn remove_outbox_events(&self, sent: &[EventId]) -> Result<(), StoreError> {
        let operation = "DrainOutbox";
        let delete = |id: &EventId| {
            let key = keys::outbox_event(*id);
            let delete = DeleteRequest::builder().set_key(Some(key.to_attributes())).build()?;
            Ok((key, WriteRequest::builder().delete_request(delete).build()))
        };
        let deletes = sent.iter().map(delete).collect::<Result<_, BuildError>>();
        let deletes = deletes.map_err(|_| not_understood(operation))?;
        self.write_batches(operation, self.tables.core(), deletes).await.into_result(operation)
    }
}

impl<T: KnowsCore> DynamoStore<T> {
    /// Makes a write of the core table and keeps its event: both, or neither if the write's condition does not hold.
    pub(crate) async fn write_and_keep(
        &self,
        operation: &'static str,
        write: Result<TransactWriteItem, BuildError>,
        event: &OutboxEvent,
    ) -> Result<WriteAndKeep, StoreError> {
        let write = write.map_err(|_| not_understood(operation))?;
        self.write_all_and_keep(operation, vec![write], std::slice::from_ref(event)).await
    }

    /// The same of several writes and events: all, or nothing if a write's condition does not hold.
    pub(crate) async fn write_all_and_keep(
        &self,
        operation: &'static str,
        writes: Vec<TransactWriteItem>,
        events: &[OutboxEvent],
    ) -> Result<WriteAndKeep, StoreError> {
        match self.transact_and_keep(operation, writes, events).await? {
            Transaction::Done => Ok(WriteAndKeep::Done),
            Transaction::Refused(_, found) => Ok(WriteAndKeep::Refused(found)),
        }
    }

    /// The same, and tells which write was refused.
    pub(crate) async fn transact_and_keep(
        &self,
        operation: &'static str,
        mut writes: Vec<TransactWriteItem>,
        events: &[OutboxEvent],
    ) -> Result<Transaction, StoreError> {
        let conditional = writes.len();
        let keeps: Result<Vec<_>, _> = events.iter().map(|event| putting(self.tables.core(), item(event))).collect();
        writes.extend(keeps.map_err(|_| not_understood(operation))?);
        match self.transact(operation, writes).await? {
            // The events' own puts have no condition.
            Transaction::Refused(position, _) if position >= conditional => Err(not_understood(operation)),
            outcome => Ok(outcome),
        }
    }
}

/// What came of a write with an event.
pub(crate) enum WriteAndKeep {
    /// Both are stored.
    Done,
    /// Neither is: the item that the write's condition refused, if there is one.
    Refused(Option<Item>),
}

pub(crate) fn item(event: &OutboxEvent) -> Item {
    ItemBuilder::new(&keys::outbox_event(event.id)).with(PAYLOAD, bytes(event.payload.as_slice())).build()
}

pub(crate) fn parse(
    operation: &'static str,
    table: &str,
    partition: &str,
    item: &Item,
) -> Result<OutboxEvent, StoreError> {
    let id = item.get(SK).and_then(|sk| sk.as_s().ok()?.parse::<EventId>().ok());
    let place = Key { pk: partition.to_owned(), sk: None };
    let id = id.filter(|id| keys::outbox_event(*id).pk == partition);
    let id = id.ok_or_else(|| corrupt(operation, table, &place, SK))?;
    let reader = Reader { operation, table, key: &keys::outbox_event(id), item };
    Ok(OutboxEvent { id, payload: reader.bytes(PAYLOAD)? })
}

const PAYLOAD: &str = "payload";
