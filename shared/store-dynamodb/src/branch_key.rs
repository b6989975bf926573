//! Branch keys: an item for each version, a copy of the newest one, so that finding it is one read, and a line of the register, so that
//! all can be listed.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{BranchKeyVersion, TenantId};
use store::{BranchKeyRecord, CreateBranchKey, FindBranchKey, OutboxEvent, RotateBranchKey, StoreError};

use crate::call::{MUST_BE_NEW, Transaction, not_understood, putting, putting_new};
use crate::item::{Item, ItemBuilder, bytes, instant, number};
use crate::keys::{self, Key, PK};
use crate::reader::Reader;
use crate::{DynamoStore, KnowsCore, key_register, outbox};

impl<T: KnowsCore> FindBranchKey for DynamoStore<T> {
    async fn find_branch_key(
        &self,
        tenant: TenantId,
        version: Option<BranchKeyVersion>,
    ) -> Result<Option<BranchKeyRecord>, StoreError> {
        let operation = "FindBranchKey";
        let table = self.tables.core();
        let key = match version {
            Some(version) => keys::branch_key(tenant, version),
            None => keys::newest_branch_key(tenant),
        };

        let Some(item) = self.read(operation, table, &key).await? else { return Ok(None) };
        let reader = Reader { operation, table, key: &key, item: &item };
        let record = parse(&reader, tenant)?;
        if version.is_some_and(|version| version != record.version) {
            return Err(reader.corrupt(VERSION));
        }
        Ok(Some(record))
    }
}

impl<T: KnowsCore> CreateBranchKey for DynamoStore<T> {
    /// One `TransactWriteItems` of three writes. Repeated after a lost answer it meets its own item, which is `true` again.
    async fn create_branch_key(&self, record: &BranchKeyRecord) -> Result<bool, StoreError> {
        self.write_branch_key("CreateBranchKey", record, None).await
    }
}

impl<T: KnowsCore> RotateBranchKey for DynamoStore<T> {
    /// One `TransactWriteItems` of four writes. Repeated after a lost answer it meets its own item, which is `true` again.
    async fn rotate_branch_key(&self, record: &BranchKeyRecord, event: &OutboxEvent) -> Result<bool, StoreError> {
        self.write_branch_key("RotateBranchKey", record, Some(event)).await
    }
}

impl<T: KnowsCore> DynamoStore<T> {
    async fn write_branch_key(
        &self,
        operation: &'static str,
        record: &BranchKeyRecord,
        event: Option<&OutboxEvent>,
    ) -> Result<bool, StoreError> {
        let table = self.tables.core();
        let writes = writes(table, record, event).map_err(|_| not_understood(operation))?;

        match self.transact(operation, writes).await? {
            Transaction::Done => Ok(true),
            Transaction::Refused(0, Some(item)) => {
                let key = keys::branch_key(record.tenant, record.version);
                let existing = parse(&Reader { operation, table, key: &key, item: &item }, record.tenant)?;
                Ok(item_at(&key, &existing) == item_at(&key, record))
            }
            Transaction::Refused(..) => Ok(false),
        }
    }
}

fn writes(
    table: &str,
    record: &BranchKeyRecord,
    event: Option<&OutboxEvent>,
) -> Result<Vec<TransactWriteItem>, BuildError> {
    let version = putting_new(table, item_at(&keys::branch_key(record.tenant, record.version), record))?;
    let newest = Put::builder().table_name(table);
    let newest = newest.set_item(Some(item_at(&keys::newest_branch_key(record.tenant), record)));
    let newest = follows(newest, record.version).build()?;
    let registered = putting(table, key_register::item(record))?;
    let event = event.map(|event| putting(table, outbox::item(event))).transpose()?;
    let writes = [version, TransactWriteItem::builder().put(newest).build(), registered];
    Ok(writes.into_iter().chain(event).collect())
}

/// The condition that the newest version so far is the one before this.
fn follows(newest: PutBuilder, version: BranchKeyVersion) -> PutBuilder {
    match BranchKeyVersion::new(version.number() - 1) {
        None => newest.condition_expression(MUST_BE_NEW).expression_attribute_names("#pk", PK),
        Some(previous) => newest
            .condition_expression("#version = :previous")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":previous", number(previous.number())),
    }
}

pub(crate) fn item_at(key: &Key, record: &BranchKeyRecord) -> Item {
    ItemBuilder::new(key)
        .with(VERSION, number(record.version.number()))
        .with(WRAPPED, bytes(record.wrapped.as_slice()))
        .with_optional(FIRST, record.first.as_deref().map(bytes))
        .with(CREATED, instant(record.created_at))
        .build()
}

pub(crate) fn parse(reader: &Reader<'_>, tenant: TenantId) -> Result<BranchKeyRecord, StoreError> {
    let version = BranchKeyVersion::new(reader.number(VERSION)?).ok_or_else(|| reader.corrupt(VERSION))?;
    let first = reader.optional_bytes(FIRST)?;
    if first.is_some() != (version > BranchKeyVersion::FIRST) {
        return Err(reader.corrupt(FIRST));
    }
    let (wrapped, created_at) = (reader.bytes(WRAPPED)?, reader.instant(CREATED)?);
    Ok(BranchKeyRecord { tenant, version, wrapped, first, created_at })
}

const VERSION: &str = "version";
const WRAPPED: &str = "wrapped";
const FIRST: &str = "first";
const CREATED: &str = "created";
