//! Hashes of digests that another system made, as PHC strings.
//!
//! | function | accepted |
//! |---|---|
//! | `$pbkdf2-sha256$i=100000$salt$hash` | 100,000 to 1,000,000 iterations; `l=32` may be said |
//! | `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` | 7 to 64 MiB, at most 4 lanes, memory times passes of at most 192 MiB |
//!
//! Salts have 8 to 48 bytes, hashes 32, both in Base64 without padding, as the format says.
//! Source: <https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md>.

use std::fmt;
use std::str::FromStr;

use domain::{DuplicateFactor, FactorSet, FactorType};
use phc::{Ident, PasswordHash};
use zeroize::Zeroizing;

use crate::KdfParameters;
use crate::hash_recipe::{FactorHash, HashRecipe, HashRecipes};
use crate::kdf::OutOfBounds;

/// What of a digest the other system hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashedText {
    /// Its 32 bytes.
    Bytes,
    /// Its 64 hexadecimal digits, in lower case.
    Hex,
}

impl FromStr for HashedText {
    type Err = UnknownHashedText;

    fn from_str(name: &str) -> Result<Self, UnknownHashedText> {
        match name {
            "bytes" => Ok(Self::Bytes),
            "hex" => Ok(Self::Hex),
            _ => Err(UnknownHashedText),
        }
    }
}

/// The name is not that of a text which can be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of bytes, hex")]
pub struct UnknownHashedText;

/// Another system's hash of one digest, with all that is needed to compute it again.
#[derive(Clone)]
pub struct ImportedHash {
    recipe: HashRecipe,
    hash: Zeroizing<[u8; 32]>,
}

impl ImportedHash {
    /// Reads a PHC string. The text is never part of the error.
    ///
    /// # Errors
    /// [`PhcRefused`] says what is wrong with it.
    pub fn from_phc(unverified_text: &str, text: HashedText) -> Result<Self, PhcRefused> {
        let parsed = PasswordHash::new(unverified_text).map_err(|_| PhcRefused::Malformed)?;
        let parameters = parameters(&parsed)?;
        let (Some(salt), Some(hash)) = (parsed.salt, parsed.hash) else { return Err(PhcRefused::Malformed) };
        let hash: [u8; 32] = hash.as_bytes().try_into().map_err(|_| PhcRefused::HashLength)?;
        Ok(Self { recipe: HashRecipe { text, parameters, salt: salt.to_vec() }, hash: Zeroizing::new(hash) })
    }
}

impl fmt::Debug for ImportedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImportedHash(…)")
    }
}

/// A hash for each of some distinct factor types, sorted by type.
#[derive(Debug, Clone)]
pub struct ImportedHashes(Vec<(FactorType, ImportedHash)>);

impl ImportedHashes {
    /// Sorts the pairs.
    ///
    /// # Errors
    /// [`DuplicateFactor`] if a type occurs twice.
    pub fn new(mut pairs: Vec<(FactorType, ImportedHash)>) -> Result<Self, DuplicateFactor> {
        pairs.sort_by_key(|(factor, _)| *factor);
        FactorSet::of(pairs.iter().map(|(factor, _)| *factor))?;
        Ok(Self(pairs))
    }

    /// The types that there are hashes of.
    #[must_use]
    pub fn types(&self) -> FactorSet {
        FactorSet::of(self.0.iter().map(|(factor, _)| *factor)).unwrap_or_default()
    }

    /// The hashes of these types, in their order, with how they were made.
    pub(crate) fn of_set(&self, set: FactorSet) -> (Vec<FactorHash>, HashRecipes) {
        let of_set = || self.0.iter().filter(|(factor, _)| set.contains(*factor));
        let hashes = of_set().map(|(factor, imported)| (*factor, imported.hash.clone())).collect();
        let recipes = of_set().map(|(factor, imported)| (*factor, imported.recipe.clone())).collect();
        (hashes, HashRecipes::new(recipes))
    }
}

/// Why a PHC string can't be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhcRefused {
    /// Not a PHC string with salt and hash.
    #[error("not a PHC string with salt and hash")]
    Malformed,
    /// Neither `pbkdf2-sha256` nor `argon2id`.
    #[error("neither pbkdf2-sha256 nor argon2id")]
    UnknownFunction,
    /// Not version 19 of Argon2, or a version where there is none.
    #[error("not version 19 of Argon2, or a version of PBKDF2")]
    UnknownVersion,
    /// Other parameters than the function's, or in another order.
    #[error("other parameters than the function's, or in another order")]
    UnknownParameters,
    /// Too weak.
    #[error("its parameters are too weak")]
    TooWeak,
    /// Too expensive: each verification would have to pay it.
    #[error("its parameters are too expensive")]
    TooExpensive,
    /// The hash does not have 32 bytes.
    #[error("its hash does not have 32 bytes")]
    HashLength,
}

impl From<OutOfBounds> for PhcRefused {
    fn from(bounds: OutOfBounds) -> Self {
        match bounds {
            OutOfBounds::TooWeak => Self::TooWeak,
            OutOfBounds::TooExpensive => Self::TooExpensive,
        }
    }
}

fn parameters(parsed: &PasswordHash) -> Result<KdfParameters, PhcRefused> {
    let names: Vec<Ident> = parsed.params.iter().map(|(name, _)| name).collect();
    let names: Vec<&str> = names.iter().map(Ident::as_str).collect();
    let value = |name: &str| parsed.params.get_decimal(name).ok_or(PhcRefused::UnknownParameters);
    match (parsed.algorithm.as_str(), parsed.version, names.as_slice()) {
        ("pbkdf2-sha256", None, ["i"]) => Ok(KdfParameters::imported_pbkdf2(value("i")?)?),
        ("pbkdf2-sha256", None, ["i", "l"]) if value("l")? == 32 => Ok(KdfParameters::imported_pbkdf2(value("i")?)?),
        ("pbkdf2-sha256", None, ["i", "l"]) => Err(PhcRefused::HashLength),
        ("argon2id", Some(19), ["m", "t", "p"]) => {
            Ok(KdfParameters::imported_argon2id(value("m")?, value("t")?, value("p")?)?)
        }
        ("pbkdf2-sha256", None, _) | ("argon2id", Some(19), _) => Err(PhcRefused::UnknownParameters),
        ("pbkdf2-sha256" | "argon2id", _, _) => Err(PhcRefused::UnknownVersion),
        _ => Err(PhcRefused::UnknownFunction),
    }
}
