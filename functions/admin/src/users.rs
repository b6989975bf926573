//! The commands that disable a user, enable them again and erase them.
//!
//! A user who is disabled is to every caller as one whom nobody enrolled. What is stored of them stays, and so does what the trail can
//! tell of them. Once a command has answered, no session of before lives, and none is opened by what is under way; a process that has a copy
//! of the enrollment may not have heard of the change for a minute, and opens verifications until then that nobody can complete.
//! Erasing is the same in this: an operator has no cache.

use audit::{Outcome, RecordEvents};
use crypto::UnwrapKey;
use domain::{ListedSubject, RequestId, TenantId, UserId};
use store::{
    CurrentEnrollment, Disabling, DisablingOutcome, Enabling, EnablingOutcome, Erasure, ErasureOutcome, OutboxEvent,
};

use crate::{AdminError, AdminStore, Administer, Answer};

impl<S: AdminStore, U: UnwrapKey, A: RecordEvents> Administer<S, U, A> {
    /// A user who was disabled before stays so since then, and has their event.
    pub(crate) async fn disable(
        &self,
        (tenant, user): (TenantId, UserId),
        request: &RequestId,
    ) -> Result<Answer, AdminError> {
        let about = self.about(&ListedSubject::User(tenant, user)).await?;
        let event = self.event(about, Outcome::UserDisabled {}, request)?;
        let disabling = Disabling { tenant, user, at: event.at };
        let (disabled_at, was_disabled) =
            match self.0.store.disable_user(&disabling, &OutboxEvent::from(&event)).await? {
                DisablingOutcome::Disabled => {
                    self.0.audit.announce(&event).await;
                    (event.at, false)
                }
                DisablingOutcome::AlreadyDisabled { at } => (at, true),
                DisablingOutcome::Erased => return Err(AdminError::UserErased),
                DisablingOutcome::Unknown => return Err(AdminError::UnknownUser),
            };
        Ok(Answer::UserDisabled { tenant_id: tenant, user_id: user, disabled_at, was_disabled })
    }

    /// The account is to admit the factors that the user has, whose version has to be read first; it can't change while the user is
    /// disabled.
    pub(crate) async fn enable(
        &self,
        (tenant, user): (TenantId, UserId),
        request: &RequestId,
    ) -> Result<Answer, AdminError> {
        let about = self.about(&ListedSubject::User(tenant, user)).await?;
        let (since, key_version) = match self.0.store.find_current_enrollment(tenant, user).await? {
            CurrentEnrollment::Disabled { at, enrollment } => (at, enrollment.key_version),
            CurrentEnrollment::Enrolled(_) => {
                return Ok(Answer::UserEnabled { tenant_id: tenant, user_id: user, was_disabled_since: None });
            }
            CurrentEnrollment::Erased { .. } => return Err(AdminError::UserErased),
            CurrentEnrollment::Unknown => return Err(AdminError::UnknownUser),
        };
        let event = self.event(about, Outcome::UserEnabled { key_version }, request)?;
        let enabling = Enabling { tenant, user, key_version, at: event.at };
        match self.0.store.enable_user(&enabling, &OutboxEvent::from(&event)).await? {
            EnablingOutcome::Enabled => {
                self.0.audit.announce(&event).await;
                Ok(Answer::UserEnabled { tenant_id: tenant, user_id: user, was_disabled_since: Some(since) })
            }
            EnablingOutcome::Changed => Err(AdminError::UserChanged),
        }
    }

    /// A user who was erased before stays so since then, and has their event. The factors' version is only told, and decides nothing.
    pub(crate) async fn erase(
        &self,
        (tenant, user): (TenantId, UserId),
        request: &RequestId,
    ) -> Result<Answer, AdminError> {
        let about = self.about(&ListedSubject::User(tenant, user)).await?;
        let erased =
            |erased_at, was_erased| Answer::UserErased { tenant_id: tenant, user_id: user, erased_at, was_erased };
        let key_version = match self.0.store.find_current_enrollment(tenant, user).await? {
            CurrentEnrollment::Enrolled(enrollment) | CurrentEnrollment::Disabled { enrollment, .. } => {
                enrollment.key_version
            }
            CurrentEnrollment::Erased { at } => return Ok(erased(at, true)),
            CurrentEnrollment::Unknown => return Err(AdminError::UnknownUser),
        };
        let event = self.event(about, Outcome::UserErased { key_version }, request)?;
        let erasure = Erasure { tenant, user, asked_by: None, at: event.at };
        match self.0.store.erase_user(&erasure, &OutboxEvent::from(&event)).await? {
            ErasureOutcome::Erased => {
                self.0.audit.announce(&event).await;
                Ok(erased(event.at, false))
            }
            ErasureOutcome::AlreadyErased { at } => Ok(erased(at, true)),
            ErasureOutcome::Unknown => Err(AdminError::UnknownUser),
            ErasureOutcome::SessionEnded => Err(AdminError::UserChanged),
        }
    }
}
