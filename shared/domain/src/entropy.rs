//! Randomness as a parameter.

use std::fmt;

/// A source of bytes that nobody can predict. Production draws from the operating system; tests from a seed.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails; the caller answers 503, never with weaker bytes.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable>;
}

impl dyn Entropy + '_ {
    /// An array of random bytes.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn array<const N: usize>(&self) -> Result<[u8; N], EntropyUnavailable> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A number below `bound`, each equally likely (rejection sampling). A bound of zero gives zero.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn below(&self, bound: u32) -> Result<u32, EntropyUnavailable> {
        if bound < 2 {
            return Ok(0);
        }
        let largest_fair = u32::MAX - (u32::MAX % bound);
        loop {
            let drawn = u32::from_be_bytes(self.array()?);
            if drawn < largest_fair {
                return Ok(drawn % bound);
            }
        }
    }
}

/// The source of randomness failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct EntropyUnavailable;
