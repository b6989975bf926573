//! Joint verifiers: what is stored to check a whole set of digests at once.
//!
//! ```text
//! tag = HMAC(pepper, KDF(encoding of tenant, user and the sorted (type, digest) pairs; salt, parameters))
//! ```
//!
//! - One derivation checks a set, whatever its size.
//! - Nobody can tell which digest was wrong: not the caller, not the server, not a thief of the table.
//! - Without the branch key, the tag says nothing about the digests: the pepper is not in the table.
//! - A verifier moved to another user or tenant matches nothing.
//!
//! An imported verifier has another system's hash of each digest in place of the digest ([`HashRecipes`]); a comparison hashes what
//! is presented in the same way first, all of it, and is one comparison all the same.

use std::fmt;

use domain::{BranchKeyVersion, Entropy, EntropyUnavailable, FactorSet, PresentedFactors, TenantId, UserId};

use crate::canonical::Canonical;
use crate::hash_recipe::{FactorHash, HashRecipes};
use crate::{BranchKey, Kdf, KdfFailed, KdfParameters, Salt};

/// One askable set's verifier with all that is needed to recompute it, the pepper aside.
#[derive(Clone)]
pub struct StoredVerifier {
    set: FactorSet,
    parameters: KdfParameters,
    branch_key_version: BranchKeyVersion,
    salt: Salt,
    tag: [u8; 32],
    /// How the digests are hashed first, if it was imported.
    recipes: Option<HashRecipes>,
}

impl StoredVerifier {
    /// The types that it checks together.
    #[must_use]
    pub const fn set(&self) -> FactorSet {
        self.set
    }

    /// The version of the branch key whose pepper is in it: the one to check it with.
    #[must_use]
    pub const fn branch_key_version(&self) -> BranchKeyVersion {
        self.branch_key_version
    }

    /// Whether it was imported, or made with other parameters than those in use now, so that a success is the time to replace it.
    #[must_use]
    pub fn needs_upgrade(&self, current: KdfParameters) -> bool {
        self.recipes.is_some() || self.parameters != current
    }

    /// How many turns at the pool a comparison takes beyond the one of every verifier: none, unless it was imported.
    #[must_use]
    pub fn further_turns(&self) -> u8 {
        self.recipes.as_ref().map_or(0, HashRecipes::turns)
    }

    /// How its digests are hashed first, if it was imported.
    pub(crate) const fn recipes(&self) -> Option<&HashRecipes> {
        self.recipes.as_ref()
    }

    /// The same verifier, over digests that are hashed first.
    pub(crate) fn of_hashed(self, recipes: HashRecipes) -> Self {
        Self { recipes: Some(recipes), ..self }
    }

    /// Appends set (length, text) ‖ parameters ‖ branch key version ‖ salt ‖ tag.
    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>) {
        let set = self.set.to_string();
        bytes.push(u8::try_from(set.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(set.as_bytes());
        bytes.extend_from_slice(&self.parameters.to_bytes());
        bytes.extend_from_slice(&self.branch_key_version.number().to_be_bytes());
        bytes.extend_from_slice(self.salt.as_bytes());
        bytes.extend_from_slice(&self.tag);
    }

    /// Reads one verifier and returns what follows it.
    pub(crate) fn read_from(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&length, bytes) = bytes.split_first()?;
        let (set, bytes) = bytes.split_at_checked(usize::from(length))?;
        let (parameters, bytes) = bytes.split_first_chunk::<{ KdfParameters::LENGTH }>()?;
        let (version, bytes) = bytes.split_first_chunk::<4>()?;
        let (salt, bytes) = bytes.split_first_chunk::<16>()?;
        let (tag, bytes) = bytes.split_first_chunk::<32>()?;
        let verifier = Self {
            set: std::str::from_utf8(set).ok()?.parse().ok()?,
            parameters: KdfParameters::from_bytes(*parameters)?,
            branch_key_version: BranchKeyVersion::new(u32::from_be_bytes(*version))?,
            salt: Salt::new(*salt),
            tag: *tag,
            recipes: None,
        };
        Some((verifier, bytes))
    }
}

impl fmt::Debug for StoredVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredVerifier({}, …)", self.set)
    }
}

impl BranchKey {
    /// Makes the verifier of one set out of the presented digests. One derivation.
    ///
    /// # Errors
    /// [`VerifierError::MissingFactor`] if a type of the set was not presented; [`VerifierError::Kdf`].
    pub(crate) fn make_verifier(
        &self,
        kdf: &Kdf,
        user: UserId,
        presented: &PresentedFactors,
        recipe: Recipe,
    ) -> Result<StoredVerifier, VerifierError> {
        if presented.of_set(recipe.set).count() != recipe.set.len() {
            return Err(VerifierError::MissingFactor);
        }
        self.stretch(kdf, &joint_secret(self.tenant(), user, presented, recipe.set), recipe)
    }

    /// The verifier of a set out of other systems' hashes of its digests, in the order of their types. One derivation.
    pub(crate) fn make_hashed_verifier(
        &self,
        kdf: &Kdf,
        user: UserId,
        hashes: &[FactorHash],
        recipe: Recipe,
    ) -> Result<StoredVerifier, VerifierError> {
        self.stretch(kdf, &hashed_secret((self.tenant(), user), recipe.set, hashes), recipe)
    }

