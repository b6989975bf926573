//! Random numbers for load: fast and repeatable, never for a secret.

use std::hash::{BuildHasher, Hasher, RandomState};

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The same numbers for the same seed.
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Numbers that no other process and no other call gets.
    pub(crate) fn fresh() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }

    /// The next number.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound, each as likely as the others but for one part in 2^64 of the bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// As many bytes as fit.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.next().to_le_bytes();
            for (byte, drawn) in chunk.iter_mut().zip(drawn) {
                *byte = drawn;
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = Random::seeded(1_234_567);

        let drawn = [random.next(), random.next(), random.next()];

        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn a_number_below_a_bound_reaches_both_its_ends() {
        let mut random = Random::seeded(7);

        let drawn: Vec<u64> = (0..1_000).map(|_| random.below(3)).collect();

        for number in 0..3 {
            let share = drawn.iter().filter(|drawn| **drawn == number).count();
            assert!((250..420).contains(&share), "{number}: {share} of 1,000");
        }
    }

    #[test]
    fn generators_without_a_seed_differ() {
        assert_ne!(Random::fresh().next(), Random::fresh().next());
    }
}
