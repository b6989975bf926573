//! Enrollments: one item in the user's partition of the core table, created once.

use domain::{BranchKeyVersion, Enrollment, RequestFingerprint, Sealed, TenantId, UserId};
use jiff::Timestamp;
use store::{
    CreateEnrollment, CurrentEnrollment, EnrollmentCreation, FindCurrentEnrollment, FindEnrollment, OutboxEvent,
    StoreError, Upgrade, UpgradeVerifiers,
};

use crate::call::{Update, not_understood, putting_new};
use crate::change::Change;
use crate::item::{Item, ItemBuilder, bytes, instant, number, text};
use crate::keys::{self, Key};
use crate::outbox::WriteAndKeep;
use crate::reader::Reader;
use crate::{DynamoStore, KnowsCore};

impl<T: KnowsCore> CreateEnrollment for DynamoStore<T> {
    /// One `TransactWriteItems` of two writes. Repeated after a lost answer it meets its own enrollment: the caller recognises it by
    /// the request fingerprint.
    async fn create_enrollment(
        &self,
        enrollment: &Enrollment,
        event: &OutboxEvent,
    ) -> Result<EnrollmentCreation, StoreError> {
        let operation = "CreateEnrollment";
        let table = self.tables.core();

        match self.write_and_keep(operation, putting_new(table, item(enrollment)), event).await? {
            WriteAndKeep::Done => Ok(EnrollmentCreation::Created),
            WriteAndKeep::Refused(None) => Err(not_understood(operation)),
            WriteAndKeep::Refused(Some(existing)) => {
                let found = parse_current(operation, table, (enrollment.tenant, enrollment.user), &existing)?;
                Ok(found.stored().map_or(EnrollmentCreation::Erased, EnrollmentCreation::AlreadyEnrolled))
            }
        }
    }
}

impl<T: KnowsCore> FindEnrollment for DynamoStore<T> {
    async fn find_enrollment(&self, tenant: TenantId, user: UserId) -> Result<Option<Enrollment>, StoreError> {
        match self.current_enrollment("FindEnrollment", tenant, user).await? {
            CurrentEnrollment::Enrolled(enrollment) => Ok(Some(*enrollment)),
            CurrentEnrollment::Disabled { .. } | CurrentEnrollment::Erased { .. } | CurrentEnrollment::Unknown => {
                Ok(None)
            }
        }
    }
}

impl<T: KnowsCore> FindCurrentEnrollment for DynamoStore<T> {
    async fn find_current_enrollment(&self, tenant: TenantId, user: UserId) -> Result<CurrentEnrollment, StoreError> {
        self.current_enrollment("FindCurrentEnrollment", tenant, user).await
    }
}

impl<T: KnowsCore> DynamoStore<T> {
    async fn current_enrollment(
        &self,
        operation: &'static str,
        tenant: TenantId,
        user: UserId,
    ) -> Result<CurrentEnrollment, StoreError> {
        let table = self.tables.core();
        match self.read(operation, table, &keys::enrollment(tenant, user)).await? {
            None => Ok(CurrentEnrollment::Unknown),
            Some(item) => parse_current(operation, table, (tenant, user), &item),
        }
    }
}

impl<T: KnowsCore> UpgradeVerifiers for DynamoStore<T> {
    /// One conditional `UpdateItem`. An SDK retry after a lost answer meets its own sets, which is `Upgraded` again.
    async fn upgrade_verifiers(
        &self,
        tenant: TenantId,
        user: UserId,
        before: &Sealed,
        after: &Sealed,
    ) -> Result<Upgrade, StoreError> {
        let operation = "UpgradeVerifiers";
        let table = self.tables.core();
        let change = Change::new(keys::enrollment(tenant, user), "SET #sets = :after")
            .only_if("#sets = :before")
            .name("#sets", SETS)
            .value(":before", bytes(before.as_bytes()))
            .value(":after", bytes(after.as_bytes()));

        match self.update(operation, table, change).await? {
            Update::Done(_) => Ok(Upgrade::Upgraded),
            Update::Refused(None) => Ok(Upgrade::Superseded),
            Update::Refused(Some(item)) => {
                let found = parse_current(operation, table, (tenant, user), &item)?.stored();
                let is_after = found.is_some_and(|found| found.askable_sets == *after);
                Ok(if is_after { Upgrade::Upgraded } else { Upgrade::Superseded })
            }
        }
    }
}

