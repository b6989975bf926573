//! Enrollments in memory.

use std::collections::btree_map::Entry;

use domain::{Enrollment, Sealed, TenantId, UserId};
use store::{
    CreateEnrollment, CurrentEnrollment, EnrollmentCreation, FindCurrentEnrollment, FindEnrollment, OutboxEvent,
    StoreError, Upgrade, UpgradeVerifiers,
};

use super::outbox::keep;
use super::{MemoryStore, stored};

impl CreateEnrollment for MemoryStore {
    async fn create_enrollment(
        &self,
        enrollment: &Enrollment,
        event: &OutboxEvent,
    ) -> Result<EnrollmentCreation, StoreError> {
        let mut content = self.content();
        if content.erased.contains_key(&(enrollment.tenant, enrollment.user)) {
            return Ok(EnrollmentCreation::Erased);
        }
        match content.enrollments.entry((enrollment.tenant, enrollment.user)) {
            Entry::Occupied(existing) => Ok(EnrollmentCreation::AlreadyEnrolled(Box::new(existing.get().clone()))),
            Entry::Vacant(vacant) => {
                vacant.insert(Enrollment { created_at: stored(enrollment.created_at), ..enrollment.clone() });
                keep(&mut content, event);
                Ok(EnrollmentCreation::Created)
            }
        }
    }
}

impl FindEnrollment for MemoryStore {
    async fn find_enrollment(&self, tenant: TenantId, user: UserId) -> Result<Option<Enrollment>, StoreError> {
        let content = self.content();
        let is_disabled = content.disabled.contains_key(&(tenant, user));
        Ok(content.enrollments.get(&(tenant, user)).filter(|_| !is_disabled).cloned())
    }
}

impl FindCurrentEnrollment for MemoryStore {
    async fn find_current_enrollment(&self, tenant: TenantId, user: UserId) -> Result<CurrentEnrollment, StoreError> {
        let content = self.content();
        if let Some(at) = content.erased.get(&(tenant, user)) {
            return Ok(CurrentEnrollment::Erased { at: *at });
        }
        let Some(enrollment) = content.enrollments.get(&(tenant, user)).cloned().map(Box::new) else {
            return Ok(CurrentEnrollment::Unknown);
        };
        Ok(match content.disabled.get(&(tenant, user)) {
            Some(at) => CurrentEnrollment::Disabled { at: *at, enrollment },
            None => CurrentEnrollment::Enrolled(enrollment),
        })
    }
}

impl UpgradeVerifiers for MemoryStore {
    async fn upgrade_verifiers(
        &self,
        tenant: TenantId,
        user: UserId,
        before: &Sealed,
        after: &Sealed,
    ) -> Result<Upgrade, StoreError> {
        match self.content().enrollments.get_mut(&(tenant, user)) {
            Some(enrollment) if enrollment.askable_sets == *before || enrollment.askable_sets == *after => {
                enrollment.askable_sets = after.clone();
                Ok(Upgrade::Upgraded)
            }
            _ => Ok(Upgrade::Superseded),
        }
    }
}
