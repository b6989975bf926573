//! Rotating factors, erasing and disabling users in memory.

use domain::{Account, Enrollment, SessionId, TenantId, UserId};
use store::{
    DisableUser, Disabling, DisablingOutcome, Enabling, EnablingOutcome, EraseUser, Erasure, ErasureOutcome,
    FactorRotation, FactorRotationOutcome, OutboxEvent, RotateFactors, StoreError,
};

use super::outbox::keep;
use super::{Content, MemoryStore, stored};

impl RotateFactors for MemoryStore {
    async fn rotate_factors(
        &self,
        rotation: &FactorRotation,
        event: &OutboxEvent,
    ) -> Result<FactorRotationOutcome, StoreError> {
        let rotated = &rotation.enrollment;
        let mut content = self.content();
        let may_ask = lives(&content, (rotated.tenant, rotated.user), rotation.asked_by);
        if content.disabled.contains_key(&(rotated.tenant, rotated.user)) {
            return Ok(FactorRotationOutcome::Superseded);
        }
        match content.enrollments.get_mut(&(rotated.tenant, rotated.user)) {
            Some(found) if found.request == rotated.request => return Ok(FactorRotationOutcome::Rotated),
            Some(found) if may_ask && found.key_version.checked_add(1) == Some(rotated.key_version) => {
                *found = Enrollment { created_at: stored(rotated.created_at), ..rotated.clone() };
            }
            _ => return Ok(FactorRotationOutcome::Superseded),
        }
        end_sessions(content.accounts.entry((rotated.tenant, rotated.user)).or_default(), rotated.key_version);
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
        if !content.enrollments.contains_key(&user) {
            return Ok(ErasureOutcome::Unknown);
        }
        if !lives(&content, user, erasure.asked_by) {
            return Ok(ErasureOutcome::SessionEnded);
        }
        content.enrollments.remove(&user);
        content.disabled.remove(&user);
        content.erased.insert(user, stored(erasure.at));
        content.accounts.insert(user, Account { key_version: Some(0), ..Account::default() });
        keep(&mut content, event);
        Ok(ErasureOutcome::Erased)
    }
}

impl DisableUser for MemoryStore {
    async fn disable_user(&self, disabling: &Disabling, event: &OutboxEvent) -> Result<DisablingOutcome, StoreError> {
        let user = (disabling.tenant, disabling.user);
        let mut content = self.content();
        if let Some(at) = content.disabled.get(&user) {
            return Ok(DisablingOutcome::AlreadyDisabled { at: *at });
        }
        if content.erased.contains_key(&user) {
            return Ok(DisablingOutcome::Erased);
        }
        if !content.enrollments.contains_key(&user) {
            return Ok(DisablingOutcome::Unknown);
        }
        content.disabled.insert(user, stored(disabling.at));
        end_sessions(content.accounts.entry(user).or_default(), 0);
        keep(&mut content, event);
        Ok(DisablingOutcome::Disabled)
    }

    async fn enable_user(&self, enabling: &Enabling, event: &OutboxEvent) -> Result<EnablingOutcome, StoreError> {
        let user = (enabling.tenant, enabling.user);
        let mut content = self.content();
        let version = content.enrollments.get(&user).map(|enrollment| enrollment.key_version);
        if version != Some(enabling.key_version) || content.disabled.remove(&user).is_none() {
            return Ok(EnablingOutcome::Changed);
        }
        end_sessions(content.accounts.entry(user).or_default(), enabling.key_version);
        keep(&mut content, event);
        Ok(EnablingOutcome::Enabled)
    }
}

/// Whether the session that asks is there and unrevoked, if one has to be.
fn lives(content: &Content, user: (TenantId, UserId), asked_by: Option<SessionId>) -> bool {
    let sessions = content.accounts.get(&user).map(|account| &account.sessions);
    let session = |id| sessions?.get(&id);
    asked_by.is_none_or(|id| session(id).is_some_and(|session| session.revoked_at.is_none()))
}

/// Leaves the failures.
fn end_sessions(account: &mut Account, admitted: u32) {
    account.sessions.clear();
    account.key_version = Some(admitted);
}
