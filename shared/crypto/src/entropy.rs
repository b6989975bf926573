//! Randomness from the operating system.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use domain::{Entropy, EntropyUnavailable};

/// The random generator of aws-lc, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        SystemRandom::new().fill(bytes).map_err(|_| EntropyUnavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        let entropy: &dyn Entropy = &OsEntropy;

        let (first, second) = (entropy.array::<32>().unwrap(), entropy.array::<32>().unwrap());

        assert_ne!(first, second);
    }
}
