//! Decoys: what stands in for a user who does not exist.
//!
//! - The same tenant and user always get the same decoy, so that asking twice shows nothing.
//! - A decoy's askable sets are drawn like a real user's, from 2 to 5 plausible factors.
//! - Its verifiers cost the same derivation and match nothing.
//!
//! A decoy depends on the branch key's version: take it from the tenant's first version, or a rotation would change the sets
//! of all users who do not exist, and of nobody else.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::{AskableSets, Entropy, EntropyUnavailable, FactorSet, FactorType, UserId, enrollable};

use crate::canonical::Canonical;
use crate::derive::Mac;
use crate::verifier::Recipe;
use crate::{BranchKey, KdfParameters, Salt, SecretKey, VerifierError, Verifiers};

impl BranchKey {
    /// The verifiers of a user who does not exist, at the cost that new users' verifiers have.
    ///
    /// # Errors
    /// None in practice; [`VerifierError`] because drawing may fail with other sources.
    pub fn decoy(&self, user: UserId, parameters: KdfParameters) -> Result<Verifiers, VerifierError> {
        let source = KeyedEntropy::new(SecretKey::new(self.decoys.tag(user.as_bytes())));
        let entropy: &dyn Entropy = &source;
        let verifiers = draw_sets(entropy)?
            .as_slice()
            .iter()
            .map(|set| {
                let recipe = Recipe { set: *set, parameters, salt: Salt::draw(entropy)? };
                Ok(self.decoy_verifier(recipe, entropy.array()?))
            })
            .collect::<Result<_, EntropyUnavailable>>()?;
        Verifiers::new(verifiers).ok_or(VerifierError::MissingFactor)
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
#[derive(Debug)]
struct KeyedEntropy {
    blocks: Mac,
    next_block: AtomicU64,
}

impl KeyedEntropy {
    const fn new(key: SecretKey) -> Self {
        Self { blocks: Mac::new(key), next_block: AtomicU64::new(0) }
    }
}

impl Entropy for KeyedEntropy {
    /// Every call begins a new block, so that what one draw leaves over never shifts the next.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        for chunk in bytes.chunks_mut(32) {
            let number = self.next_block.fetch_add(1, Ordering::Relaxed);
            let block = self.blocks.tag(Canonical::new("block").field(number.to_be_bytes()).as_bytes());
            chunk.iter_mut().zip(block).for_each(|(target, byte)| *target = byte);
        }
        Ok(())
    }
}

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
