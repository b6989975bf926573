//! The commands that disable a user and enable them again.
//!
//! A user who is disabled is to every caller as one whom nobody enrolled. What is stored of them stays, and so does what the trail can
//! tell of them. Once a command has answered, no session of before lives, and none is opened by what is under way; a process that has a copy
//! of the enrollment may not have heard of the change for a minute, and opens verifications until then that nobody can complete.

use audit::{Outcome, RecordEvents};
use crypto::UnwrapKey;
use domain::{ListedSubject, RequestId, TenantId, UserId};
use store::{CurrentEnrollment, Disabling, DisablingOutcome, Enabling, EnablingOutcome, OutboxEvent};

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
}
