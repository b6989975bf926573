//! Signing keys: a handful of items in one partition of the core table.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::KeyId;
use jiff::Timestamp;
use store::{
    CreateSigningKey, KeyRetirement, ListSigningKeys, OutboxEvent, RetireSigningKey, SigningKeyRecord, StoreError,
};

use crate::call::{Put, Transaction, not_understood, putting, putting_new};
use crate::change::Change;
use crate::error::failure;
use crate::item::{Item, ItemBuilder, bytes, instant, text};
use crate::keys::{self, Key, PK, SIGNING_KEYS, SK};
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore, outbox};

impl<T: KnowsCore> ListSigningKeys for DynamoStore<T> {
    /// One `Query`; a second one only past 1 MB, which no handful of keys reaches.
    async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        let operation = "ListSigningKeys";
        let table = self.tables.core();
        let mut pages = self
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("#pk = :keys")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":keys", text(SIGNING_KEYS))
            .into_paginator()
            .items()
            .send();

        let mut records = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failure(operation, &error))?;
            records.push(parse(operation, table, &item)?);
        }
        records.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(records)
    }
}

impl<T: KnowsCore> CreateSigningKey for DynamoStore<T> {
    /// One conditional `PutItem`; repeating it changes nothing.
    async fn create_signing_key(&self, record: &SigningKeyRecord) -> Result<(), StoreError> {
        match self.put_new("CreateSigningKey", self.tables.core(), item(record)).await? {
            Put::Stored | Put::Exists(_) => Ok(()),
        }
    }
}

impl<T: KnowsCore> RetireSigningKey for DynamoStore<T> {
    /// One `TransactWriteItems` of two writes, or three with a successor. Repeated after a lost answer it is refused: what was known does
    /// not hold any more.
    async fn retire_signing_key(&self, retirement: &KeyRetirement, event: &OutboxEvent) -> Result<bool, StoreError> {
        let operation = "RetireSigningKey";
        let writes = retiring(self.tables.core(), retirement, event).map_err(|_| not_understood(operation))?;
        Ok(matches!(self.transact(operation, writes).await?, Transaction::Done))
    }

    /// One conditional `DeleteItem`; repeating it changes nothing.
    async fn remove_signing_key(&self, key: &KeyId, by: Timestamp) -> Result<(), StoreError> {
        let removal = Change::removal(keys::signing_key(key))
            .only_if("#retires <= :by")
            .name("#retires", RETIRES)
            .value(":by", instant(by));
        self.remove("RetireSigningKey", self.tables.core(), removal).await
    }
}

fn retiring(
    table: &str,
    retirement: &KeyRetirement,
    event: &OutboxEvent,
) -> Result<Vec<TransactWriteItem>, BuildError> {
    let change = Change::new(keys::signing_key(&retirement.key), "SET #retires = :retires")
        .name("#retires", RETIRES)
        .value(":retires", instant(retirement.retires_at));
    let change = match retirement.known {
        None => change.name("#pk", PK).only_if("attribute_exists(#pk) AND attribute_not_exists(#retires)"),
        Some(known) => change.value(":known", instant(known)).only_if("#retires = :known"),
    };
    let successor = retirement.successor.iter().map(|record| putting_new(table, item(record)));
    let event = putting(table, outbox::item(event));
    [change.in_transaction(table)].into_iter().chain(successor).chain([event]).collect()
}

pub(crate) fn item(record: &SigningKeyRecord) -> Item {
    ItemBuilder::new(&keys::signing_key(&record.id))
        .with(PUBLIC, bytes(record.public.as_slice()))
        .with(WRAPPED, bytes(record.wrapped_private.as_slice()))
        .with(CREATED, instant(record.created_at))
        .with(SIGNS_FROM, instant(record.signs_from))
        .with_optional(RETIRES, record.retires_at.map(instant))
        .build()
}

pub(crate) fn parse(operation: &'static str, table: &str, item: &Item) -> Result<SigningKeyRecord, StoreError> {
    let partition = Key { pk: SIGNING_KEYS.to_owned(), sk: None };
    let id = item.get(SK).and_then(|sk| sk.as_s().ok()?.parse::<KeyId>().ok());
    let id = id.ok_or_else(|| corrupt(operation, table, &partition, SK))?;
    let reader = Reader { operation, table, key: &keys::signing_key(&id), item };
    Ok(SigningKeyRecord {
        public: reader.bytes(PUBLIC)?,
        wrapped_private: reader.bytes(WRAPPED)?,
        created_at: reader.instant(CREATED)?,
        signs_from: reader.instant(SIGNS_FROM)?,
        retires_at: reader.optional_instant(RETIRES)?,
        id,
    })
}

const PUBLIC: &str = "public";
const WRAPPED: &str = "wrapped";
const CREATED: &str = "created";
const SIGNS_FROM: &str = "signs_from";
const RETIRES: &str = "retires";