    fn stretch(&self, kdf: &Kdf, secret: &Canonical, recipe: Recipe) -> Result<StoredVerifier, VerifierError> {
        let Recipe { set, parameters, salt } = recipe;
        let stretched = kdf.derive(parameters, salt.as_bytes(), secret.as_bytes())?;
        let tag = self.pepper.tag(stretched.as_slice());
        Ok(StoredVerifier { set, parameters, branch_key_version: self.version(), salt, tag, recipes: None })
    }

    /// Makes the verifier of a set again, with a fresh salt and this key's pepper, out of digests that were right for it. One
    /// derivation.
    ///
    /// # Errors
    /// [`VerifierError`] says what failed.
    pub fn remake_verifier(
        &self,
        kdf: &Kdf,
        entropy: &dyn Entropy,
        proven: &ProvenFactors<'_>,
    ) -> Result<StoredVerifier, VerifierError> {
        let ProvenFactors { user, presented, parameters } = *proven;
        let recipe = Recipe { set: presented.types(), parameters, salt: Salt::draw(entropy)? };
        self.make_verifier(kdf, user, presented, recipe)
    }

    /// Compares what was presented with a verifier, in constant time. Exactly one derivation and one comparison, also if
    /// other types were presented than the verifier is for (which never match). For an imported verifier, one more derivation for
    /// each type of its set, whatever was presented.
    ///
    /// # Errors
    /// [`VerifierError::WrongBranchKey`] if the verifier was made under another version; [`VerifierError::Kdf`].
    pub fn check(
        &self,
        kdf: &Kdf,
        user: UserId,
        presented: &PresentedFactors,
        stored: &StoredVerifier,
    ) -> Result<Outcome, VerifierError> {
        if stored.branch_key_version != self.version() {
            return Err(VerifierError::WrongBranchKey);
        }
        let secret = match &stored.recipes {
            None => joint_secret(self.tenant(), user, presented, presented.types()),
            Some(recipes) => hashed_secret((self.tenant(), user), presented.types(), &recipes.hash(kdf, presented)?),
        };
        let stretched = kdf.derive(stored.parameters, stored.salt.as_bytes(), secret.as_bytes())?;
        kdf.count_comparison();
        let equal = self.pepper.verify(stretched.as_slice(), &stored.tag);
        Ok(if equal { Outcome::Match } else { Outcome::NoMatch })
    }

    /// A verifier that no digests match, because its tag is no HMAC of anything known.
    pub(crate) fn decoy_verifier(&self, recipe: Recipe, tag: [u8; 32]) -> StoredVerifier {
        let Recipe { set, parameters, salt } = recipe;
        StoredVerifier { set, parameters, branch_key_version: self.version(), salt, tag, recipes: None }
    }
}

/// What a comparison says. There is no more to know: not which factor was wrong, nor how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All digests are right.
    Match,
    /// At least one is wrong.
    NoMatch,
}

/// Why verifiers could not be made or checked. Never about the digests being wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifierError {
    /// An askable set holds a type that was not presented: a mistake of ours.
    #[error("an askable set holds a factor that was not presented")]
    MissingFactor,
    /// The verifier was made under another version of the branch key: the caller fetched the wrong one.
    #[error("the verifier belongs to another version of the branch key")]
    WrongBranchKey,
    /// No random salt.
    #[error("no randomness for a salt")]
    Entropy(#[from] EntropyUnavailable),
    /// The derivation failed.
    #[error("the verifier could not be computed")]
    Kdf(#[from] KdfFailed),
}

/// Digests that were right for their set, to make its verifier again.
#[derive(Debug, Clone, Copy)]
pub struct ProvenFactors<'a> {
    /// Whose they are.
    pub user: UserId,
    /// The digests of exactly that set.
    pub presented: &'a PresentedFactors,
    /// What to stretch them with from now on.
    pub parameters: KdfParameters,
}

/// What a verifier is made with beyond the digests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) set: FactorSet,
    pub(crate) parameters: KdfParameters,
    pub(crate) salt: Salt,
}

/// The injective encoding of whose digests these are and of the sorted (type, digest) pairs.
fn joint_secret(tenant: TenantId, user: UserId, presented: &PresentedFactors, set: FactorSet) -> Canonical {
    let owner = Canonical::new("countersign/joint-verifier/v1").field(tenant.as_bytes()).field(user.as_bytes());
    presented.of_set(set).fold(owner, |encoding, (factor, digest)| encoding.field(factor.name()).field(digest.expose()))
}

/// The injective encoding of whose hashes these are, of the types that were presented, and of the sorted (type, hash) pairs.
fn hashed_secret((tenant, user): (TenantId, UserId), types: FactorSet, hashes: &[FactorHash]) -> Canonical {
    let owner = Canonical::new("countersign/imported-verifier/v1").field(tenant.as_bytes()).field(user.as_bytes());
    hashes.iter().fold(owner.field(types.to_string()), |encoding, (factor, hash)| {
        encoding.field(factor.name()).field(hash.as_slice())
    })
}
