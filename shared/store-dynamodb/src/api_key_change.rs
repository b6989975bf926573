//! Replacing and revoking API keys: the key's own item decides, and its copy in the tenant's list follows in the same transaction.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{ApiKeyId, SecretHash, TenantId};
use jiff::Timestamp;
use store::{
    ApiKeyChange, ApiKeyRecord, ApiKeyRotation, ListedApiKey, OutboxEvent, RevokeApiKey, RotateApiKey, StoreError,
};

use crate::api_key::{self, EXPIRES, REPLACED, REVOKED, TENANT};
use crate::call::{Transaction, not_understood, putting, putting_new};
use crate::change::Change;
use crate::item::{instant, text};
use crate::keys::{self, PK};
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore, outbox};

impl<T: KnowsCore> RotateApiKey for DynamoStore<T> {
    /// One `TransactWriteItems` of five writes. Repeated after a lost answer it meets its own replacement, which is `Changed` again.
    async fn rotate_api_key(&self, rotation: &ApiKeyRotation, event: &OutboxEvent) -> Result<ApiKeyChange, StoreError> {
        let ApiKeyRotation { replaced, replacement, .. } = rotation;
        let tenant = replacement.tenant;
        let found = self
            .change_api_key("RotateApiKey", (tenant, *replaced), rotating(self.tables.core(), rotation, event))
            .await?;
        Ok(match found {
            Changed::Done => ApiKeyChange::Changed,
            Changed::Refused(Some(old)) if old.tenant == tenant && old.replaced_by == Some(replacement.id()) => {
                ApiKeyChange::Changed
            }
            Changed::Refused(_) => ApiKeyChange::Refused,
        })
    }
}

impl<T: KnowsCore> RevokeApiKey for DynamoStore<T> {
    /// One `TransactWriteItems` of three writes. Repeated after a lost answer it gives `Refused`, with the key revoked and its event
    /// kept.
    async fn revoke_api_key(
        &self,
        key: (TenantId, SecretHash),
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<ApiKeyChange, StoreError> {
        Ok(match self.change_api_key("RevokeApiKey", key, revoking(self.tables.core(), key, at, event)).await? {
            Changed::Done => ApiKeyChange::Changed,
            Changed::Refused(_) => ApiKeyChange::Refused,
        })
    }
}

/// What came of a change.
enum Changed {
    Done,
    /// The key's own item as the condition met it.
    Refused(Option<Box<ApiKeyRecord>>),
}

impl<T: KnowsCore> DynamoStore<T> {
    /// Makes writes of which the first is that of the key's own item.
    async fn change_api_key(
        &self,
        operation: &'static str,
        (tenant, hash): (TenantId, SecretHash),
        writes: Result<Vec<TransactWriteItem>, BuildError>,
    ) -> Result<Changed, StoreError> {
        let table = self.tables.core();
        let writes = writes.map_err(|_| not_understood(operation))?;
        match self.transact(operation, writes).await? {
            Transaction::Done => Ok(Changed::Done),
            Transaction::Refused(0, None) => Ok(Changed::Refused(None)),
            Transaction::Refused(0, Some(item)) => {
                let key = keys::api_key(hash);
                let found = api_key::parse(&Reader { operation, table, key: &key, item: &item }, hash)?;
                Ok(Changed::Refused(Some(Box::new(found))))
            }
            // A key that is not in its tenant's list, or a new one whose id is.
            Transaction::Refused(..) => {
                let key = keys::listed_api_key(tenant, hash.into());
                Err(corrupt(operation, table, &key, PK))
            }
        }
    }
}

fn rotating(table: &str, rotation: &ApiKeyRotation, event: &OutboxEvent) -> Result<Vec<TransactWriteItem>, BuildError> {
    let ApiKeyRotation { replaced, replaced_expires_at, replacement } = rotation;
    let tenant = replacement.tenant;
    let ending = |key, condition: &str| {
        Change::new(key, "SET #expires = :until, #replaced = :by")
            .only_if(condition)
            .name("#expires", EXPIRES)
            .name("#replaced", REPLACED)
            .value(":until", instant(*replaced_expires_at))
            .value(":by", text(&replacement.id()))
    };
    let own = ending(keys::api_key(*replaced), CAN_BE_REPLACED)
        .name("#tenant", TENANT)
        .name("#revoked", REVOKED)
        .value(":tenant", text(&tenant));
    let listed = ending(keys::listed_api_key(tenant, ApiKeyId::from(*replaced)), IS_THERE).name("#pk", PK);
    let entry = ListedApiKey { record: replacement.clone(), used_at: None };
    Ok(vec![
        own.in_transaction(table)?,
        listed.in_transaction(table)?,
        putting_new(table, api_key::item(replacement))?,
        putting_new(table, api_key::listed_item(&entry))?,
        putting(table, outbox::item(event))?,
    ])
}

fn revoking(
    table: &str,
    (tenant, hash): (TenantId, SecretHash),
    at: Timestamp,
    event: &OutboxEvent,
) -> Result<Vec<TransactWriteItem>, BuildError> {
    let revoked = |key, condition: &str| {
        Change::new(key, "SET #revoked = :at").only_if(condition).name("#revoked", REVOKED).value(":at", instant(at))
    };
    let own = revoked(keys::api_key(hash), "#tenant = :tenant AND attribute_not_exists(#revoked)")
        .name("#tenant", TENANT)
        .value(":tenant", text(&tenant));
    let listed = revoked(keys::listed_api_key(tenant, ApiKeyId::from(hash)), IS_THERE).name("#pk", PK);
    Ok(vec![own.in_transaction(table)?, listed.in_transaction(table)?, putting(table, outbox::item(event))?])
}

const CAN_BE_REPLACED: &str =
    "#tenant = :tenant AND attribute_not_exists(#revoked) AND attribute_not_exists(#replaced)";

const IS_THERE: &str = "attribute_exists(#pk)";
