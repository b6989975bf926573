//! Disabling a user and enabling them again: one transaction each over the enrollment, the account and the outbox.
//!
//! Two marks hold, one after the other, each for as long as the next one needs:
//!
//! ```text
//! disabled        no copy of before is read            no verification of before lives           the account goes
//!     ┼────────────────────── 60 s ──────────────────────────── 5 min more ──────────────────────────── 48 h ──▶
//!     ├─ the account admits no factors: whatever is open, or opened by a copy, opens no session ────────┤
//!     ├─ the enrollment is marked: whoever reads it opens no verification of the user ────────────────────────▶
//! ```

use std::time::Duration;

use domain::VERIFICATION_LIFETIME;
use store::{
    CurrentEnrollment, DisableUser, Disabling, DisablingOutcome, Enabling, EnablingOutcome, OutboxEvent, StoreError,
};

use crate::account::KEPT_AFTER_CHANGE;
use crate::call::not_understood;
use crate::change::Change;
use crate::enrollment::{DISABLED, KEY_VERSION, USER_KEY, parse_current};
use crate::item::{instant, number};
use crate::lifecycle::{BothAndKeep, NO_FACTORS, ending_sessions};
use crate::{DynamoStore, KnowsCore, keys};

impl<T: KnowsCore> DisableUser for DynamoStore<T> {
    /// One `TransactWriteItems` of three writes. Repeated after a lost answer it meets its own mark.
    async fn disable_user(&self, disabling: &Disabling, event: &OutboxEvent) -> Result<DisablingOutcome, StoreError> {
        let (operation, table) = ("DisableUser", self.tables.core());
        let Disabling { tenant, user, at } = *disabling;
        let mark = Change::new(keys::enrollment(tenant, user), "SET #disabled = :at")
            .only_if("attribute_exists(#user_key) AND attribute_not_exists(#disabled)")
            .name("#user_key", USER_KEY)
            .name("#disabled", DISABLED)
            .value(":at", instant(at));
        let writes =
            [mark.in_transaction(table), ending_sessions(tenant, user, (NO_FACTORS, at)).in_transaction(table)];

        match self.both_and_keep(operation, writes, event).await? {
            BothAndKeep::Done => Ok(DisablingOutcome::Disabled),
            BothAndKeep::AccountRefused => Err(not_understood(operation)),
            BothAndKeep::EnrollmentRefused(None) => Ok(DisablingOutcome::Unknown),
            BothAndKeep::EnrollmentRefused(Some(item)) => match parse_current(operation, table, (tenant, user), &item)?
            {
                CurrentEnrollment::Disabled { at, .. } => Ok(DisablingOutcome::AlreadyDisabled { at }),
                CurrentEnrollment::Erased { .. } => Ok(DisablingOutcome::Erased),
                CurrentEnrollment::Enrolled(_) | CurrentEnrollment::Unknown => Err(not_understood(operation)),
            },
        }
    }

    /// One `TransactWriteItems` of three writes. Repeated after a lost answer it gives `Changed`, with the user enabled.
    async fn enable_user(&self, enabling: &Enabling, event: &OutboxEvent) -> Result<EnablingOutcome, StoreError> {
        let (operation, table) = ("DisableUser", self.tables.core());
        let Enabling { tenant, user, key_version, at } = *enabling;
        let unmark = Change::new(keys::enrollment(tenant, user), "REMOVE #disabled")
            .only_if("attribute_exists(#disabled) AND #key_version = :key_version")
            .name("#disabled", DISABLED)
            .name("#key_version", KEY_VERSION)
            .value(":key_version", number(key_version));
        let writes =
            [unmark.in_transaction(table), ending_sessions(tenant, user, (key_version, at)).in_transaction(table)];

        match self.both_and_keep(operation, writes, event).await? {
            BothAndKeep::Done => Ok(EnablingOutcome::Enabled),
            BothAndKeep::AccountRefused => Err(not_understood(operation)),
            BothAndKeep::EnrollmentRefused(_) => Ok(EnablingOutcome::Changed),
        }
    }
}

/// For how long a copy of the enrollment is read after it was disabled, at the very most: `store-valkey` keeps them for a minute.
const COPIES_LIVE: Duration = Duration::from_secs(10 * 60);

const _: () = assert!(KEPT_AFTER_CHANGE.as_secs() > COPIES_LIVE.as_secs() + VERIFICATION_LIFETIME.as_secs());
