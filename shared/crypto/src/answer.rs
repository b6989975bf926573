//! Answers, sealed to be given again to a retry of the same request and to nobody else.

use domain::{Entropy, RequestFingerprint, Sealed, VerificationId};
use zeroize::Zeroizing;

use crate::place::Place;
use crate::seal::{open, seal};
use crate::{BranchKey, OpenRefused, SealFailed};

/// What an answer answers, besides the request itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// An attempt of this verification.
    Attempt(VerificationId),
    /// An operation of the tenant, by its name.
    Operation(&'static str),
}

impl BranchKey {
    /// Seals the body of an answer for the request of this fingerprint.
    ///
    /// # Errors
    /// [`SealFailed`] if randomness or the cipher fails.
    pub fn seal_answer(
        &self,
        answered: Answered,
        request: RequestFingerprint,
        body: &str,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, SealFailed> {
        seal(&self.answers, &self.place_of_answer(answered, request), body.as_bytes(), entropy)
    }

    /// Opens the body of the answer to the request of this fingerprint. A request whose fingerprint this key has made is answered
    /// under this key, so there is no other version to try.
    ///
    /// # Errors
    /// [`OpenRefused`] if it is not genuine for this tenant, version and request.
    pub fn open_answer(
        &self,
        answered: Answered,
        request: RequestFingerprint,
        sealed: &Sealed,
    ) -> Result<Zeroizing<String>, OpenRefused> {
        let mut plaintext = open(&self.answers, &self.place_of_answer(answered, request), sealed)?;
        String::from_utf8(std::mem::take(&mut *plaintext)).map(Zeroizing::new).map_err(|_| OpenRefused)
    }

    const fn place_of_answer(&self, answered: Answered, request: RequestFingerprint) -> Place {
        Place::of_answer(self.tenant(), self.version(), answered, request)
    }
}
