//! The register of branch keys: a line for each tenant, so that whoever rotates finds all of them without a Scan.

use store::{BranchKeyRecord, ListBranchKeys, RegisteredBranchKey, StoreError};

use domain::{BranchKeyVersion, TenantId};

use crate::error::failure;
use crate::item::{Item, ItemBuilder, instant, number, text};
use crate::keys::{self, Key, PK, SK};
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> ListBranchKeys for DynamoStore<T> {
    /// One `Query` for every megabyte, so for about 9,000 tenants.
    async fn list_branch_keys(&self, part: u8) -> Result<Vec<RegisteredBranchKey>, StoreError> {
        let operation = "ListBranchKeys";
        let (table, partition) = (self.tables.core(), keys::register(part));
        let mut pages = self
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("#pk = :part")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":part", text(&partition))
            .into_paginator()
            .items()
            .send();

        let mut registered = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failure(operation, &error))?;
            registered.push(parse(operation, table, &partition, &item)?);
        }
        Ok(registered)
    }
}

pub(crate) fn item(record: &BranchKeyRecord) -> Item {
    ItemBuilder::new(&keys::registered_branch_key(record.tenant))
        .with(VERSION, number(record.version.number()))
        .with(CREATED, instant(record.created_at))
        .build()
}

pub(crate) fn parse(
    operation: &'static str,
    table: &str,
    partition: &str,
    item: &Item,
) -> Result<RegisteredBranchKey, StoreError> {
    let tenant = item.get(SK).and_then(|sk| sk.as_s().ok()?.parse::<TenantId>().ok());
    let place = Key { pk: partition.to_owned(), sk: None };
    let tenant = tenant.filter(|tenant| keys::registered_branch_key(*tenant).pk == partition);
    let tenant = tenant.ok_or_else(|| corrupt(operation, table, &place, SK))?;
    let reader = Reader { operation, table, key: &keys::registered_branch_key(tenant), item };
    let newest = BranchKeyVersion::new(reader.number(VERSION)?).ok_or_else(|| reader.corrupt(VERSION))?;
    Ok(RegisteredBranchKey { tenant, newest, created_at: reader.instant(CREATED)? })
}

const VERSION: &str = "version";
const CREATED: &str = "created";
