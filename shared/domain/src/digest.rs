//! What a user presents: one digest per factor. Password-equivalent, so secret.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{DuplicateFactor, FactorSet, FactorType};

/// The 32 bytes that a client computed from a normalised factor value.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Parses 64 hexadecimal digits of either case.
    ///
    /// # Errors
    /// [`InvalidDigest`] for anything else. The text is never part of the error.
    pub fn from_hex(unverified_text: &str) -> Result<Self, InvalidDigest> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(unverified_text, &mut bytes).map_err(|_| InvalidDigest)?;
        Ok(Self(bytes))
    }

    /// The bytes, for the key derivation only.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits")]
pub struct InvalidDigest;

/// A digest for each of some distinct factor types, sorted by type.
#[derive(Debug, Clone)]
pub struct PresentedFactors(Vec<(FactorType, Digest)>);

impl PresentedFactors {
    /// Sorts the pairs.
    ///
    /// # Errors
    /// [`DuplicateFactor`] if a type occurs twice.
    pub fn new(mut pairs: Vec<(FactorType, Digest)>) -> Result<Self, DuplicateFactor> {
        pairs.sort_by_key(|(factor, _)| *factor);
        FactorSet::of(pairs.iter().map(|(factor, _)| *factor))?;
        Ok(Self(pairs))
    }

    /// The types that were presented.
    #[must_use]
    pub fn types(&self) -> FactorSet {
        FactorSet::of(self.0.iter().map(|(factor, _)| *factor)).unwrap_or_default()
    }

    /// The digest of this type, if it was presented.
    #[must_use]
    pub fn digest(&self, wanted: FactorType) -> Option<&Digest> {
        self.0.iter().find(|(factor, _)| *factor == wanted).map(|(_, digest)| digest)
    }

    /// The pairs whose type is in `set`, sorted by type.
    pub fn of_set(&self, set: FactorSet) -> impl Iterator<Item = (FactorType, &Digest)> {
        self.0.iter().filter(move |(factor, _)| set.contains(*factor)).map(|(factor, digest)| (*factor, digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_exactly_64_hexadecimal_digits() {
        assert!(Digest::from_hex(&"aB".repeat(32)).is_ok());
        for text in ["", &"a".repeat(63), &"a".repeat(65), &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(Digest::from_hex(text).map(|_| ()), Err(InvalidDigest));
        }
    }

    #[test]
    fn a_digest_does_not_print() {
        let digest = Digest::from_hex(&"ab".repeat(32)).unwrap();

        assert_eq!(format!("{digest:?}"), "Digest(…)");
    }
}
