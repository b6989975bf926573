//! What an attempt is compared with: the asked set's verifier out of the user's enrollment, or out of the user's decoy.

use audit::RecordEvents;
use crypto::{StoredVerifier, UnwrapKey, UserKey, Verifiers};
use domain::{Enrollment, Window};

use crate::attempt::Decision;
use crate::{Verify, VerifyError, VerifyStore};

/// An enrollment that has what a verification asks for, with what is sealed in it.
pub(crate) struct Enrolled {
    /// As it was read.
    pub(crate) enrollment: Enrollment,
    pub(crate) user_key: UserKey,
    pub(crate) verifiers: Verifiers,
}

impl<S: VerifyStore, U: UnwrapKey, A: RecordEvents> Verify<S, U, A> {
    /// The verifier, and the enrollment that it is of. Without one, it is the verifier of the decoy that initiate would ask for, which is made
    /// for everybody, so that its cost tells nothing: an attempt is as wrong as any other, and can't be right.
    pub(crate) async fn asked(
        &self,
        decision: Decision<'_>,
        enrollment: Option<Enrollment>,
    ) -> Result<(StoredVerifier, Option<Enrolled>), VerifyError> {
        let Decision { verification, opener, .. } = decision;
        let selector = opener.selector(verification.user, Window::containing(verification.created_at));
        let decoy = opener.decoy(verification.user, self.0.parameters)?.asked(selector)?;
        let enrolled = match enrollment {
            // Of another version are the factors of a user who rotated them since, or who is enrolled only now.
            Some(enrollment) if enrollment.key_version == verification.key_version => {
                Some(self.open_enrollment(enrollment).await?)
            }
            _ => None,
        };
        match enrolled.as_ref().and_then(|enrolled| enrolled.verifiers.of_set(verification.asked).cloned()) {
            Some(verifier) => Ok((verifier, enrolled)),
            None => Ok((decoy, None)),
        }
    }

    async fn open_enrollment(&self, enrollment: Enrollment) -> Result<Enrolled, VerifyError> {
        let sealing = self.0.keys.version(enrollment.tenant, enrollment.branch_key_version).await?;
        let user_key = sealing.open_user_key(enrollment.user, &enrollment.user_key)?;
        let verifiers = user_key.open_verifiers(&enrollment.askable_sets, enrollment.key_version)?;
        Ok(Enrolled { enrollment, user_key, verifiers })
    }
}
