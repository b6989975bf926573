//! The enrollment with the factors that are to be, with its event; giving the request up, if it can't be.

use std::sync::Arc;
use std::time::Duration;

use audit::{About, Event, Outcome, RecordEvents, SealedPersonalData, Subject};
use crypto::{EnrolledFactors, UnwrapKey, UserKey, VerifierError, Verifiers};
use domain::{AskableSets, Enrollment, EnrollmentRefused, Sealed};
use tokio::time::timeout;

use crate::request::{Execution, OPERATION};
use crate::{Rotate, RotateError, RotateStore};

impl<S: RotateStore, U: UnwrapKey, A: RecordEvents> Rotate<S, U, A> {
    /// Up to 16 derivations, on the pool.
    pub(crate) async fn make_verifiers(&self, execution: Execution<'_>) -> Result<Verifiers, RotateError> {
        let (request, user) = (execution.request, execution.request.user);
        let sets = AskableSets::draw(request.factors.types(), &*self.0.entropy)?;
        let sets = sets.ok_or(EnrollmentRefused::Categories)?;
        let (branch, factors) = (Arc::clone(execution.branch), request.factors.clone());
        let (parameters, entropy) = (self.0.parameters, Arc::clone(&self.0.entropy));
        let made = self.0.kdf.run(move |kdf| -> Result<Verifiers, VerifierError> {
            let enrolled = EnrolledFactors { user, presented: &factors, sets: &sets, parameters };
            branch.make_verifiers(kdf, &*entropy, &enrolled)
        });
        Ok(made.await?)
    }

    /// The record, one version later, and its event with the address that the request came from. The request takes the place of the one
    /// that made the record before, so that a retry is recognised by it.
    pub(crate) async fn seal(
        &self,
        execution: Execution<'_>,
        before: &Enrollment,
        verifiers: &Verifiers,
    ) -> Result<(Enrollment, Event), RotateError> {
        let Execution { request, fingerprint, .. } = execution;
        let (entropy, now, factors) = (&*self.0.entropy, self.0.clock.now(), request.factors.types());
        let key_version = before.key_version.checked_add(1).ok_or(RotateError::NoVersionLeft)?;
        let sealing = self.0.keys.version(before.tenant, before.branch_key_version).await?;
        let user_key = sealing.open_user_key(before.user, &before.user_key)?;
        let enrollment = Enrollment {
            key_version,
            factors,
            askable_sets: user_key.seal_verifiers(verifiers, key_version, entropy)?,
            device_id: self.reseal_device(before, &user_key, key_version)?,
            request: fingerprint,
            ..before.clone()
        };
        let branch = execution.branch;
        let event = Event {
            id: branch.event_id(&request.key, OPERATION, before.user.as_bytes()),
            about: About::Person {
                tenant: before.tenant,
                subject: Subject::new(branch.subject_pseudonym(before.user)),
            },
            at: now,
            request_id: request.request_id.clone(),
            outcome: Outcome::FactorsRotated { factors, key_version },
            personal: None,
        };
        let personal = user_key.seal_personal_data(event.id, request.arrival.source, entropy)?;
        let event = Event { personal: Some(SealedPersonalData::new(personal)), ..event };
        Ok((enrollment, event))
    }

    /// What is sealed for one version opens for no other.
    fn reseal_device(
        &self,
        before: &Enrollment,
        user_key: &UserKey,
        key_version: u32,
    ) -> Result<Option<Sealed>, RotateError> {
        let Some(sealed) = &before.device_id else { return Ok(None) };
        let device = user_key.open_device_id(sealed, before.key_version)?;
        Ok(Some(user_key.seal_device_id(&device, key_version, &*self.0.entropy)?))
    }

    /// Gives the request up, so that the same one can be executed again at once. If that fails, it can be after
    /// [`domain::IN_FLIGHT_FOR`].
    pub(crate) async fn abandon(&self, execution: Execution<'_>) {
        let Execution { fingerprint, nonce, .. } = execution;
        let abandoned = self.0.store.abandon_request(execution.tenant(), &fingerprint, nonce);
        match timeout(ABANDON_ALLOWANCE, abandoned).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&error), "left an undone request begun");
            }
            Err(late) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&late), "left an undone request begun");
            }
        }
    }
}

/// The caller is waiting for a 503.
const ABANDON_ALLOWANCE: Duration = Duration::from_secs(1);
