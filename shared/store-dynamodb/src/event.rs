//! The index of the audit trail: two items for each event, one under its subject and one under its time. Both have everything, so
//! that either way of asking is a query and nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use domain::{EventId, TenantId};
use store::{EventKey, EventRecord, IndexEvents, LogPosition, RecogniseEvents, StoreError};

use crate::batch::{Wanted, key_of};
use crate::call::not_understood;
use crate::item::{Item, ItemBuilder, TTL, bytes, instant, number, time_to_live, whole_number};
use crate::keys::{self, Key, SK};
use crate::reader::{Reader, corrupt};
use crate::size::{MAX_ITEM_BYTES, item_bytes};
use crate::{DynamoStore, KnowsAudit};

impl<T: KnowsAudit> IndexEvents for DynamoStore<T> {
    /// `BatchWriteItem`s of 25 items.
    ///
    /// - A record above 400 KB is answered as not indexed without being sent.
    /// - A record of which an item gets no answer counts as not indexed. If no batch gets one, that is the error.
    async fn index_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        let operation = "IndexEvents";
        let mut owners = BTreeMap::new();
        let mut writes = BTreeMap::new();
        let mut left = BTreeSet::new();
        for record in records {
            let items = items(record);
            if items.iter().any(|item| item_bytes(item) > MAX_ITEM_BYTES) {
                left.insert(record.key.id);
                continue;
            }
            for (key, item) in places(record).into_iter().zip(items) {
                owners.insert(key.clone(), record.key.id);
                writes.insert(key, put(item).map_err(|_| not_understood(operation))?);
            }
        }

        let written = self.write_batches(operation, self.tables.audit(), writes).await;
        match written.error {
            Some(error) if written.left.len() == owners.len() => Err(error),
            _ => {
                left.extend(written.left.iter().filter_map(|key| owners.get(key)));
                Ok(left.into_iter().collect())
            }
        }
    }
}

impl<T: KnowsAudit> RecogniseEvents for DynamoStore<T> {
    /// `BatchGetItem`s of 100 keys, of the items under the subjects. They are billed as if all of the items were read.
    async fn recognise_events(&self, keys: &BTreeSet<EventKey>) -> Result<BTreeSet<EventKey>, StoreError> {
        let asked: BTreeMap<Key, EventKey> = keys.iter().map(|key| (keys::event_by_subject(key), *key)).collect();
        let places = asked.keys().cloned().collect();

        let found = self.read_batches("RecogniseEvents", self.tables.audit(), places, Wanted::Keys).await?;
        Ok(found.iter().filter_map(|item| asked.get(&key_of(item)?)).copied().collect())
    }
}

/// Where an event is put: under its subject, and under its time.
fn places(record: &EventRecord) -> [Key; 2] {
    let EventKey { tenant, id, .. } = record.key;
    [keys::event_by_subject(&record.key), keys::event_by_time(tenant, record.at, id)]
}

/// What is put there, in the same order.
pub(crate) fn items(record: &EventRecord) -> [Item; 2] {
    let [by_subject, by_time] = places(record).map(|key| {
        ItemBuilder::new(&key)
            .with(AT, instant(record.at))
            .with(KEPT_UNTIL, instant(record.kept_until))
            .with(PAYLOAD, bytes(record.payload.as_slice()))
            .with(SHARD, number(record.position.shard.into()))
            .with(BATCH, whole_number(record.position.batch))
            .with(INDEX, number(record.position.index))
            .with(TTL, time_to_live(record.kept_until, Duration::ZERO))
    });
    [by_subject.build(), by_time.with(SUBJECT, bytes(record.key.subject)).build()]
}

fn put(item: Item) -> Result<WriteRequest, BuildError> {
    Ok(WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build()?).build())
}

/// Reads an event of a subject's partition.
pub(crate) fn parse_by_subject(
    operation: &'static str,
    table: &str,
    (tenant, subject): (TenantId, [u8; 16]),
    item: &Item,
) -> Result<EventRecord, StoreError> {
    let partition = Key { pk: keys::events_of_subject(tenant, subject), sk: None };
    let id = sort_key(item).and_then(|sk| sk.parse::<EventId>().ok());
    let key = EventKey { tenant, subject, id: id.ok_or_else(|| corrupt(operation, table, &partition, SK))? };
    let place = keys::event_by_subject(&key);
    parse(&Reader { operation, table, key: &place, item }, key)
}

/// Reads an event of an hour's partition, and refuses one that is not in its place.
pub(crate) fn parse_by_time(
    operation: &'static str,
    table: &str,
    (tenant, partition): (TenantId, &str),
    item: &Item,
) -> Result<EventRecord, StoreError> {
    let place = |sk: Option<&str>| Key { pk: partition.to_owned(), sk: sk.map(str::to_owned) };
    let sk = sort_key(item);
    let id = sk.and_then(|sk| sk.rsplit_once('/')?.1.parse::<EventId>().ok());
    let (Some(sk), Some(id)) = (sk, id) else { return Err(corrupt(operation, table, &place(None), SK)) };
    let place = place(Some(sk));
    let reader = Reader { operation, table, key: &place, item };
    let record = parse(&reader, EventKey { tenant, subject: reader.array(SUBJECT)?, id })?;
    if keys::event_by_time(tenant, record.at, id) == place { Ok(record) } else { Err(reader.corrupt(AT)) }
}

fn sort_key(item: &Item) -> Option<&str> {
    item.get(SK)?.as_s().ok().map(String::as_str)
}

fn parse(reader: &Reader<'_>, key: EventKey) -> Result<EventRecord, StoreError> {
    let position =
        LogPosition { shard: reader.number(SHARD)?, batch: reader.number(BATCH)?, index: reader.number(INDEX)? };
    if position.batch == 0 {
        return Err(reader.corrupt(BATCH));
    }
    Ok(EventRecord {
        key,
        at: reader.instant(AT)?,
        kept_until: reader.instant(KEPT_UNTIL)?,
        payload: reader.bytes(PAYLOAD)?,
        position,
    })
}

const AT: &str = "at";
const KEPT_UNTIL: &str = "kept";
const PAYLOAD: &str = "payload";
const SHARD: &str = "shard";
const BATCH: &str = "batch";
const INDEX: &str = "index";
const SUBJECT: &str = "subject";
