//! The verification that is to be opened, which factors it asks for, and its event.

use std::collections::BTreeMap;

use audit::{Event, RecordEvents, SealedPersonalData, VerificationTrail};
use crypto::{StoredVerifier, UnwrapKey, UserKey, transaction_hash};
use domain::{BranchKeyVersion, Enrollment, Home, SessionSeed, VERIFICATION_LIFETIME, Verification, Window};
use jiff::Timestamp;

use crate::request::Known;
use crate::{Initiate, InitiateError, InitiateStore};

/// What is to be written, side by side.
pub(crate) struct Prepared {
    pub(crate) verification: Verification,
    pub(crate) event: Event,
    /// What the event's personal data are sealed under.
    pub(crate) user_key: UserKey,
}

impl<S: InitiateStore, U: UnwrapKey, A: RecordEvents> Initiate<S, U, A> {
    pub(crate) async fn prepare(
        &self,
        home: Home,
        known: Known<'_>,
        enrollment: Option<&Enrollment>,
    ) -> Result<Prepared, InitiateError> {
        let Known { request, branch, fingerprint } = known;
        let id = branch.verification_id(&request.key, home);
        let now = self.0.clock.now();
        let user_key = self.user_key(known, enrollment).await?;
        let asked = self.asked(known, enrollment.map(|enrollment| (enrollment, &user_key)), now).await?;
        let verification = Verification {
            tenant: request.arrival.tenant,
            id,
            user: request.user,
            asked: asked.set(),
            key_version: enrollment.map_or(0, |enrollment| enrollment.key_version),
            branch_key_version: branch.version(),
            seed: SessionSeed::new(self.0.entropy.array()?),
            further_turns: asked.further_turns(),
            transaction: request.transaction.as_ref().map(transaction_hash),
            created_at: now,
            expires_at: now + VERIFICATION_LIFETIME,
            attempts: BTreeMap::new(),
            verified: None,
            request: fingerprint,
        };
        let event = self.event(known, &verification, Some(&user_key))?;
        Ok(Prepared { verification, event, user_key })
    }

    /// The user's own key. Who is not enrolled gets a fresh one that is forgotten with the request: what it seals is as long as
    /// everybody's, and nobody opens it.
    pub(crate) async fn user_key(
        &self,
        known: Known<'_>,
        enrollment: Option<&Enrollment>,
    ) -> Result<UserKey, InitiateError> {
        let user = known.request.user;
        let Some(enrollment) = enrollment else { return Ok(known.branch.new_user_key(user, &*self.0.entropy)?) };
        let sealing = self.0.keys.version(enrollment.tenant, enrollment.branch_key_version).await?;
        Ok(sealing.open_user_key(user, &enrollment.user_key)?)
    }

    /// That the verification is open, and where the request came from.
    pub(crate) fn event(
        &self,
        known: Known<'_>,
        verification: &Verification,
        user_key: Option<&UserKey>,
    ) -> Result<Event, InitiateError> {
        let Known { request, branch, .. } = known;
        let trail = VerificationTrail { branch, verification, request_id: request.request_id };
        let id = trail.opened_id();
        let seal = |key: &UserKey| key.seal_personal_data(id, request.arrival.source, &*self.0.entropy);
        Ok(trail.opened_as(id, user_key.map(seal).transpose()?.map(SealedPersonalData::new)))
    }

    /// The verifier of the set to ask for. The decoy is made for everybody, so that its cost tells nothing, and under the
    /// first branch key, so that a rotation does not change what unknown users are asked for.
    async fn asked(
        &self,
        known: Known<'_>,
        enrolled: Option<(&Enrollment, &UserKey)>,
        now: Timestamp,
    ) -> Result<StoredVerifier, InitiateError> {
        let (branch, user) = (known.branch, known.request.user);
        let first = self.0.keys.version(branch.tenant(), BranchKeyVersion::FIRST).await?;
        let selector = branch.selector(user, Window::containing(now));
        let decoy = first.decoy(user, self.0.parameters)?.asked(selector)?;
        let Some((enrollment, user_key)) = enrolled else { return Ok(decoy) };
        let verifiers = user_key.open_verifiers(&enrollment.askable_sets, enrollment.key_version)?;
        verifiers.asked(selector).cloned().ok_or(InitiateError::NoSets)
    }
}
