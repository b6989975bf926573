//! All verifiers of a user: one for each askable set.

use domain::{AskableSets, Entropy, FactorSet, MAX_ASKABLE_SETS, PresentedFactors, UserId};
use zeroize::Zeroizing;

use crate::hash_recipe::HashRecipes;
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

    /// The verifier of this set; `None` if it is not among the sets that can be asked for.
    #[must_use]
    pub fn of_set(&self, set: FactorSet) -> Option<&StoredVerifier> {
        self.0.iter().find(|verifier| verifier.set() == set)
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

    /// The bytes to seal: a format number, a count, the verifiers. Below 2 KB, unless some are imported: then each has a mark
    /// whether it is, and the recipes follow once for all of them. Below 3 KB.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let recipes: HashRecipes = self.0.iter().filter_map(StoredVerifier::recipes).collect();
        let mut bytes = Zeroizing::new(Vec::with_capacity(3072));
        bytes.push(if recipes.is_empty() { FORMAT } else { IMPORTED_FORMAT });
        bytes.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        for verifier in &self.0 {
            if !recipes.is_empty() {
                bytes.push(u8::from(verifier.recipes().is_some()));
            }
            verifier.append_to(&mut bytes);
        }
        recipes.append_to(&mut bytes);
        bytes
    }

    /// Reads [`Verifiers::encode`] back; `None` for anything else.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&format, bytes) = bytes.split_first()?;
        let (&count, mut rest) = bytes.split_first()?;
        let (mut verifiers, mut imported) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (is_imported, marked) = read_mark(format, rest)?;
            let (verifier, following) = StoredVerifier::read_from(marked)?;
            imported.push(is_imported);
            verifiers.push(verifier);
            rest = following;
        }
        if format == IMPORTED_FORMAT {
            let sets = verifiers.iter().zip(&imported).filter(|(_, is_imported)| **is_imported);
            let hashed = sets.fold(FactorSet::default(), |all, (verifier, _)| all.union(verifier.set()));
            // Without any, it would be another form of the same verifiers.
            let (recipes, following) = (!hashed.is_empty()).then(|| HashRecipes::read_from(hashed, rest))??;
            for (verifier, _) in verifiers.iter_mut().zip(imported).filter(|(_, is_imported)| *is_imported) {
                *verifier = verifier.clone().of_hashed(recipes.of_set(verifier.set()));
            }
            rest = following;
        }
        if rest.is_empty() { Self::new(verifiers) } else { None }
    }
}

/// Whether the verifier that follows is an imported one.
fn read_mark(format: u8, bytes: &[u8]) -> Option<(bool, &[u8])> {
    match (format, bytes) {
        (FORMAT, _) => Some((false, bytes)),
        (IMPORTED_FORMAT, [mark @ (0 | 1), rest @ ..]) => Some((*mark == 1, rest)),
        _ => None,
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
const IMPORTED_FORMAT: u8 = 2;
