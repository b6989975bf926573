//! Audit events: one item each, under their subject and in the order of their ids, which begin with their time.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::{EventId, TenantId};
use store::{EventRecord, FindEvents, StoreError, StoreEvents};

use crate::call::not_understood;
use crate::error::failure;
use crate::item::{Item, ItemBuilder, TTL, bytes, instant, text, time_to_live};
use crate::keys::{self, Key, PK, SK};
use crate::reader::{Reader, corrupt};
use crate::size::{MAX_ITEM_BYTES, item_bytes};
use crate::{DynamoStore, KnowsAudit};

impl<T: KnowsAudit> StoreEvents for DynamoStore<T> {
    /// A `BatchWriteItem` for every 25 records, and another one for what DynamoDB left unprocessed of it. What is still
    /// left then is the queue's to deliver again: its back-off is the waiting. Repeating a put of the same record changes
    /// nothing.
    ///
    /// - A record above 400 KB is answered as not stored without being sent: DynamoDB would refuse the others with it.
    /// - If a batch gets no answer, its records count as not stored. If none gets one, that is the error.
    async fn store_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        let by_id: BTreeMap<EventId, Item> = records.iter().map(|record| (record.id, item(record))).collect();
        let (storable, mut left): (Vec<_>, Vec<_>) =
            by_id.into_iter().partition(|(_, item)| item_bytes(item) <= MAX_ITEM_BYTES);
        let chunks = storable.chunks(BATCH).map(<[_]>::to_vec).collect::<Vec<_>>();
        let batches = chunks.len();

        let mut failures = Vec::new();
        for chunk in chunks {
            let mut pending = chunk;
            for _ in 0..SENDS {
                if pending.is_empty() {
                    break;
                }
                match self.send(&pending).await {
                    Ok(unprocessed) => pending.retain(|(id, _)| unprocessed.contains(&id.to_string())),
                    Err(error) => {
                        failures.push(error);
                        break;
                    }
                }
            }
            left.append(&mut pending);
        }
        match failures.pop() {
            Some(error) if failures.len() + 1 == batches => Err(error),
            _ => Ok(left.into_iter().map(|(id, _)| id).collect()),
        }
    }
}

impl<T: KnowsAudit> DynamoStore<T> {
    /// Sends one batch; gives the sort keys that DynamoDB did not get to.
    async fn send(&self, batch: &[(EventId, Item)]) -> Result<Vec<String>, StoreError> {
        let operation = "StoreEvents";
        let puts = batch.iter().map(|(_, item)| PutRequest::builder().set_item(Some(item.clone())).build());
        let writes = puts
            .map(|put| put.map(|put| WriteRequest::builder().put_request(put).build()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| not_understood(operation))?;

        let request = self.client.batch_write_item().request_items(self.tables.audit(), writes);
        let answer = Box::pin(request.send()).await.map_err(|error| failure(operation, &error))?;
        let unprocessed: HashMap<String, Vec<WriteRequest>> = answer.unprocessed_items.unwrap_or_default();
        Ok(unprocessed.into_values().flatten().filter_map(sort_key).collect())
    }
}

fn sort_key(request: WriteRequest) -> Option<String> {
    match request.put_request?.item.remove(SK)? {
        AttributeValue::S(sk) => Some(sk),
        _ => None,
    }
}

impl<T: KnowsAudit> FindEvents for DynamoStore<T> {
    async fn find_events(
        &self,
        tenant: TenantId,
        subject: [u8; 16],
        limit: u16,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let operation = "FindEvents";
        let table = self.tables.audit();
        let partition = keys::events(tenant, subject);
        let mut records = Vec::new();
        if limit == 0 {
            return Ok(records);
        }
        let mut pages = self
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("#pk = :subject")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":subject", text(&partition))
            .limit(limit.into())
            .into_paginator()
            .items()
            .send();

        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failure(operation, &error))?;
            records.push(parse(operation, table, tenant, subject, &item)?);
            if records.len() == usize::from(limit) {
                break;
            }
        }
        Ok(records)
    }
}

pub(crate) fn item(record: &EventRecord) -> Item {
    ItemBuilder::new(&keys::event(record.tenant, record.subject, record.id))
        .with(AT, instant(record.at))
        .with(KEPT_UNTIL, instant(record.kept_until))
        .with(PAYLOAD, bytes(record.payload.as_slice()))
        .with(TTL, time_to_live(record.kept_until, Duration::ZERO))
        .build()
}

pub(crate) fn parse(
    operation: &'static str,
    table: &str,
    tenant: TenantId,
    subject: [u8; 16],
    item: &Item,
) -> Result<EventRecord, StoreError> {
    let partition = Key { pk: keys::events(tenant, subject), sk: None };
    let id = item.get(SK).and_then(|sk| sk.as_s().ok()?.parse::<EventId>().ok());
    let id = id.ok_or_else(|| corrupt(operation, table, &partition, SK))?;
    let reader = Reader { operation, table, key: &keys::event(tenant, subject, id), item };
    Ok(EventRecord {
        id,
        tenant,
        subject,
        at: reader.instant(AT)?,
        kept_until: reader.instant(KEPT_UNTIL)?,
        payload: reader.bytes(PAYLOAD)?,
    })
}

const AT: &str = "at";
const KEPT_UNTIL: &str = "kept";
const PAYLOAD: &str = "payload";

/// The most that `BatchWriteItem` takes; 25 items of at most 400 KB stay below its 16 MB too.
const BATCH: usize = 25;

/// How often a batch is sent: once, and once more for what was left unprocessed.
const SENDS: usize = 2;
