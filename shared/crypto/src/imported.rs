//! The verifiers of a user whose digests nobody knows: out of another system's hashes of them.

use domain::{AskableSets, Entropy, UserId};

use crate::verifier::Recipe;
use crate::{BranchKey, ImportedHashes, Kdf, KdfParameters, Salt, VerifierError, Verifiers};

/// What imported verifiers are made of.
#[derive(Debug, Clone, Copy)]
pub struct ImportedFactors<'a> {
    /// Whose they are.
    pub user: UserId,
    /// The hashes of all enrolled factors.
    pub hashes: &'a ImportedHashes,
    /// The sets to make verifiers for.
    pub sets: &'a AskableSets,
    /// What to stretch the hashes with.
    pub parameters: KdfParameters,
}

impl BranchKey {
    /// Makes the verifiers of a user's askable sets: one derivation each, one after the other.
    ///
    /// # Errors
    /// [`VerifierError`] says what failed; nothing is kept.
    pub fn import_verifiers(
        &self,
        kdf: &Kdf,
        entropy: &dyn Entropy,
        imported: &ImportedFactors<'_>,
    ) -> Result<Verifiers, VerifierError> {
        let ImportedFactors { user, hashes, sets, parameters } = *imported;
        let verifiers = sets.as_slice().iter().map(|set| {
            let (hashes, recipes) = hashes.of_set(*set);
            if hashes.len() != set.len() {
                return Err(VerifierError::MissingFactor);
            }
            let recipe = Recipe { set: *set, parameters, salt: Salt::draw(entropy)? };
            Ok(self.make_hashed_verifier(kdf, user, &hashes, recipe)?.of_hashed(recipes))
        });
        Verifiers::new(verifiers.collect::<Result<_, _>>()?).ok_or(VerifierError::MissingFactor)
    }
}
