//! Sessions: entries of a map inside the account's item, keyed by their ids. They are opened in `opening.rs`.
//!
//! ```text
//! refreshed            refreshed + idle        expires
//!     ┼──── its token can be exchanged ───┼ no more ──┼───▶ at
//! ```

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{SecretHash, Session, SessionEpoch, SessionId, SessionProfile, TenantId, UserId};
use jiff::Timestamp;
use store::{
    FindSession, ListSessions, OutboxEvent, Revocation, RevokeSession, RevokeSessions, RotateRefreshToken, Rotation,
    SessionKey, StoreError, TokenRotation, UserRevocation, UserRevoked,
};

use crate::account::{self, SESSIONS};
use crate::call::not_understood;
use crate::change::Change;
use crate::item::{Item, before, bytes, count, instant, number, text, whole, whole_number};
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

impl<T: KnowsCore> ListSessions for DynamoStore<T> {
    async fn list_sessions(&self, tenant: TenantId, user: UserId) -> Result<Vec<Session>, StoreError> {
        let account = self.read_account("ListSessions", tenant, user).await?;
        Ok(account.into_iter().flat_map(|account| account.sessions.into_values()).collect())
    }
}

impl<T: KnowsCore> RotateRefreshToken for DynamoStore<T> {
    /// One `TransactWriteItems` of two writes. Repeated after a lost answer it is refused and meets the next token, with its event
    /// kept.
    async fn rotate_refresh_token(
        &self,
        rotation: &TokenRotation,
        event: &OutboxEvent,
    ) -> Result<Rotation, StoreError> {
        let operation = "RotateRefreshToken";
        let table = self.tables.core();
        let SessionKey { tenant, user, session } = rotation.session;

        match self.write_and_keep(operation, rotating(rotation).in_transaction(table), event).await? {
            WriteAndKeep::Done => Ok(Rotation::Rotated),
            WriteAndKeep::Refused(None) => Ok(Rotation::Refused(None)),
            WriteAndKeep::Refused(Some(item)) => {
                let mut found = account::parse(operation, table, tenant, user, &item)?;
                Ok(Rotation::Refused(found.sessions.remove(&session).map(Box::new)))
            }
        }
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

impl<T: KnowsCore> RevokeSessions for DynamoStore<T> {
    /// One `TransactWriteItems` of a write more than there are sessions to revoke, of which there are five at most. Repeated after a
    /// lost answer it gives `Changed`, with the sessions revoked and their events kept.
    async fn revoke_sessions(&self, revocation: &UserRevocation) -> Result<UserRevoked, StoreError> {
        let operation = "RevokeSessions";
        let table = self.tables.core();
        let UserRevocation { tenant, user, known, ends, at } = revocation;
        let ended = ends.iter().map(|(session, _)| *session).collect();
        let change = revoking_all(keys::account(*tenant, *user), (known, &ended), *at).in_transaction(table);
        let write = change.map_err(|_| not_understood(operation))?;
        let events: Vec<OutboxEvent> = ends.iter().map(|(_, event)| event.clone()).collect();

        match self.write_all_and_keep(operation, vec![write], &events).await? {
            WriteAndKeep::Done => Ok(UserRevoked::Revoked),
            WriteAndKeep::Refused(None) => Ok(UserRevoked::Changed(Vec::new())),
            WriteAndKeep::Refused(Some(item)) => {
                let found = account::parse(operation, table, *tenant, *user, &item)?;
                Ok(UserRevoked::Changed(found.sessions.into_values().collect()))
            }
        }
    }
}

/// The change that puts the next token in the place of the presented one, while the session is live.
fn rotating(rotation: &TokenRotation) -> Change {
    let TokenRotation { session, presented, next, at } = *rotation;
    let at = whole(at);
    let set = "SET #sessions.#session.#refresh = :next, #sessions.#session.#refreshed = :at";
    let condition = "#sessions.#session.#refresh = :presented AND attribute_not_exists(#sessions.#session.#revoked) \
                     AND #sessions.#session.#expires > :at AND #sessions.#session.#refreshed > :idle";
    Change::new(keys::account(session.tenant, session.user), set)
        .only_if(condition)
        .name("#sessions", SESSIONS)
        .name("#session", session.session.to_string())
        .name("#refresh", REFRESH_TOKEN)
        .name("#refreshed", REFRESHED)
        .name("#revoked", REVOKED)
        .name("#expires", EXPIRES)
        .value(":presented", bytes(presented.as_bytes().as_slice()))
        .value(":next", bytes(next.as_bytes().as_slice()))
        .value(":at", instant(at))
        .value(":idle", instant(before(at, SessionProfile::PAYMENTS.idle)))
}

/// The change that revokes a session which is there and was not revoked before.
pub(crate) fn revoking(account: Key, session: SessionId, at: Timestamp) -> Change {
    if_unrevoked(Change::new(account, "SET #sessions.#session.#revoked = :at"), session).value(":at", instant(at))
}

/// The change, which is made only if the account has the session and it was not revoked. That holds of no session of a user who is
/// disabled, and of none that another one's opening or a change of factors has removed.
pub(crate) fn if_unrevoked(change: Change, session: SessionId) -> Change {
    change
        .only_if("attribute_exists(#sessions.#session) AND attribute_not_exists(#sessions.#session.#revoked)")
        .name("#sessions", SESSIONS)
        .name("#session", session.to_string())
        .name("#revoked", REVOKED)
}

/// The change that revokes some sessions, none of which was revoked before, of an account that has the known ones and no others.
pub(crate) fn revoking_all(
    account: Key,
    (known, ended): (&BTreeSet<SessionId>, &BTreeSet<SessionId>),
    at: Timestamp,
) -> Change {
    let path = |number: usize| format!("#sessions.#session{number}");
    let numbered = || known.iter().enumerate();
    let are_there = numbered().map(|(number, _)| format!(" AND attribute_exists({})", path(number)));
    let revoked: Vec<String> = numbered()
        .filter(|(_, session)| ended.contains(session))
        .map(|(number, _)| format!("{}.#revoked", path(number)))
        .collect();
    let are_not_revoked = revoked.iter().map(|path| format!(" AND attribute_not_exists({path})"));
    let sets: Vec<String> = revoked.iter().map(|path| format!("{path} = :at")).collect();
    let condition: String = are_there.chain(are_not_revoked).collect();
    let change = Change::new(account, format!("SET {}", sets.join(", ")))
        .only_if(format!("size(#sessions) = :count{condition}"))
        .name("#sessions", SESSIONS)
        .name("#revoked", REVOKED)
        .value(":count", count(known.len()))
        .value(":at", instant(at));
    numbered().fold(change, |change, (number, id)| change.name(&format!("#session{number}"), id.to_string()))
}

/// A session as an attribute.
pub(crate) fn value(session: &Session) -> AttributeValue {
    let mut entry = Item::from([
        (ACR.to_owned(), text(session.acr.name())),
        (KEY_VERSION.to_owned(), number(session.key_version)),
        (CREATED.to_owned(), instant(session.created_at)),
        (REFRESHED.to_owned(), instant(session.refreshed_at)),
        (EXPIRES.to_owned(), instant(session.expires_at)),
        (EPOCH.to_owned(), whole_number(session.epoch.number())),
        (FAMILY.to_owned(), bytes(session.family.as_bytes().as_slice())),
        (REFRESH_TOKEN.to_owned(), bytes(session.refresh_token.as_bytes().as_slice())),
    ]);
    entry.extend(session.approved_transaction.then(|| (TRANSACTION.to_owned(), AttributeValue::Bool(true))));
    entry.extend(session.revoked_at.map(|at| (REVOKED.to_owned(), instant(at))));
    AttributeValue::M(entry)
}

/// Reads a session, and refuses one that ends before it begins.
pub(crate) fn parse(reader: &Reader<'_>, tenant: TenantId, user: UserId, id: SessionId) -> Result<Session, StoreError> {
    let session = Session {
        tenant,
        user,
        id,
        acr: reader.text(ACR)?,
        key_version: reader.number(KEY_VERSION)?,
        created_at: reader.instant(CREATED)?,
        refreshed_at: reader.instant(REFRESHED)?,
        expires_at: reader.instant(EXPIRES)?,
        epoch: SessionEpoch::new(reader.number(EPOCH)?),
        family: SecretHash::new(reader.array(FAMILY)?),
        refresh_token: SecretHash::new(reader.array(REFRESH_TOKEN)?),
        approved_transaction: reader.flag(TRANSACTION)?,
        revoked_at: reader.optional_instant(REVOKED)?,
    };
    if session.expires_at <= session.created_at { Err(reader.corrupt(EXPIRES)) } else { Ok(session) }
}

const ACR: &str = "acr";
const KEY_VERSION: &str = "factors";
const CREATED: &str = "created";
const EPOCH: &str = "epoch";
const EXPIRES: &str = "expires";
const FAMILY: &str = "family";
const REFRESHED: &str = "refreshed";
const REFRESH_TOKEN: &str = "refresh";
const REVOKED: &str = "revoked";
const TRANSACTION: &str = "txn";
