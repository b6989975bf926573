//! Sessions: items in the user's partition of the core table. They are created in `completion.rs`.

use std::time::Duration;

use domain::{SecretHash, Session, SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{FindSession, Revocation, RevokeSession, StoreError};

use crate::call::Update;
use crate::item::{Item, ItemBuilder, TTL, bytes, instant, time_to_live};
use crate::keys::{self, PK};
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> FindSession for DynamoStore<T> {
    async fn find_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        let operation = "FindSession";
        let table = self.tables.core();

        let item = self.read(operation, table, &keys::session(tenant, user, session)).await?;
        item.map(|item| parse(operation, table, tenant, user, session, &item)).transpose()
    }
}

impl<T: KnowsCore> RevokeSession for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer gives `AlreadyRevoked`, with the session revoked.
    async fn revoke_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        at: Timestamp,
    ) -> Result<Revocation, StoreError> {
        let operation = "RevokeSession";
        let table = self.tables.core();
        let key = keys::session(tenant, user, session);
        let update = self
            .client
            .update_item()
            .table_name(table)
            .set_key(Some(key.to_attributes()))
            .update_expression("SET #revoked = :at")
            .condition_expression("attribute_exists(#pk) AND attribute_not_exists(#revoked)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#revoked", REVOKED)
            .expression_attribute_values(":at", instant(at));

        match self.update(operation, update).await? {
            Update::Done(_) => Ok(Revocation::Revoked),
            Update::Refused(None) => Ok(Revocation::Unknown),
            Update::Refused(Some(item)) => {
                let found = parse(operation, table, tenant, user, session, &item)?;
                match found.revoked_at {
                    Some(_) => Ok(Revocation::AlreadyRevoked),
                    None => Err(corrupt(operation, table, &key, "condition")),
                }
            }
        }
    }
}

pub(crate) fn item(session: &Session) -> Item {
    ItemBuilder::new(&keys::session(session.tenant, session.user, session.id))
        .with(CREATED, instant(session.created_at))
        .with(EXPIRES, instant(session.expires_at))
        .with(REFRESH_TOKEN, bytes(session.refresh_token.as_bytes().as_slice()))
        .with_optional(REVOKED, session.revoked_at.map(instant))
        .with(TTL, time_to_live(session.expires_at, KEPT_AFTER_EXPIRY))
        .build()
}

pub(crate) fn parse(
    operation: &'static str,
    table: &str,
    tenant: TenantId,
    user: UserId,
    id: SessionId,
    item: &Item,
) -> Result<Session, StoreError> {
    let reader = Reader { operation, table, key: &keys::session(tenant, user, id), item };
    let session = Session {
        tenant,
        user,
        id,
        created_at: reader.instant(CREATED)?,
        expires_at: reader.instant(EXPIRES)?,
        refresh_token: SecretHash::new(reader.array(REFRESH_TOKEN)?),
        revoked_at: reader.optional_instant(REVOKED)?,
    };
    if session.expires_at <= session.created_at { Err(reader.corrupt(EXPIRES)) } else { Ok(session) }
}

const CREATED: &str = "created";
const EXPIRES: &str = "expires";
const REFRESH_TOKEN: &str = "refresh";
const REVOKED: &str = "revoked";

/// How long a session that is over can still be listed.
const KEPT_AFTER_EXPIRY: Duration = Duration::from_secs(86_400);
