//! API keys: one item each, found by the secret's hash alone, before the tenant is known. A copy of it stands in the tenant's list;
//! what decides is the first. Both change in one transaction.

use domain::{ApiKeyId, Scopes, SecretHash, TenantId};
use jiff::Timestamp;
use store::{
    ApiKeyRecord, CreateApiKey, FindApiKey, ListApiKeys, ListedApiKey, NoteApiKeyUse, OutboxEvent, StoreError,
    USE_NOTED_EVERY,
};

use crate::call::{Transaction, Update, not_understood, putting, putting_new};
use crate::change::Change;
use crate::error::failure;
use crate::item::{Item, ItemBuilder, before, bytes, instant, text, whole};
use crate::keys::{self, Key, PK, SK};
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore, outbox};

impl<T: KnowsCore> FindApiKey for DynamoStore<T> {
    async fn find_api_key(&self, hash: SecretHash) -> Result<Option<ApiKeyRecord>, StoreError> {
        let operation = "FindApiKey";
        let table = self.tables.core();
        let key = keys::api_key(hash);

        let item = self.read(operation, table, &key).await?;
        item.map(|item| parse(&Reader { operation, table, key: &key, item: &item }, hash)).transpose()
    }
}

impl<T: KnowsCore> CreateApiKey for DynamoStore<T> {
    /// One `TransactWriteItems` of three writes; repeating it changes nothing.
    async fn create_api_key(&self, record: &ApiKeyRecord, event: &OutboxEvent) -> Result<(), StoreError> {
        let operation = "CreateApiKey";
        let table = self.tables.core();
        let listed = ListedApiKey { record: record.clone(), used_at: None };
        let writes = [
            putting_new(table, item(record)),
            putting_new(table, listed_item(&listed)),
            putting(table, outbox::item(event)),
        ];
        let writes = writes.into_iter().collect::<Result<_, _>>().map_err(|_| not_understood(operation))?;

        match self.transact(operation, writes).await? {
            Transaction::Done | Transaction::Refused(0, _) => Ok(()),
            // Another key of this id, which no two random keys of a tenant have.
            Transaction::Refused(..) => {
                Err(corrupt(operation, table, &keys::listed_api_key(record.tenant, record.id()), HASH))
            }
        }
    }
}

impl<T: KnowsCore> ListApiKeys for DynamoStore<T> {
    /// One `Query`; a second one only past 1 MB.
    async fn list_api_keys(&self, tenant: TenantId) -> Result<Vec<ListedApiKey>, StoreError> {
        let operation = "ListApiKeys";
        let table = self.tables.core();
        let mut pages = self
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("#pk = :keys")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":keys", text(&keys::listed_api_keys(tenant)))
            .into_paginator()
            .items()
            .send();

        let mut listed = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failure(operation, &error))?;
            listed.push(parse_listed(operation, table, tenant, &item)?);
        }
        listed.sort_by_key(|key| (key.record.created_at, key.record.id()));
        Ok(listed)
    }
}

impl<T: KnowsCore> NoteApiKeyUse for DynamoStore<T> {
    /// One conditional `UpdateItem`; repeating it changes nothing.
    async fn note_api_key_use(&self, tenant: TenantId, key: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let noted = Change::new(keys::listed_api_key(tenant, key), "SET #used = :at")
            .only_if("attribute_exists(#pk) AND (attribute_not_exists(#used) OR #used <= :before)")
            .name("#pk", PK)
            .name("#used", USED)
            .value(":at", instant(at))
            .value(":before", instant(before(whole(at), USE_NOTED_EVERY)));

        match self.update("NoteApiKeyUse", self.tables.core(), noted).await? {
            Update::Done(_) | Update::Refused(_) => Ok(()),
        }
    }
}

pub(crate) fn item(record: &ApiKeyRecord) -> Item {
    with_facts(ItemBuilder::new(&keys::api_key(record.hash)).with(TENANT, text(&record.tenant)), record).build()
}