/// Reads what has a user's place: an enrollment, which may be marked as disabled, or a tombstone.
pub(crate) fn parse_current(
    operation: &'static str,
    table: &str,
    (tenant, user): (TenantId, UserId),
    item: &Item,
) -> Result<CurrentEnrollment, StoreError> {
    let reader = Reader { operation, table, key: &keys::enrollment(tenant, user), item };
    if let Some(at) = reader.optional_instant(ERASED)? {
        return Ok(CurrentEnrollment::Erased { at });
    }
    let enrollment = Box::new(parse(operation, table, tenant, user, item)?);
    Ok(match reader.optional_instant(DISABLED)? {
        Some(at) => CurrentEnrollment::Disabled { at, enrollment },
        None => CurrentEnrollment::Enrolled(enrollment),
    })
}

/// What takes the place of an erased user's enrollment.
pub(crate) fn tombstone(tenant: TenantId, user: UserId, at: Timestamp) -> Item {
    ItemBuilder::new(&keys::enrollment(tenant, user)).with(ERASED, instant(at)).build()
}

pub(crate) fn item(enrollment: &Enrollment) -> Item {
    ItemBuilder::new(&keys::enrollment(enrollment.tenant, enrollment.user))
        .with(KEY_VERSION, number(enrollment.key_version))
        .with(BRANCH_KEY_VERSION, number(enrollment.branch_key_version.number()))
        .with(FACTORS, text(&enrollment.factors))
        .with(CREATED, instant(enrollment.created_at))
        .with(USER_KEY, bytes(enrollment.user_key.as_bytes()))
        .with(SETS, bytes(enrollment.askable_sets.as_bytes()))
        .with_optional(DEVICE, enrollment.device_id.as_ref().map(|device| bytes(device.as_bytes())))
        .with(REQUEST_KEY, text(&enrollment.request.key))
        .with(REQUEST_BODY, bytes(enrollment.request.body))
        .build()
}

fn parse(
    operation: &'static str,
    table: &str,
    tenant: TenantId,
    user: UserId,
    item: &Item,
) -> Result<Enrollment, StoreError> {
    let key: &Key = &keys::enrollment(tenant, user);
    let reader = Reader { operation, table, key, item };
    let key_version = reader.number(KEY_VERSION)?;
    if key_version == 0 {
        return Err(reader.corrupt(KEY_VERSION));
    }
    Ok(Enrollment {
        tenant,
        user,
        key_version,
        branch_key_version: BranchKeyVersion::new(reader.number(BRANCH_KEY_VERSION)?)
            .ok_or_else(|| reader.corrupt(BRANCH_KEY_VERSION))?,
        factors: reader.text(FACTORS)?,
        created_at: reader.instant(CREATED)?,
        user_key: reader.sealed(USER_KEY)?,
        askable_sets: reader.sealed(SETS)?,
        device_id: reader.optional_sealed(DEVICE)?,
        request: RequestFingerprint { key: reader.text(REQUEST_KEY)?, body: reader.array(REQUEST_BODY)? },
    })
}

pub(crate) const KEY_VERSION: &str = "key_version";
const BRANCH_KEY_VERSION: &str = "branch";
const FACTORS: &str = "factors";
const CREATED: &str = "created";
pub(crate) const USER_KEY: &str = "user_key";
const SETS: &str = "sets";
const DEVICE: &str = "device";
const REQUEST_KEY: &str = "req_key";
const REQUEST_BODY: &str = "req_body";
/// When the user was disabled; absent of one who is not.
pub(crate) const DISABLED: &str = "disabled";
const ERASED: &str = "erased";
