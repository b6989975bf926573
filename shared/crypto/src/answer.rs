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
        let (key, version) = self.answers(answered);
        seal(key, &Place::of_answer(self.tenant(), version, answered, request), body.as_bytes(), entropy)
    }

    /// Opens the body of the answer to the request of this fingerprint: an operation's under any version of the key, an attempt's
    /// under the one that its verification names.
    ///
    /// # Errors
    /// [`OpenRefused`] if it is not genuine for this tenant, version and request.
    pub fn open_answer(
        &self,
        answered: Answered,
        request: RequestFingerprint,
        sealed: &Sealed,
    ) -> Result<Zeroizing<String>, OpenRefused> {
        let (key, version) = self.answers(answered);
        let place = Place::of_answer(self.tenant(), version, answered, request);
        let mut plaintext = open(key, &place, sealed)?;
        String::from_utf8(std::mem::take(&mut *plaintext)).map(Zeroizing::new).map_err(|_| OpenRefused)
    }
}
