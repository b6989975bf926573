//! The enrollment that is to be created, with its event; giving its request up, if it can't be.

use std::sync::Arc;
use std::time::Duration;

use audit::{Event, Outcome, RecordEvents, SealedPersonalData};
use crypto::{EnrolledFactors, UnwrapKey, VerifierError, Verifiers};
use domain::{AskableSets, Enrollment, EnrollmentRefused};
use tokio::time::timeout;

use crate::request::Execution;
use crate::{Enroll, EnrollError, EnrollStore};

impl<S: EnrollStore, U: UnwrapKey, A: RecordEvents> Enroll<S, U, A> {
    /// Up to 16 derivations, on the pool.
    pub(crate) async fn make_verifiers(&self, execution: Execution<'_>) -> Result<Verifiers, EnrollError> {
        let (request, user) = (execution.request, execution.user);
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

    /// The record, and the event of its creation with the address that the request came from.
    pub(crate) fn seal(
        &self,
        execution: Execution<'_>,
        verifiers: &Verifiers,
    ) -> Result<(Enrollment, Event), EnrollError> {
        let Execution { request, branch, user, fingerprint, .. } = execution;
        let (entropy, now, factors) = (&*self.0.entropy, self.0.clock.now(), request.factors.types());
        let user_key = branch.new_user_key(user, entropy)?;
        let device_id =
            request.device.as_ref().map(|device| user_key.seal_device_id(device, FIRST_KEY_VERSION, entropy));
        let enrollment = Enrollment {
            tenant: execution.tenant(),
            user,
            key_version: FIRST_KEY_VERSION,
            branch_key_version: branch.version(),
            factors,
            created_at: now,
            user_key: branch.seal_user_key(&user_key, entropy)?,
            askable_sets: user_key.seal_verifiers(verifiers, FIRST_KEY_VERSION, entropy)?,
            device_id: device_id.transpose()?,
            request: fingerprint,
        };
        let created = Outcome::EnrollmentCreated { factors, key_version: FIRST_KEY_VERSION };
        let event = execution.event("enroll", now, created);
        let personal = user_key.seal_personal_data(event.id, request.arrival.source, entropy)?;
        Ok((enrollment, Event { personal: Some(SealedPersonalData::new(personal)), ..event }))
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

const FIRST_KEY_VERSION: u32 = 1;

/// The caller is waiting for a 503.
const ABANDON_ALLOWANCE: Duration = Duration::from_secs(1);
