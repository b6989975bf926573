//! Enrollments: durable, with a copy in the cache.

use domain::{Enrollment, Sealed, TenantId, UserId};
use store::{
    CreateEnrollment, CurrentEnrollment, DisableUser, Disabling, DisablingOutcome, Enabling, EnablingOutcome,
    EnrollmentCreation, EraseUser, Erasure, ErasureOutcome, FactorRotation, FactorRotationOutcome,
    FindCurrentEnrollment, FindEnrollment, OutboxEvent, RotateFactors, StoreError, Upgrade, UpgradeVerifiers,
};

use crate::Tiered;
use crate::client::is_outage;
use crate::enrollment::Copied;

impl<D: FindEnrollment> FindEnrollment for Tiered<D> {
    /// The copy, or else the enrollment, which is then copied while the caller goes on.
    async fn find_enrollment(&self, tenant: TenantId, user: UserId) -> Result<Option<Enrollment>, StoreError> {
        let Some(cache) = &self.cache else { return self.durable.find_enrollment(tenant, user).await };
        let can_be_filled = match cache.copied_enrollment(tenant, user).await {
            Ok(Copied::Known(enrollment)) => return Ok(enrollment.map(|enrollment| *enrollment)),
            Ok(Copied::Nothing) => true,
            Err(error) if is_outage(&error) => false,
            Err(error) => return Err(error),
        };
        let enrollment = self.durable.find_enrollment(tenant, user).await?;
        if can_be_filled {
            let (cache, copy) = (cache.clone(), enrollment.clone());
            // Whether it succeeds is the breaker's to notice.
            tokio::spawn(async move { drop(cache.fill_enrollment(tenant, user, copy.as_ref()).await) });
        }
        Ok(enrollment)
    }
}

impl<D: CreateEnrollment> CreateEnrollment for Tiered<D> {
    /// The copy follows the enrollment. If it is lost, what was copied before is used for as long as copies are.
    async fn create_enrollment(
        &self,
        enrollment: &Enrollment,
        event: &OutboxEvent,
    ) -> Result<EnrollmentCreation, StoreError> {
        let creation = self.durable.create_enrollment(enrollment, event).await?;
        if let (Some(cache), EnrollmentCreation::Created) = (&self.cache, &creation) {
            drop(cache.put_enrollment(enrollment).await);
        }
        Ok(creation)
    }
}

impl<D: UpgradeVerifiers> UpgradeVerifiers for Tiered<D> {
    async fn upgrade_verifiers(
        &self,
        tenant: TenantId,
        user: UserId,
        before: &Sealed,
        after: &Sealed,
    ) -> Result<Upgrade, StoreError> {
        let upgrade = self.durable.upgrade_verifiers(tenant, user, before, after).await?;
        if let Some(cache) = &self.cache {
            drop(cache.forget_enrollment("UpgradeVerifiers", tenant, user).await);
        }
        Ok(upgrade)
    }
}

impl<D: FindCurrentEnrollment> FindCurrentEnrollment for Tiered<D> {
    /// The table's, always.
    async fn find_current_enrollment(&self, tenant: TenantId, user: UserId) -> Result<CurrentEnrollment, StoreError> {
        self.durable.find_current_enrollment(tenant, user).await
    }
}

impl<D: RotateFactors> RotateFactors for Tiered<D> {
    async fn rotate_factors(
        &self,
        rotation: &FactorRotation,
        event: &OutboxEvent,
    ) -> Result<FactorRotationOutcome, StoreError> {
        self.durable.rotate_factors(rotation, event).await
    }

    async fn forget_rotated(&self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        self.forget("RotateFactors", tenant, user).await
    }
}

impl<D: EraseUser> EraseUser for Tiered<D> {
    async fn erase_user(&self, erasure: &Erasure, event: &OutboxEvent) -> Result<ErasureOutcome, StoreError> {
        self.durable.erase_user(erasure, event).await
    }

    async fn forget_erased(&self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        self.forget("EraseUser", tenant, user).await
    }
}

impl<D: DisableUser> DisableUser for Tiered<D> {
    /// The table's alone, as if the operator's process had no cache, which is so wherever there is one.
    async fn disable_user(&self, disabling: &Disabling, event: &OutboxEvent) -> Result<DisablingOutcome, StoreError> {
        self.durable.disable_user(disabling, event).await
    }

    async fn enable_user(&self, enabling: &Enabling, event: &OutboxEvent) -> Result<EnablingOutcome, StoreError> {
        self.durable.enable_user(enabling, event).await
    }
}

impl<D: Sync> Tiered<D> {
    /// Unlike the others, who changed this must know that no copy is read any more.
    async fn forget(&self, operation: &'static str, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        match &self.cache {
            Some(cache) => cache.forget_enrollment(operation, tenant, user).await,
            None => Ok(()),
        }
    }
}
