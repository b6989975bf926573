//! Rotating a user's factors and erasing a user: one transaction each over the enrollment, the account and the outbox.

use std::collections::HashMap;
use std::slice;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::{SessionId, TenantId, UserId};
use jiff::Timestamp;
use store::{
    CurrentEnrollment, EraseUser, Erasure, ErasureOutcome, FactorRotation, FactorRotationOutcome, OutboxEvent,
    RotateFactors, StoreError,
};

use crate::account::{self, FAILURES, FORGETTING_REMOVES, FORGETTING_SETS, SESSIONS, forgetting, kept_from};
use crate::call::{Transaction, not_understood, putting_if};
use crate::change::Change;
use crate::enrollment::{self, DISABLED, USER_KEY, parse_current, tombstone};
use crate::item::{Item, TTL, number};
use crate::session::if_unrevoked;
use crate::{DynamoStore, KnowsCore, keys};

impl<T: KnowsCore> RotateFactors for DynamoStore<T> {
    /// One `TransactWriteItems` of three writes. Repeated after a lost answer it meets its own enrollment, which its request tells.
    async fn rotate_factors(
        &self,
        rotation: &FactorRotation,
        event: &OutboxEvent,
    ) -> Result<FactorRotationOutcome, StoreError> {
        let (operation, table) = ("RotateFactors", self.tables.core());
        let rotated = &rotation.enrollment;
        let (tenant, user) = (rotated.tenant, rotated.user);
        let Some(before) = rotated.key_version.checked_sub(1) else { return Ok(FactorRotationOutcome::Superseded) };
        let condition = (
            // The item that is put has no mark: without the second half, it would enable whom an operator just disabled.
            "#key_version = :before AND attribute_not_exists(#disabled)",
            HashMap::from([
                ("#key_version".to_owned(), enrollment::KEY_VERSION.to_owned()),
                ("#disabled".to_owned(), DISABLED.to_owned()),
            ]),
            HashMap::from([(":before".to_owned(), number(before))]),
        );
        let writes = [
            putting_if(table, enrollment::item(rotated), condition),
            if_asked_by(ending_sessions(tenant, user, (rotated.key_version, rotation.at)), rotation.asked_by)
                .in_transaction(table),
        ];

        match self.both_and_keep(operation, writes, event).await? {
            BothAndKeep::Done => Ok(FactorRotationOutcome::Rotated),
            BothAndKeep::AccountRefused | BothAndKeep::EnrollmentRefused(None) => Ok(FactorRotationOutcome::Superseded),
            BothAndKeep::EnrollmentRefused(Some(item)) => match parse_current(operation, table, (tenant, user), &item)?
            {
                CurrentEnrollment::Enrolled(found) if found.request == rotated.request => {
                    Ok(FactorRotationOutcome::Rotated)
                }
                _ => Ok(FactorRotationOutcome::Superseded),
            },
        }
    }
}

impl<T: KnowsCore> EraseUser for DynamoStore<T> {
    /// One `TransactWriteItems` of three writes. Repeated after a lost answer it meets its own tombstone.
    async fn erase_user(&self, erasure: &Erasure, event: &OutboxEvent) -> Result<ErasureOutcome, StoreError> {
        let (operation, table) = ("EraseUser", self.tables.core());
        let Erasure { tenant, user, asked_by, at } = *erasure;
        let condition = (
            "attribute_exists(#user_key)",
            HashMap::from([("#user_key".to_owned(), USER_KEY.to_owned())]),
            HashMap::new(),
        );
        let writes = [
            putting_if(table, tombstone(tenant, user, at), condition),
            if_asked_by(emptying(tenant, user, at), asked_by).in_transaction(table),
        ];

        match self.both_and_keep(operation, writes, event).await? {
            BothAndKeep::Done => Ok(ErasureOutcome::Erased),
            BothAndKeep::AccountRefused => Ok(ErasureOutcome::SessionEnded),
            BothAndKeep::EnrollmentRefused(None) => Ok(ErasureOutcome::Unknown),
            BothAndKeep::EnrollmentRefused(Some(item)) => match parse_current(operation, table, (tenant, user), &item)?
            {
                CurrentEnrollment::Erased { at } => Ok(ErasureOutcome::AlreadyErased { at }),
                _ => Err(not_understood(operation)),
            },
        }
    }
}

impl<T: KnowsCore> DynamoStore<T> {
    /// The enrollment's write, the account's, and the event.
    pub(crate) async fn both_and_keep(
        &self,
        operation: &'static str,
        writes: [Result<TransactWriteItem, BuildError>; 2],
        event: &OutboxEvent,
    ) -> Result<BothAndKeep, StoreError> {
        let writes = writes.into_iter().collect::<Result<Vec<_>, _>>().map_err(|_| not_understood(operation))?;
        match self.transact_and_keep(operation, writes, slice::from_ref(event)).await? {
            Transaction::Done => Ok(BothAndKeep::Done),
            Transaction::Refused(0, found) => Ok(BothAndKeep::EnrollmentRefused(found)),
            Transaction::Refused(..) => Ok(BothAndKeep::AccountRefused),
        }
    }
}

/// What came of writing the enrollment and the account with an event. What both conditions refuse, the enrollment's does.
pub(crate) enum BothAndKeep {
    /// All are stored.
    Done,
    /// Nothing is: the enrollment's condition did not hold of this item, if there is one.
    EnrollmentRefused(Option<Item>),
    /// Nothing is: the account's condition did not hold.
    AccountRefused,
}

/// The account's part, which is made only if the session that asks is there and unrevoked.
fn if_asked_by(change: Change, session: Option<SessionId>) -> Change {
    match session {
        Some(session) => if_unrevoked(change, session),
        None => change,
    }
}

/// The account's part of a rotation and of what an operator does: no session remains, and only this version opens others. Failures stay:
/// whoever rotates has just succeeded, and so has none but of attempts since; and disabling a user is no way to unlock one.
pub(crate) fn ending_sessions(tenant: TenantId, user: UserId, (key_version, at): (u32, Timestamp)) -> Change {
    let update = "SET #sessions = :none, #key_version = :key_version, #ttl = :ttl, \
                  #failures = if_not_exists(#failures, :no_failures)";
    closing(Change::new(keys::account(tenant, user), update), (key_version, at))
        .name("#failures", FAILURES)
        .value(":no_failures", AttributeValue::L(Vec::new()))
}

/// The account's part of an erasure: nothing remains, and nothing opens a session.
fn emptying(tenant: TenantId, user: UserId, at: Timestamp) -> Change {
    let update = format!(
        "SET #sessions = :none, #key_version = :key_version, #ttl = :ttl, {FORGETTING_SETS} REMOVE {FORGETTING_REMOVES}"
    );
    forgetting(closing(Change::new(keys::account(tenant, user), update), (NO_FACTORS, at)))
}

/// The names and values that both have. What is said of the factors is kept for longer than any verification that is open now.
fn closing(change: Change, (key_version, at): (u32, Timestamp)) -> Change {
    change
        .name("#sessions", SESSIONS)
        .name("#key_version", account::KEY_VERSION)
        .name("#ttl", TTL)
        .value(":none", AttributeValue::M(Item::new()))
        .value(":key_version", number(key_version))
        .value(":ttl", kept_from(at))
}

/// The version that no factors have.
pub(crate) const NO_FACTORS: u32 = 0;
