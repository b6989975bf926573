//! Audit events: one item each, under their subject and in the order of their ids, which begin with their time.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{EventId, TenantId};
use futures_util::stream::{self, StreamExt};
use store::{EventRecord, FindEvents, StoreError, StoreEvents};

use crate::error::failure;
use crate::item::{Item, ItemBuilder, TTL, bytes, instant, text, time_to_live};
use crate::keys::{self, Key, PK, SK};
use crate::reader::{Reader, corrupt};
use crate::size::{MAX_ITEM_BYTES, item_bytes};
use crate::{DynamoStore, KnowsAudit};

impl<T: KnowsAudit> StoreEvents for DynamoStore<T> {
    /// One conditional `PutItem` for each record, 25 at a time: the trail is only ever appended to, and a record of a stored
    /// id is the stored one. (`BatchWriteItem` takes no condition: a second record would replace the first.)
    ///
    /// - A record above 400 KB is answered as not stored without being sent.
    /// - A record whose put gets no answer counts as not stored. If none gets one, that is the error.
    async fn store_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        let by_id: BTreeMap<EventId, Item> = records.iter().rev().map(|record| (record.id, item(record))).collect();
        let (storable, too_large): (Vec<_>, Vec<_>) =
            by_id.into_iter().partition(|(_, item)| item_bytes(item) <= MAX_ITEM_BYTES);
        let sent = storable.len();

        let puts = storable.into_iter().map(|(id, item)| async move {
            let put = self.put_new("StoreEvents", self.tables.audit(), item).await;
            put.err().map(|error| (id, error))
        });
        let failed: Vec<(EventId, StoreError)> =
            stream::iter(puts).buffered(AT_ONCE).filter_map(std::future::ready).collect().await;

        let all_failed = sent > 0 && failed.len() == sent;
        let (mut left, mut errors): (Vec<EventId>, Vec<StoreError>) = failed.into_iter().unzip();
        match errors.pop() {
            Some(error) if all_failed => Err(error),
            _ => {
                left.extend(too_large.into_iter().map(|(id, _)| id));
                Ok(left)
            }
        }
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

/// As many as a small function can keep in flight without queueing for connections.
const AT_ONCE: usize = 25;
