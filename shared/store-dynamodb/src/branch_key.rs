//! Branch keys: an item for each version, and a copy of the newest one, so that finding it is one read.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{BranchKeyVersion, TenantId};
use store::{BranchKeyRecord, CreateBranchKey, FindBranchKey, StoreError};

use crate::call::{MUST_BE_NEW, Transaction, not_understood, putting_new};
use crate::item::{Item, ItemBuilder, bytes, instant, number};
use crate::keys::{self, Key, PK};
use crate::reader::Reader;
use crate::{DynamoStore, KnowsCore};

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
    /// One `TransactWriteItems` of two writes. Repeated after a lost answer it meets its own item, which is `true` again.
    async fn create_branch_key(&self, record: &BranchKeyRecord) -> Result<bool, StoreError> {
        let operation = "CreateBranchKey";
        let table = self.tables.core();
        let writes = writes(table, record).map_err(|_| not_understood(operation))?;

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

fn writes(table: &str, record: &BranchKeyRecord) -> Result<Vec<TransactWriteItem>, BuildError> {
    let version = putting_new(table, item_at(&keys::branch_key(record.tenant, record.version), record))?;
    let newest = Put::builder().table_name(table);
    let newest = newest.set_item(Some(item_at(&keys::newest_branch_key(record.tenant), record)));
    let newest = follows(newest, record.version).build()?;
    Ok(vec![version, TransactWriteItem::builder().put(newest).build()])
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
        .with(CREATED, instant(record.created_at))
        .build()
}

pub(crate) fn parse(reader: &Reader<'_>, tenant: TenantId) -> Result<BranchKeyRecord, StoreError> {
    let version = BranchKeyVersion::new(reader.number(VERSION)?).ok_or_else(|| reader.corrupt(VERSION))?;
    Ok(BranchKeyRecord { tenant, version, wrapped: reader.bytes(WRAPPED)?, created_at: reader.instant(CREATED)? })
}

const VERSION: &str = "version";
const WRAPPED: &str = "wrapped";
const CREATED: &str = "created";
