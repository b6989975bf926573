//! Rotating factors and erasing users in memory.

use domain::{Account, Enrollment};
use store::{
    EraseUser, Erasure, ErasureOutcome, FactorRotation, FactorRotationOutcome, OutboxEvent, RotateFactors, StoreError,
};

use super::outbox::keep;
use super::{MemoryStore, stored};

impl RotateFactors for MemoryStore {
    async fn rotate_factors(
        &self,
        rotation: &FactorRotation,
        event: &OutboxEvent,
    ) -> Result<FactorRotationOutcome, StoreError> {
        let rotated = &rotation.enrollment;
        let mut content = self.content();
        match content.enrollments.get_mut(&(rotated.tenant, rotated.user)) {
            Some(found) if found.request == rotated.request => return Ok(FactorRotationOutcome::Rotated),
            Some(found) if found.key_version.checked_add(1) == Some(rotated.key_version) => {
                *found = Enrollment { created_at: stored(rotated.created_at), ..rotated.clone() };
            }
            _ => return Ok(FactorRotationOutcome::Superseded),
        }
        let account = content.accounts.entry((rotated.tenant, rotated.user)).or_default();
        account.sessions.clear();
        account.key_version = Some(rotated.key_version);
        keep(&mut content, event);
        Ok(FactorRotationOutcome::Rotated)
    }
}

impl EraseUser for MemoryStore {
    async fn erase_user(&self, erasure: &Erasure, event: &OutboxEvent) -> Result<ErasureOutcome, StoreError> {
        let user = (erasure.tenant, erasure.user);
        let mut content = self.content();
        if let Some(at) = content.erased.get(&user) {
            return Ok(ErasureOutcome::AlreadyErased { at: *at });
        }
        if content.enrollments.remove(&user).is_none() {
            return Ok(ErasureOutcome::Unknown);
        }
        content.erased.insert(user, stored(erasure.at));
        content.accounts.insert(user, Account { key_version: Some(0), ..Account::default() });
        keep(&mut content, event);
        Ok(ErasureOutcome::Erased)
    }
}
