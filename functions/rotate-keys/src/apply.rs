//! Carrying a step out: one conditional write each.

use audit::{About, KeyThumbprint, Outcome, RecordEvents};
use crypto::WrapKey;
use domain::{BranchKeyVersion, KeyId, TenantId};
use jiff::Timestamp;
use keyring::{KeyringError, new_signing_key, next_branch_key};
use serde::Serialize;
use store::{KeyRetirement, OutboxEvent, SigningKeyRecord, StoreErrorKind};

use crate::rotate::Run;
use crate::{RotateError, RotateKeys, RotateStore};

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Rotated {
    /// The ids of the signing keys that were made.
    pub signing_keys_made: Vec<String>,
    /// The ids of those whose end was set.
    pub signing_keys_retired: Vec<String>,
    /// How many had retired, and were removed.
    pub signing_keys_removed: usize,
    /// How many tenants' branch keys got a new version.
    pub branch_keys_rotated: usize,
    /// How many were due and could not get one: their records are at fault. A run with such ends with an error.
    #[serde(skip)]
    pub(crate) branch_keys_stuck: usize,
}

impl Rotated {
    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.signing_keys_made.extend(other.signing_keys_made);
        self.signing_keys_retired.extend(other.signing_keys_retired);
        self.signing_keys_removed += other.signing_keys_removed;
        self.branch_keys_rotated += other.branch_keys_rotated;
        self.branch_keys_stuck += other.branch_keys_stuck;
        self
    }
}

impl<S, W, A> RotateKeys<S, W, A>
where
    S: RotateStore,
    W: WrapKey,
    A: RecordEvents,
{
    /// Sets a key's end, as far as what is known of it still holds, and makes a successor that signs from then on, if it says when.
    pub(crate) async fn retire(
        &self,
        (key, known): (&KeyId, Option<Timestamp>),
        retires_at: Timestamp,
        successor_signs_from: Option<Timestamp>,
        run: Run<'_>,
    ) -> Result<Rotated, RotateError> {
        let successor = match successor_signs_from {
            Some(signs_from) => Some(new_signing_key(&self.0.wrap, (self.0.clock.now(), signs_from)).await?),
            None => None,
        };
        let named = |record: &SigningKeyRecord| KeyThumbprint::try_from(&record.id);
        let outcome = Outcome::SigningKeyRetired {
            key: KeyThumbprint::try_from(key)?,
            retires_at,
            successor: successor.as_ref().map(named).transpose()?,
        };
        let event = self.event(About::Deployment, outcome, run)?;
        let made = successor.iter().map(|record| record.id.to_string()).collect();
        let retirement = KeyRetirement { key: key.clone(), known, retires_at, successor };
        if !self.0.store.retire_signing_key(&retirement, &OutboxEvent::from(&event)).await? {
            return Ok(Rotated::default());
        }
        self.0.audit.announce(&event).await;
        Ok(Rotated { signing_keys_made: made, signing_keys_retired: vec![key.to_string()], ..Rotated::default() })
    }

    pub(crate) async fn remove(&self, key: &KeyId) -> Result<Rotated, RotateError> {
        self.0.store.remove_signing_key(key, self.0.clock.now()).await?;
        Ok(Rotated { signing_keys_removed: 1, ..Rotated::default() })
    }

    /// Adds a version to the newest: the planned one, if one was planned. Whoever is faster makes one that is as good.
    pub(crate) async fn rotate_branch_key(
        &self,
        (tenant, planned): (TenantId, Option<BranchKeyVersion>),
        run: Run<'_>,
    ) -> Result<Rotated, RotateError> {
        let newest = self.0.store.find_branch_key(tenant, None).await?.ok_or(RotateError::UnknownTenant)?;
        let next = next_branch_key(&self.0.wrap, &newest, (&*self.0.clock, &*self.0.entropy)).await?;
        if planned.is_some_and(|planned| planned != next.version) {
            return Ok(Rotated::default());
        }
        let outcome = Outcome::BranchKeyRotated { version: next.version.number() };
        let event = self.event(About::Tenant(tenant), outcome, run)?;
        if !self.0.store.rotate_branch_key(&next, &OutboxEvent::from(&event)).await? {
            return Ok(Rotated::default());
        }
        self.0.audit.announce(&event).await;
        Ok(Rotated { branch_keys_rotated: 1, ..Rotated::default() })
    }
}

impl RotateError {
    /// Whether it says nothing about other tenants.
    pub(crate) fn is_of_one_tenant(&self) -> bool {
        match self {
            Self::UnknownTenant => true,
            Self::Store(error) => error.kind == StoreErrorKind::Corrupt,
            Self::Key(error) => matches!(error, KeyringError::Missing(_)),
            _ => false,
        }
    }
}
