//! The verification that is to be opened: which factors it asks for.

use std::collections::BTreeMap;

use audit::RecordEvent;
use crypto::{StoredVerifier, UnwrapKey, transaction_hash};
use domain::{BranchKeyVersion, Enrollment, Home, VERIFICATION_LIFETIME, Verification, Window};

use crate::request::Known;
use crate::{Initiate, InitiateError, InitiateStore};

impl<S: InitiateStore, U: UnwrapKey, A: RecordEvent> Initiate<S, U, A> {
    pub(crate) async fn prepare(
        &self,
        home: Home,
        known: Known<'_>,
        enrollment: Option<&Enrollment>,
    ) -> Result<Verification, InitiateError> {
        let Known { request, branch, fingerprint } = known;
        let id = branch.verification_id(&request.key, home);
        let now = self.0.clock.now();
        let asked = self.asked(known, enrollment, Window::containing(now)).await?;
        Ok(Verification {
            tenant: request.arrival.tenant,
            id,
            user: request.user,
            asked: asked.set(),
            key_version: enrollment.map_or(0, |enrollment| enrollment.key_version),
            branch_key_version: branch.version(),
            verifier: branch.seal_asked_verifier(request.user, id, &asked, &*self.0.entropy)?,
            transaction: request.transaction.as_ref().map(transaction_hash),
            created_at: now,
            expires_at: now + VERIFICATION_LIFETIME,
            attempts: BTreeMap::new(),
            verified: None,
            request: fingerprint,
        })
    }

    /// The verifier of the set to ask for. The decoy is made for everybody, so that its cost tells nothing, and under the
    /// first branch key, so that a rotation does not change what unknown users are asked for.
    async fn asked(
        &self,
        known: Known<'_>,
        enrollment: Option<&Enrollment>,
        window: Window,
    ) -> Result<StoredVerifier, InitiateError> {
        let (branch, user) = (known.branch, known.request.user);
        let first = self.0.keys.version(branch.tenant(), BranchKeyVersion::FIRST).await?;
        let decoy = first.decoy(user, self.0.parameters)?;
        let verifiers = match enrollment {
            None => decoy,
            Some(enrollment) => {
                let sealing = self.0.keys.version(enrollment.tenant, enrollment.branch_key_version).await?;
                let user_key = sealing.open_user_key(user, &enrollment.user_key)?;
                user_key.open_verifiers(&enrollment.askable_sets, enrollment.key_version)?
            }
        };
        verifiers.asked(branch.selector(user, window)).cloned().ok_or(InitiateError::NoSets)
    }
}
