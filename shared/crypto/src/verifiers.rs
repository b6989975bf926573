//! All verifiers of a user: one for each askable set.

use domain::{AskableSets, Entropy, FactorSet, MAX_ASKABLE_SETS, PresentedFactors, UserId};
use zeroize::Zeroizing;

use crate::verifier::Recipe;
use crate::{BranchKey, Kdf, KdfParameters, Salt, StoredVerifier, VerifierError};

/// Between 1 and [`MAX_ASKABLE_SETS`] verifiers, in the order in which their sets were drawn.
#[derive(Debug, Clone)]
pub struct Verifiers(pub(crate) Vec<StoredVerifier>);

impl Verifiers {
    /// `None` for none or too many.
    pub(crate) fn new(verifiers: Vec<StoredVerifier>) -> Option<Self> {
        (1..=MAX_ASKABLE_SETS).contains(&verifiers.len()).then_some(Self(verifiers))
    }

    /// The verifier of the set that the user is asked for, given [`BranchKey::selector`].
    #[must_use]
    pub fn asked(&self, selector: [u8; 16]) -> Option<&StoredVerifier> {
        self.0.get(AskableSets::position(selector, self.0.len()))
    }

    /// The sets that can be asked for, in order.
    pub fn sets(&self) -> impl Iterator<Item = FactorSet> {
        self.0.iter().map(StoredVerifier::set)
    }

    /// The same verifiers with this one in the place of its set's; `None` if its set is not among them.
    #[must_use]
    pub fn replacing(&self, newer: StoredVerifier) -> Option<Self> {
        let mut verifiers = self.clone();
        let older = verifiers.0.iter_mut().find(|verifier| verifier.set() == newer.set())?;
        *older = newer;
        Some(verifiers)
    }

    /// The bytes to seal: a format number, a count, the verifiers. Below 2 KB.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(2048));
        bytes.push(FORMAT);
        bytes.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        for verifier in &self.0 {
            verifier.append_to(&mut bytes);
        }
        bytes
    }

    /// Reads [`Verifiers::encode`] back; `None` for anything else.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&FORMAT, bytes) = bytes.split_first()? else { return None };
        let (&count, mut rest) = bytes.split_first()?;
        let mut verifiers = Vec::new();
        for _ in 0..count {
            let (verifier, following) = StoredVerifier::read_from(rest)?;
            verifiers.push(verifier);
            rest = following;
        }
        if rest.is_empty() { Self::new(verifiers) } else { None }
    }
}

impl BranchKey {
    /// Makes the verifiers of a user's askable sets: one derivation each, one after the other.
    ///
    /// # Errors
    /// [`VerifierError`] says what failed; nothing is kept.
    pub fn make_verifiers(
        &self,
        kdf: &Kdf,
        entropy: &dyn Entropy,
        enrolled: &EnrolledFactors<'_>,
    ) -> Result<Verifiers, VerifierError> {
        let EnrolledFactors { user, presented, sets, parameters } = enrolled;
        let verifiers = sets
            .as_slice()
            .iter()
            .map(|set| {
                let recipe = Recipe { set: *set, parameters: *parameters, salt: Salt::draw(entropy)? };
                self.make_verifier(kdf, *user, presented, recipe)
            })
            .collect::<Result<_, _>>()?;
        Verifiers::new(verifiers).ok_or(VerifierError::MissingFactor)
    }
}

/// What verifiers are made of.
#[derive(Debug, Clone, Copy)]
pub struct EnrolledFactors<'a> {
    /// Whose they are.
    pub user: UserId,
    /// The digests of all enrolled factors.
    pub presented: &'a PresentedFactors,
    /// The sets to make verifiers for.
    pub sets: &'a AskableSets,
    /// What to stretch them with.
    pub parameters: KdfParameters,
}

const FORMAT: u8 = 1;
