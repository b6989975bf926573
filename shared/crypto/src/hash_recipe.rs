//! How another system hashed a user's digests: what an imported verifier needs to hash what is presented in the same way.

use domain::{FactorSet, FactorType, PresentedFactors};
use zeroize::Zeroizing;

use crate::{HashedText, Kdf, KdfFailed, KdfParameters};

/// Another system's hash of the digest of this type.
pub(crate) type FactorHash = (FactorType, Zeroizing<[u8; 32]>);

/// How one digest was hashed.
#[derive(Clone)]
pub(crate) struct HashRecipe {
    pub(crate) text: HashedText,
    pub(crate) parameters: KdfParameters,
    /// 8 to [`MAX_SALT`] bytes.
    pub(crate) salt: Vec<u8>,
}

/// A recipe for each of some distinct types, in their order.
#[derive(Clone)]
pub(crate) struct HashRecipes(Vec<(FactorType, HashRecipe)>);

impl HashRecipe {
    /// Hashes 32 bytes. One derivation.
    pub(crate) fn hash(&self, kdf: &Kdf, digest: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, KdfFailed> {
        match self.text {
            HashedText::Bytes => kdf.derive(self.parameters, &self.salt, digest),
            HashedText::Hex => {
                let mut text = Zeroizing::new([0; 64]);
                hex::encode_to_slice(digest, text.as_mut_slice()).map_err(|_| KdfFailed)?;
                kdf.derive(self.parameters, &self.salt, text.as_slice())
            }
        }
    }

    /// Appends text ‖ parameters ‖ salt (length, bytes).
    fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.push(match self.text {
            HashedText::Bytes => 0,
            HashedText::Hex => 1,
        });
        bytes.extend_from_slice(&self.parameters.to_bytes());
        bytes.push(u8::try_from(self.salt.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(&self.salt);
    }

    fn read_from(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&text, bytes) = bytes.split_first()?;
        let (parameters, bytes) = bytes.split_first_chunk::<{ KdfParameters::LENGTH }>()?;
        let (&length, bytes) = bytes.split_first()?;
        let (salt, bytes) = bytes.split_at_checked(usize::from(length))?;
        let recipe = Self {
            text: match text {
                0 => HashedText::Bytes,
                1 => HashedText::Hex,
                _ => return None,
            },
            parameters: KdfParameters::from_bytes(*parameters)?,
            salt: (MIN_SALT..=MAX_SALT).contains(&salt.len()).then(|| salt.to_vec())?,
        };
        Some((recipe, bytes))
    }
}

impl HashRecipes {
    pub(crate) const fn new(sorted: Vec<(FactorType, HashRecipe)>) -> Self {
        Self(sorted)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many turns at the pool hashing with all of them takes.
    pub(crate) fn turns(&self) -> u8 {
        self.0.iter().fold(0, |turns, (_, recipe)| turns.saturating_add(recipe.parameters.turns()))
    }

    /// Those of these types.
    pub(crate) fn of_set(&self, set: FactorSet) -> Self {
        Self(self.0.iter().filter(|(factor, _)| set.contains(*factor)).cloned().collect())
    }

    /// Hashes what was presented. One derivation for each recipe, also of a type that was not presented: its hash is of no use, and the
    /// cost tells nothing.
    pub(crate) fn hash(&self, kdf: &Kdf, presented: &PresentedFactors) -> Result<Vec<FactorHash>, KdfFailed> {
        let hash = |(factor, recipe): &(FactorType, HashRecipe)| {
            let digest = presented.digest(*factor).map_or(&NOT_PRESENTED, |digest| digest.expose());
            Ok((*factor, recipe.hash(kdf, digest)?))
        };
        self.0.iter().map(hash).collect()
    }

    /// Appends the recipes alone. Which types they are of follows from what they are stored with.
    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>) {
        self.0.iter().for_each(|(_, recipe)| recipe.append_to(bytes));
    }

    /// Reads a recipe for each of these types and returns what follows them.
    pub(crate) fn read_from(types: FactorSet, mut bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut recipes = Vec::with_capacity(types.len());
        for factor in types.iter() {
            let (recipe, rest) = HashRecipe::read_from(bytes)?;
            recipes.push((factor, recipe));
            bytes = rest;
        }
        Some((Self(recipes), bytes))
    }
}

/// All recipes of a user's verifiers: those of one type are the same in each of them.
impl<'a> FromIterator<&'a HashRecipes> for HashRecipes {
    fn from_iter<I: IntoIterator<Item = &'a Self>>(of_verifiers: I) -> Self {
        let mut all: Vec<_> = of_verifiers.into_iter().flat_map(|recipes| recipes.0.iter().cloned()).collect();
        all.sort_by_key(|(factor, _)| *factor);
        all.dedup_by_key(|(factor, _)| *factor);
        Self(all)
    }
}

/// What is hashed in place of a digest that was not presented.
const NOT_PRESENTED: [u8; 32] = [0; 32];

/// What the PHC string format allows; RFC 9106 §3.1 recommends 16.
const MIN_SALT: usize = 8;
pub(crate) const MAX_SALT: usize = 48;
