//! Decoys: what stands in for a user who does not exist.
//!
//! - The same tenant and user always get the same decoy, so that asking twice shows nothing.
//! - A decoy's askable sets are drawn like a real user's, from 2 to 5 plausible factors.
//! - Its verifiers cost the same derivation and match nothing.
//!
//! A decoy's sets are the same under every version of the branch key, or a rotation would change the sets of all users who do not
//! exist, and of nobody else. Its verifiers name the version that made them, as a user's do: the first is never wrong.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use domain::{AskableSets, Entropy, EntropyUnavailable, FactorSet, FactorType, UserId, enrollable};

use crate::canonical::Canonical;
use crate::derive::Mac;
use crate::verifier::Recipe;
use crate::{BranchKey, KdfParameters, Salt, SecretKey, StoredVerifier, VerifierError, Verifiers};

impl BranchKey {
    /// The decoy of a user, whose verifiers cost what new users' verifiers cost.
    ///
    /// # Errors
    /// None in practice; [`VerifierError`] because drawing may fail with other sources.
    pub fn decoy(&self, user: UserId, parameters: KdfParameters) -> Result<Decoy<'_>, VerifierError> {
        let key = self.names.decoys.tag(user.as_bytes());
        let sets = draw_sets(&KeyedEntropy::new(&key, SETS))?;
        Ok(Decoy { branch: self, parameters, key: SecretKey::new(key), sets })
    }
}

/// What a user who does not exist could be asked for. Verifiers are made as they are asked for: every request makes one.
#[derive(Debug)]
pub struct Decoy<'a> {
    branch: &'a BranchKey,
    parameters: KdfParameters,
    key: SecretKey,
    sets: AskableSets,
}

impl Decoy<'_> {
    /// The verifier of the set that the user is asked for, given [`BranchKey::selector`].
    ///
    /// # Errors
    /// None in practice, as [`BranchKey::decoy`].
    pub fn asked(&self, selector: [u8; 16]) -> Result<StoredVerifier, VerifierError> {
        self.verifier(AskableSets::position(selector, self.sets.as_slice().len()))
    }

    /// All of them, as an enrollment holds them.
    ///
    /// # Errors
    /// None in practice, as [`BranchKey::decoy`].
    pub fn verifiers(&self) -> Result<Verifiers, VerifierError> {
        let verifiers = (0..self.sets.as_slice().len()).map(|position| self.verifier(position));
        Verifiers::new(verifiers.collect::<Result<_, _>>()?).ok_or(VerifierError::MissingFactor)
    }

    /// Each has entropy of its own, so that it is the same whether or not others are made.
    fn verifier(&self, position: usize) -> Result<StoredVerifier, VerifierError> {
        let set = *self.sets.as_slice().get(position).ok_or(VerifierError::MissingFactor)?;
        let source = KeyedEntropy::new(self.key.as_bytes(), position);
        let entropy: &dyn Entropy = &source;
        let recipe = Recipe { set, parameters: self.parameters, salt: Salt::draw(entropy)? };
        Ok(self.branch.decoy_verifier(recipe, entropy.array()?))
    }
}

/// Draws factors until they can be enrolled, then their askable sets.
fn draw_sets(entropy: &dyn Entropy) -> Result<AskableSets, EntropyUnavailable> {
    loop {
        let factors = draw_factors(entropy)?;
        if enrollable(factors).is_ok()
            && let Some(sets) = AskableSets::draw(factors, entropy)?
        {
            return Ok(sets);
        }
    }
}

/// 2 to 5 distinct types.
fn draw_factors(entropy: &dyn Entropy) -> Result<FactorSet, EntropyUnavailable> {
    let count = 2 + entropy.below(4)? as usize;
    let mut types = PLAUSIBLE_TYPES;
    for position in 0..count {
        let remaining = u32::try_from(types.len() - position).unwrap_or(1);
        types.swap(position, position + entropy.below(remaining)? as usize);
    }
    Ok(FactorSet::of(types.into_iter().take(count)).unwrap_or_default())
}

/// A stream of HMAC values under one key: the same bytes in the same order every time.
struct KeyedEntropy {
    blocks: Mac,
    stream: usize,
    next: Mutex<Next>,
}

/// Where a stream is.
#[derive(Default)]
struct Next {
    number: u64,
    block: [u8; 32],
    unread: usize,
}

impl KeyedEntropy {
    fn new(key: &[u8; 32], stream: usize) -> Self {
        Self { blocks: Mac::new(SecretKey::new(*key)), stream, next: Mutex::default() }
    }

    fn block(&self, number: u64) -> [u8; 32] {
        let place = Canonical::new("block").field((self.stream as u64).to_be_bytes()).field(number.to_be_bytes());
        self.blocks.tag(place.as_bytes())
    }
}

impl Entropy for KeyedEntropy {
    fn fill(&self, mut bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        while !bytes.is_empty() {
            if next.unread == 0 {
                *next = Next { number: next.number + 1, block: self.block(next.number), unread: 32 };
            }
            let taken = next.unread.min(bytes.len());
            let (target, rest) = std::mem::take(&mut bytes).split_at_mut(taken);
            let unread = next.block.iter().skip(32 - next.unread);
            target.iter_mut().zip(unread).for_each(|(target, byte)| *target = *byte);
            next.unread -= taken;
            bytes = rest;
        }
        Ok(())
    }
}

impl fmt::Debug for KeyedEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedEntropy(…)")
    }
}

/// The stream that sets are drawn from. Those below are their verifiers'.
const SETS: usize = usize::MAX;

/// Not [`FactorType::ALL`]: a type that is added there must not change the decoys that were shown before.
const PLAUSIBLE_TYPES: [FactorType; 11] = [
    FactorType::Pin,
    FactorType::Pattern,
    FactorType::Colour,
    FactorType::Emoji,
    FactorType::Words,
    FactorType::ImageTap,
    FactorType::Nfc,
    FactorType::DeviceSecret,
    FactorType::Fingerprint,
    FactorType::Face,
    FactorType::Voice,
];
