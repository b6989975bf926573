//! Accounts: one item in the user's partition of the core table, with the failures and the sessions, so that a
//! verification's outcome changes it by one write.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Account, AttemptMark, Failures, MAX_SESSIONS, Session, SessionId, SessionProfile, TenantId, UserId};
use jiff::Timestamp;
use store::{FindAccount, OutboxEvent, StoreError, UnlockAccount, Unlocking};

use crate::change::Change;
use crate::item::{Item, instant, time_to_live};
use crate::keys::{self, Key};
use crate::outbox::WriteAndKeep;
use crate::reader::{Reader, corrupt};
use crate::{DynamoStore, KnowsCore, session};

impl<T: KnowsCore> FindAccount for DynamoStore<T> {
    async fn find_account(&self, tenant: TenantId, user: UserId) -> Result<Option<Account>, StoreError> {
        self.read_account("FindAccount", tenant, user).await
    }
}

impl<T: KnowsCore> UnlockAccount for DynamoStore<T> {
    /// One `TransactWriteItems` of two writes. Repeated after a lost answer it gives `Changed`, with the failures forgotten and the
    /// event kept.
    async fn unlock_account(
        &self,
        tenant: TenantId,
        user: UserId,
        known: &Failures,
        event: &OutboxEvent,
    ) -> Result<Unlocking, StoreError> {
        let operation = "UnlockAccount";
        let table = self.tables.core();
        if known.instants().is_empty() {
            return Ok(Unlocking::Changed);
        }
        let change =
            Change::new(keys::account(tenant, user), format!("SET {FORGETTING_SETS} REMOVE {FORGETTING_REMOVES}"))
                .only_if("#failures = :known")
                .value(":known", failures_value(known.instants()));

        match self.write_and_keep(operation, forgetting(change).in_transaction(table), event).await? {
            WriteAndKeep::Done => Ok(Unlocking::Unlocked),
            WriteAndKeep::Refused(None) => Ok(Unlocking::Changed),
            WriteAndKeep::Refused(Some(item)) => {
                parse(operation, table, tenant, user, &item)?;
                Ok(Unlocking::Changed)
            }
        }
    }
}

impl<T: KnowsCore> DynamoStore<T> {
    /// Reads an account, strongly consistent.
    pub(crate) async fn read_account(
        &self,
        operation: &'static str,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Account>, StoreError> {
        let table = self.tables.core();
        let item = self.read(operation, table, &keys::account(tenant, user)).await?;
        item.map(|item| parse(operation, table, tenant, user, &item)).transpose()
    }
}

/// What a change sets to forget the failures; [`forgetting`] says what the names and values stand for.
pub(crate) const FORGETTING_SETS: &str = "#failures = :no_failures";

/// What a change removes to forget the failures.
pub(crate) const FORGETTING_REMOVES: &str = "#reserved, #latest";

/// Adds the names and values of [`FORGETTING_SETS`] and [`FORGETTING_REMOVES`].
pub(crate) fn forgetting(change: Change) -> Change {
    change
        .name("#failures", FAILURES)
        .name("#reserved", RESERVED)
        .name("#latest", LATEST)
        .value(":no_failures", AttributeValue::L(Vec::new()))
}

/// Failures as an attribute.
pub(crate) fn failures_value(instants: &[Timestamp]) -> AttributeValue {
    AttributeValue::L(instants.iter().map(|at| instant(*at)).collect())
}

/// Marks as an attribute, which must not be empty.
pub(crate) fn marks_value(marks: impl IntoIterator<Item = AttemptMark>) -> AttributeValue {
    AttributeValue::Bs(marks.into_iter().map(|mark| Blob::new(mark.0)).collect())
}

/// Until when an account is kept that changed at `at`.
pub(crate) fn kept_from(at: Timestamp) -> AttributeValue {
    time_to_live(at, KEPT_AFTER_CHANGE)
}

