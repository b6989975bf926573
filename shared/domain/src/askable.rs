//! Askable sets: the combinations of a user's factors that a verification may ask for.
//!
//! - A set holds 2 or 3 factors over at least 2 categories (PSD2 RTS 2018/389 Art. 4: two or more independent elements).
//! - Of all such sets of a user, at most 16 are kept, drawn without replacement, each sample equally likely.
//! - Which of them is asked depends on a keyed function of tenant, user and window, never on attempts or failures.

use crate::{Entropy, EntropyUnavailable, FactorSet, FactorType};

/// How many askable sets an enrollment keeps at most: the KDF runs once for each at enrollment, and the sealed sets must
/// fit one DynamoDB item of at most 4 KB (one read unit).
pub const MAX_ASKABLE_SETS: usize = 16;

/// The askable sets of one user; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskableSets(Vec<FactorSet>);

impl AskableSets {
    /// Draws the sets for these factors. `None` if no set qualifies (fewer than two categories).
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn draw(factors: FactorSet, entropy: &dyn Entropy) -> Result<Option<Self>, EntropyUnavailable> {
        let mut candidates = qualifying_sets(factors);
        let kept = candidates.len().min(MAX_ASKABLE_SETS);
        for position in 0..kept {
            let remaining = u32::try_from(candidates.len() - position).unwrap_or(u32::MAX);
            let offset = entropy.below(remaining)? as usize;
            candidates.swap(position, position + offset);
        }
        candidates.truncate(kept);
        Ok(if candidates.is_empty() { None } else { Some(Self(candidates)) })
    }

    /// How many sets are drawn of these factors.
    #[must_use]
    pub fn count(factors: FactorSet) -> usize {
        qualifying_sets(factors).len().min(MAX_ASKABLE_SETS)
    }

    /// The sets, in the order drawn.
    #[must_use]
    pub fn as_slice(&self) -> &[FactorSet] {
        &self.0
    }

    /// Which of `count` sets is asked for, given 16 bytes of the keyed function. The bias of the remainder is below
    /// 2⁻¹²⁰. Zero sets give position 0.
    #[must_use]
    pub fn position(selector: [u8; 16], count: usize) -> usize {
        let count = count.max(1) as u128;
        usize::try_from(u128::from_be_bytes(selector) % count).unwrap_or(0)
    }
}

/// All sets of 2 or 3 of these factors over at least 2 categories.
fn qualifying_sets(factors: FactorSet) -> Vec<FactorSet> {
    let types: Vec<FactorType> = factors.iter().collect();
    let pairs = types
        .iter()
        .enumerate()
        .flat_map(|(position, first)| types.iter().skip(position + 1).map(move |second| vec![*first, *second]));
    let triples = types.iter().enumerate().flat_map(|(position, first)| {
        types.iter().enumerate().skip(position + 1).flat_map({
            let types = &types;
            move |(next, second)| types.iter().skip(next + 1).map(move |third| vec![*first, *second, *third])
        })
    });
    pairs.chain(triples).filter_map(|chosen| FactorSet::of(chosen).ok()).filter(|set| set.categories() >= 2).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Counts upwards: not random, but different every time.
    #[derive(Debug, Default)]
    struct Counting(AtomicU32);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
            for byte in bytes {
                *byte = u8::try_from(self.0.fetch_add(41, Ordering::Relaxed) % 251).unwrap();
            }
            Ok(())
        }
    }

    #[test]
    fn every_set_has_two_or_three_factors_of_two_categories() {
        let all = FactorSet::of(FactorType::ALL).unwrap();

        let sets = AskableSets::draw(all, &Counting::default()).unwrap().unwrap();

        assert_eq!(sets.as_slice().len(), MAX_ASKABLE_SETS);
        let mut distinct = sets.as_slice().to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), MAX_ASKABLE_SETS);
        assert!(sets.as_slice().iter().all(|set| (2..=3).contains(&set.len()) && set.categories() >= 2));
    }

    #[test]
    fn as_many_sets_are_counted_as_are_drawn() {
        for choice in 0..1_u32 << FactorType::ALL.len() {
            let chosen = FactorType::ALL.into_iter().enumerate().filter(|(position, _)| choice >> position & 1 == 1);
            let factors = FactorSet::of(chosen.map(|(_, factor)| factor)).unwrap();

            let drawn = AskableSets::draw(factors, &Counting::default()).unwrap();

            assert_eq!(AskableSets::count(factors), drawn.map_or(0, |sets| sets.as_slice().len()), "{factors}");
        }
    }

    #[test]
    fn two_factors_of_two_categories_give_one_set() {
        let factors = FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap();

        let sets = AskableSets::draw(factors, &Counting::default()).unwrap().unwrap();

        assert_eq!(sets.as_slice(), [factors]);
    }

    #[test]
    fn one_category_gives_no_set() {
        let factors = FactorSet::of([FactorType::Pin, FactorType::Words, FactorType::Emoji]).unwrap();

        assert_eq!(AskableSets::draw(factors, &Counting::default()).unwrap(), None);
    }
}