pub(crate) fn listed_item(ListedApiKey { record, used_at }: &ListedApiKey) -> Item {
    let entry = ItemBuilder::new(&keys::listed_api_key(record.tenant, record.id()))
        .with(HASH, bytes(record.hash.as_bytes().as_slice()))
        .with_optional(USED, used_at.map(instant));
    with_facts(entry, record).build()
}

/// What both items have.
fn with_facts(item: ItemBuilder, record: &ApiKeyRecord) -> ItemBuilder {
    item.with_optional(MODE, record.mode.map(|mode| text(mode.name())))
        .with_optional(NAME, record.name.as_ref().map(text))
        .with(SCOPES, text(&record.scopes))
        .with(CREATED, instant(record.created_at))
        .with_optional(EXPIRES, record.expires_at.map(instant))
        .with_optional(REVOKED, record.revoked_at.map(instant))
        .with_optional(REPLACED, record.replaced_by.as_ref().map(text))
}

pub(crate) fn parse(reader: &Reader<'_>, hash: SecretHash) -> Result<ApiKeyRecord, StoreError> {
    facts(reader, hash, reader.text(TENANT)?)
}

/// Reads an entry of the tenant's list, and refuses one under another id than its hash's.
pub(crate) fn parse_listed(
    operation: &'static str,
    table: &str,
    tenant: TenantId,
    item: &Item,
) -> Result<ListedApiKey, StoreError> {
    let list = Key { pk: keys::listed_api_keys(tenant), sk: None };
    let id = item.get(SK).and_then(|sk| sk.as_s().ok()?.parse::<ApiKeyId>().ok());
    let id = id.ok_or_else(|| corrupt(operation, table, &list, SK))?;
    let reader = Reader { operation, table, key: &keys::listed_api_key(tenant, id), item };
    let hash = SecretHash::new(reader.array(HASH)?);
    if ApiKeyId::from(hash) != id {
        return Err(reader.corrupt(HASH));
    }
    Ok(ListedApiKey { record: facts(&reader, hash, tenant)?, used_at: reader.optional_instant(USED)? })
}

/// A key that was made before it had scopes may do everything, as it could then.
fn facts(reader: &Reader<'_>, hash: SecretHash, tenant: TenantId) -> Result<ApiKeyRecord, StoreError> {
    Ok(ApiKeyRecord {
        hash,
        tenant,
        mode: reader.optional_text(MODE)?,
        name: reader.optional_text(NAME)?,
        scopes: reader.optional_text(SCOPES)?.unwrap_or(Scopes::ALL),
        created_at: reader.instant(CREATED)?,
        expires_at: reader.optional_instant(EXPIRES)?,
        revoked_at: reader.optional_instant(REVOKED)?,
        replaced_by: reader.optional_text(REPLACED)?,
    })
}

pub(crate) const TENANT: &str = "tenant";
const HASH: &str = "hash";
const MODE: &str = "mode";
const NAME: &str = "name";
const SCOPES: &str = "scopes";
const CREATED: &str = "created";
pub(crate) const EXPIRES: &str = "expires";
pub(crate) const REVOKED: &str = "revoked";
pub(crate) const REPLACED: &str = "replaced";
const USED: &str = "used";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{at, tenant};

    #[test]
    fn a_key_from_before_scopes_may_do_everything_and_works() {
        let hash = SecretHash::new([0xab; 32]);
        let key = keys::api_key(hash);
        let item = ItemBuilder::new(&key).with(TENANT, text(&tenant())).with(CREATED, instant(at(0))).build();

        let record = parse(&Reader { operation: "Test", table: "the-table", key: &key, item: &item }, hash).unwrap();

        assert_eq!(record, ApiKeyRecord::new(hash, tenant(), at(0)));
        assert!(record.is_valid(at(1)) && record.scopes == Scopes::ALL);
    }
}
