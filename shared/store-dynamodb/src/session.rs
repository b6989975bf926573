//! Sessions: entries of a map inside the account's item, keyed by their ids. They are opened in `opening.rs`.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{SecretHash, Session, SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{FindSession, OutboxEvent, Revocation, RevokeSession, SessionKey, StoreError};

use crate::account::{self, SESSIONS};
use crate::change::Change;
use crate::item::{Item, bytes, instant, number};
use crate::keys::{self, Key};
use crate::outbox::WriteAndKeep;
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> FindSession for DynamoStore<T> {
    async fn find_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        // A part of an item costs as much as all of it, and all of it can be checked.
        let account = self.read_account("FindSession", tenant, user).await?;
        Ok(account.and_then(|mut account| account.sessions.remove(&session)))
    }
}

impl<T: KnowsCore> RevokeSession for DynamoStore<T> {
    /// One `TransactWriteItems` of two writes. Repeated after a lost answer it gives `AlreadyRevoked`, with the session revoked and its
    /// event kept.
    async fn revoke_session(
        &self,
        session: &SessionKey,
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<Revocation, StoreError> {
        let operation = "RevokeSession";
        let table = self.tables.core();
        let SessionKey { tenant, user, session } = *session;
        let key = keys::account(tenant, user);
        let change = revoking(key.clone(), session, at);

        match self.write_and_keep(operation, change.in_transaction(table), event).await? {
            WriteAndKeep::Done => Ok(Revocation::Revoked),
            WriteAndKeep::Refused(None) => Ok(Revocation::Unknown),
            WriteAndKeep::Refused(Some(item)) => {
                let found = account::parse(operation, table, tenant, user, &item)?;
                match found.sessions.get(&session).map(|session| session.revoked_at) {
                    None => Ok(Revocation::Unknown),
                    Some(Some(_)) => Ok(Revocation::AlreadyRevoked),
                    Some(None) => Err(corrupt(operation, table, &key, "condition")),
                }
            }
        }
    }
}

/// The change that revokes a session which is there and was not revoked before.
pub(crate) fn revoking(account: Key, session: SessionId, at: Timestamp) -> Change {
    Change::new(account, "SET #sessions.#session.#revoked = :at")
        .only_if("attribute_exists(#sessions.#session) AND attribute_not_exists(#sessions.#session.#revoked)")
        .name("#sessions", SESSIONS)
        .name("#session", session.to_string())
        .name("#revoked", REVOKED)
        .value(":at", instant(at))
}

/// A session as an attribute.
pub(crate) fn value(session: &Session) -> AttributeValue {
    let mut entry = Item::from([
        (KEY_VERSION.to_owned(), number(session.key_version)),
        (CREATED.to_owned(), instant(session.created_at)),
        (EXPIRES.to_owned(), instant(session.expires_at)),
        (REFRESH_TOKEN.to_owned(), bytes(session.refresh_token.as_bytes().as_slice())),
    ]);
    entry.extend(session.revoked_at.map(|at| (REVOKED.to_owned(), instant(at))));
    AttributeValue::M(entry)
}

/// Reads a session, and refuses one that ends before it begins.
pub(crate) fn parse(reader: &Reader<'_>, tenant: TenantId, user: UserId, id: SessionId) -> Result<Session, StoreError> {
    let session = Session {
        tenant,
        user,
        id,
        key_version: reader.number(KEY_VERSION)?,
        created_at: reader.instant(CREATED)?,
        expires_at: reader.instant(EXPIRES)?,
        refresh_token: SecretHash::new(reader.array(REFRESH_TOKEN)?),
        revoked_at: reader.optional_instant(REVOKED)?,
    };
    if session.expires_at <= session.created_at { Err(reader.corrupt(EXPIRES)) } else { Ok(session) }
}

const KEY_VERSION: &str = "factors";
const CREATED: &str = "created";
const EXPIRES: &str = "expires";
const REFRESH_TOKEN: &str = "refresh";
const REVOKED: &str = "revoked";
