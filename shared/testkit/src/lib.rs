//! What tests share: a clock that stands still, entropy from a seed, builders. Only ever a dev-dependency.

mod clock;
mod entropy;

pub use clock::FixedClock;
pub use entropy::SeededEntropy;