/// Reads an account, and refuses one that no change leads to: other than one reservation for each failure, `latest` that is
/// not the last of them, or more sessions than may be.
pub(crate) fn parse(
    operation: &'static str,
    table: &str,
    tenant: TenantId,
    user: UserId,
    item: &Item,
) -> Result<Account, StoreError> {
    let reader = Reader { operation, table, key: &keys::account(tenant, user), item };
    let failures = failures(&reader)?;
    let reserved = reserved(&reader)?;
    if reserved.len() != failures.instants().len() {
        return Err(reader.corrupt(RESERVED));
    }
    if reader.optional_instant(LATEST)?.as_ref() != failures.instants().last() {
        return Err(reader.corrupt(LATEST));
    }
    let key_version = reader.optional_number(KEY_VERSION)?;
    Ok(Account { failures, reserved, sessions: sessions(&reader, tenant, user)?, key_version })
}

fn failures(reader: &Reader<'_>) -> Result<Failures, StoreError> {
    let instants: Option<Vec<Timestamp>> = reader.list(FAILURES)?.iter().map(parse_instant).collect();
    instants.and_then(Failures::new).ok_or_else(|| reader.corrupt(FAILURES))
}

fn parse_instant(value: &AttributeValue) -> Option<Timestamp> {
    Timestamp::from_millisecond(value.as_n().ok()?.parse().ok()?).ok()
}

fn reserved(reader: &Reader<'_>) -> Result<BTreeSet<AttemptMark>, StoreError> {
    let Some(value) = reader.item.get(RESERVED) else { return Ok(BTreeSet::new()) };
    let mark = |blob: &Blob| blob.as_ref().try_into().ok().map(AttemptMark);
    let marks: Option<BTreeSet<AttemptMark>> = value.as_bs().ok().and_then(|set| set.iter().map(mark).collect());
    marks.ok_or_else(|| reader.corrupt(RESERVED))
}

fn sessions(reader: &Reader<'_>, tenant: TenantId, user: UserId) -> Result<BTreeMap<SessionId, Session>, StoreError> {
    let entries = reader.map(SESSIONS)?;
    if entries.len() > MAX_SESSIONS {
        return Err(reader.corrupt(SESSIONS));
    }
    let session = |(id, value): (&String, &AttributeValue)| {
        let id = id.parse().map_err(|_| reader.corrupt(SESSIONS))?;
        Ok((id, session::parse(&reader.inside(SESSIONS, value)?, tenant, user, id)?))
    };
    entries.iter().map(session).collect()
}

/// The error for a session id that another session of the account has.
pub(crate) fn other_session(operation: &'static str, table: &str, key: &Key) -> StoreError {
    corrupt(operation, table, key, "id of another session")
}

pub(crate) const FAILURES: &str = "failures";
pub(crate) const LATEST: &str = "latest";
pub(crate) const RESERVED: &str = "reserved";
pub(crate) const SESSIONS: &str = "sessions";
pub(crate) const KEY_VERSION: &str = "factors";

/// How long an account is kept that nothing happens to: longer than failures are remembered, than sessions live, and than verifications of
/// factors that it admits no longer.
pub(crate) const KEPT_AFTER_CHANGE: Duration = Duration::from_secs(48 * 60 * 60);

const _: () = assert!(KEPT_AFTER_CHANGE.as_secs() > SessionProfile::PAYMENTS.lifetime.as_secs());
const _: () = assert!(KEPT_AFTER_CHANGE.as_secs() > domain::FORGOTTEN_AFTER.as_secs());

#[cfg(test)]
pub(crate) fn item(tenant: TenantId, user: UserId, account: &Account, changed_at: Timestamp) -> Item {
    let Account { failures, reserved, sessions, key_version } = account;
    let sessions = sessions.values().map(|session| (session.id.to_string(), session::value(session)));
    crate::item::ItemBuilder::new(&keys::account(tenant, user))
        .with(FAILURES, failures_value(failures.instants()))
        .with_optional(LATEST, failures.instants().last().map(|at| instant(*at)))
        .with_optional(RESERVED, (!reserved.is_empty()).then(|| marks_value(reserved.iter().copied())))
        .with(SESSIONS, AttributeValue::M(sessions.collect()))
        .with_optional(KEY_VERSION, key_version.map(crate::item::number))
        .with(crate::item::TTL, kept_from(changed_at))
        .build()
}
