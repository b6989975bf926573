//! Copies of enrollments, sealed as in the table; also of there being none, so that unknown users look like known ones.
//!
//! - A reader that found no copy makes one, unless there is one by then ([`ValkeyStore::fill_enrollment`]).
//! - Who changes the table then puts the new enrollment, or a *gap*: it reads like no copy and keeps slow readers from filling
//!   in what they read before the change.
//! - A copy is used for [`KEPT_FOR`] at most, which bounds how long a lost change goes unnoticed.

use std::time::Duration;

use domain::{BranchKeyVersion, Enrollment, RequestFingerprint, Sealed, TenantId, UserId};
use redis::Value;
use store::StoreError;

use crate::ValkeyStore;
use crate::bytes::{Reader, Writer};
use crate::client::decimal;
use crate::keys;
use crate::layout::idempotency_key;
use crate::script::{corrupt, not_understood};

/// What the cache has about a user's enrollment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Copied {
    /// The enrollment, or that there is none.
    Known(Option<Box<Enrollment>>),
    /// Nothing.
    Nothing,
}

impl ValkeyStore {
    pub(crate) async fn copied_enrollment(&self, tenant: TenantId, user: UserId) -> Result<Copied, StoreError> {
        let operation = "FindEnrollment";
        let key = keys::enrollment(tenant, user);
        let mut command = redis::cmd("GET");
        command.arg(&key.bytes);

        match self.command(operation, &key, &command).await? {
            Value::Nil => Ok(Copied::Nothing),
            Value::BulkString(value) => parse(tenant, user, &value).ok_or_else(|| corrupt(operation, &key, "record")),
            _ => Err(not_understood(operation)),
        }
    }

    /// Copies what a reader found in the table, unless there is a copy or a gap.
    pub(crate) async fn fill_enrollment(
        &self,
        tenant: TenantId,
        user: UserId,
        enrollment: Option<&Enrollment>,
    ) -> Result<(), StoreError> {
        let key = keys::enrollment(tenant, user);
        let mut command = redis::cmd("SET");
        command.arg(&key.bytes).arg(value(enrollment)).arg("NX").arg("PX").arg(decimal(&KEPT_FOR.as_millis()));
        self.command("FindEnrollment", &key, &command).await.map(|_| ())
    }

    /// Copies an enrollment that was just stored in the table.
    pub(crate) async fn put_enrollment(&self, enrollment: &Enrollment) -> Result<(), StoreError> {
        let key = keys::enrollment(enrollment.tenant, enrollment.user);
        let mut command = redis::cmd("SET");
        command.arg(&key.bytes).arg(value(Some(enrollment))).arg("PX").arg(decimal(&KEPT_FOR.as_millis()));
        self.command("CreateEnrollment", &key, &command).await.map(|_| ())
    }

    /// Forgets the copy of an enrollment that was just changed in the table.
    pub(crate) async fn forget_enrollment(
        &self,
        operation: &'static str,
        tenant: TenantId,
        user: UserId,
    ) -> Result<(), StoreError> {
        let key = keys::enrollment(tenant, user);
        let mut command = redis::cmd("SET");
        command.arg(&key.bytes).arg([GAP].as_slice()).arg("PX").arg(decimal(&GAP_FOR.as_millis()));
        self.command(operation, &key, &command).await.map(|_| ())
    }
}

fn value(enrollment: Option<&Enrollment>) -> Vec<u8> {
    let Some(enrollment) = enrollment else { return vec![NONE] };
    Writer::default()
        .byte(RECORD)
        .number(enrollment.key_version)
        .number(enrollment.branch_key_version.number())
        .instant(enrollment.created_at)
        .bytes(enrollment.request.key.as_bytes())
        .bytes(&enrollment.request.body)
        .measured(enrollment.factors.to_string().as_bytes())
        .measured(enrollment.user_key.as_bytes())
        .measured(enrollment.device_id.as_ref().map_or(&[], Sealed::as_bytes))
        .bytes(enrollment.askable_sets.as_bytes())
        .finish()
}

fn parse(tenant: TenantId, user: UserId, value: &[u8]) -> Option<Copied> {
    match value {
        [NONE] => Some(Copied::Known(None)),
        [GAP] => Some(Copied::Nothing),
        [RECORD, record @ ..] => Some(Copied::Known(Some(Box::new(parse_record(tenant, user, Reader(record))?)))),
        _ => None,
    }
}

fn parse_record(tenant: TenantId, user: UserId, mut reader: Reader<'_>) -> Option<Enrollment> {
    let sealed = |bytes: &[u8]| (!bytes.is_empty()).then(|| Sealed::new(bytes.to_vec()));
    Some(Enrollment {
        tenant,
        user,
        key_version: reader.number()?,
        branch_key_version: BranchKeyVersion::new(reader.number()?)?,
        created_at: reader.instant()?,
        request: RequestFingerprint { key: idempotency_key(reader.array()?)?, body: reader.array()? },
        factors: std::str::from_utf8(reader.measured()?).ok()?.parse().ok()?,
        user_key: sealed(reader.measured()?)?,
        device_id: sealed(reader.measured()?),
        askable_sets: Sealed::new(reader.rest()?.to_vec()),
    })
}

const NONE: u8 = 0;
const RECORD: u8 = 1;
const GAP: u8 = 2;

/// How long a copy is used.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// Longer than a reader takes from the table's answer to its copy.
const GAP_FOR: Duration = Duration::from_secs(10);
