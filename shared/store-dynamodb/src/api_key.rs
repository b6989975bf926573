//! API keys: one item each, found by the secret's hash alone, before the tenant is known.

use domain::SecretHash;
use store::{ApiKeyRecord, CreateApiKey, FindApiKey, StoreError};

use crate::call::Put;
use crate::item::{Item, ItemBuilder, instant, text};
use crate::keys;
use crate::reader::Reader;
use crate::{DynamoStore, KnowsCore};

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
    /// One conditional `PutItem`; repeating it changes nothing.
    async fn create_api_key(&self, record: &ApiKeyRecord) -> Result<(), StoreError> {
        match self.put_new("CreateApiKey", self.tables.core(), item(record)).await? {
            Put::Stored | Put::Exists(_) => Ok(()),
        }
    }
}

pub(crate) fn item(record: &ApiKeyRecord) -> Item {
    ItemBuilder::new(&keys::api_key(record.hash))
        .with(TENANT, text(&record.tenant))
        .with(CREATED, instant(record.created_at))
        .with_optional(EXPIRES, record.expires_at.map(instant))
        .build()
}

pub(crate) fn parse(reader: &Reader<'_>, hash: SecretHash) -> Result<ApiKeyRecord, StoreError> {
    Ok(ApiKeyRecord {
        hash,
        tenant: reader.text(TENANT)?,
        created_at: reader.instant(CREATED)?,
        expires_at: reader.optional_instant(EXPIRES)?,
    })
}

const TENANT: &str = "tenant";
const CREATED: &str = "created";
const EXPIRES: &str = "expires";
