//! Key derivation functions with a work factor, and their parameters.
//!
//! | name | parameters | source |
//! |---|---|---|
//! | `argon2id` | 19 MiB, 2 passes, 1 lane | OWASP Password Storage Cheat Sheet; RFC 9106 |
//! | `pbkdf2-sha256-600000` | 600,000 iterations | OWASP for FIPS-140; NIST SP 800-132 |
//! | `pbkdf2-sha256-100000` | 100,000 iterations | the systems that this one replaces, for comparison |

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::pbkdf2;
use domain::{Entropy, EntropyUnavailable};
use zeroize::Zeroizing;

/// A function and its cost. Only costs within bounds exist: not so cheap that the verifiers are worth stealing, not so
/// dear that one record can occupy the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParameters(Function);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Argon2id { memory_kib: u32, iterations: u8, parallelism: u8 },
    Pbkdf2Sha256 { iterations: NonZeroU32 },
}

impl KdfParameters {
    /// The default: Argon2id with 19 MiB, 2 passes, 1 lane.
    pub const ARGON2ID: Self = Self(Function::Argon2id { memory_kib: 19_456, iterations: 2, parallelism: 1 });
    /// PBKDF2-HMAC-SHA256 with 600,000 iterations, for the FIPS profile.
    pub const PBKDF2_600K: Self = Self::pbkdf2(600_000);
    /// PBKDF2-HMAC-SHA256 with 100,000 iterations, for comparison.
    pub const PBKDF2_100K: Self = Self::pbkdf2(100_000);
    /// One iteration of PBKDF2: no protection at all, for tests that compare thousands of times.
    #[cfg(any(test, feature = "cheap-kdf"))]
    #[doc(hidden)]
    pub const CHEAP: Self = Self::pbkdf2(1);

    pub(crate) const fn pbkdf2(iterations: u32) -> Self {
        let iterations = match NonZeroU32::new(iterations) {
            Some(iterations) => iterations,
            None => NonZeroU32::MIN,
        };
        Self(Function::Pbkdf2Sha256 { iterations })
    }

    /// The parameters that configuration calls by this name.
    ///
    /// # Errors
    /// [`UnknownKdf`] for a name that is not in the table above.
    pub fn from_name(name: &str) -> Result<Self, UnknownKdf> {
        NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, parameters)| parameters).ok_or(UnknownKdf)
    }

    /// PBKDF2-HMAC-SHA256 as another system used it.
    pub(crate) fn imported_pbkdf2(iterations: u32) -> Result<Self, OutOfBounds> {
        match iterations {
            ..MIN_PBKDF2_ITERATIONS => Err(OutOfBounds::TooWeak),
            MIN_PBKDF2_ITERATIONS..=MAX_IMPORTED_ITERATIONS => Ok(Self::pbkdf2(iterations)),
            _ => Err(OutOfBounds::TooExpensive),
        }
    }

    /// Argon2id as another system used it.
    pub(crate) fn imported_argon2id(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, OutOfBounds> {
        if memory_kib < *ARGON2_MEMORY_KIB.start() || passes == 0 || lanes == 0 {
            return Err(OutOfBounds::TooWeak);
        }
        match (u8::try_from(passes), u8::try_from(lanes)) {
            (Ok(iterations @ ..=MAX_PASSES), Ok(parallelism @ ..=MAX_LANES))
                if memory_kib <= MAX_IMPORTED_MEMORY_KIB && memory_kib * passes <= MAX_IMPORTED_KIB_PASSES =>
            {
                Ok(Self(Function::Argon2id { memory_kib, iterations, parallelism }))
            }
            _ => Err(OutOfBounds::TooExpensive),
        }
    }

    /// How many turns at the pool an imported derivation takes: as many derivations as would take its time, of those that configuration
    /// can choose.
    pub(crate) fn turns(self) -> u8 {
        let turns = match self.0 {
            Function::Argon2id { memory_kib, iterations, .. } => {
                memory_kib.saturating_mul(u32::from(iterations)).div_ceil(DEFAULT_KIB_PASSES)
            }
            Function::Pbkdf2Sha256 { iterations } => iterations.get().div_ceil(600_000),
        };
        u8::try_from(turns).unwrap_or(u8::MAX)
    }

    /// Seven bytes: the function's number, then its costs.
    pub(crate) fn to_bytes(self) -> [u8; Self::LENGTH] {
        let (function, cost, passes, lanes) = match self.0 {
            Function::Argon2id { memory_kib, iterations, parallelism } => (1, memory_kib, iterations, parallelism),
            Function::Pbkdf2Sha256 { iterations } => (2, iterations.get(), 0, 0),
        };
        let [a, b, c, d] = cost.to_be_bytes();
        [function, a, b, c, d, passes, lanes]
    }

    /// Reads the seven bytes back; `None` for an unknown function or a cost out of bounds.
    pub(crate) fn from_bytes([function, a, b, c, d, passes, lanes]: [u8; Self::LENGTH]) -> Option<Self> {
        let cost = u32::from_be_bytes([a, b, c, d]);
        match (function, passes, lanes) {
            (1, 1..=MAX_PASSES, 1..=MAX_LANES) if ARGON2_MEMORY_KIB.contains(&cost) => {
                Some(Self(Function::Argon2id { memory_kib: cost, iterations: passes, parallelism: lanes }))
            }
            (2, 0, 0) if (MIN_PBKDF2_ITERATIONS..=MAX_PBKDF2_ITERATIONS).contains(&cost) => Some(Self::pbkdf2(cost)),
            _ => None,
        }
    }

    /// Stretches a secret. Takes tens to hundreds of milliseconds; on the pool only.
    pub(crate) fn derive(self, salt: &[u8], secret: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let mut output = Zeroizing::new([0; 32]);
        match self.0 {
            Function::Argon2id { memory_kib, iterations, parallelism } => {
                let parameters =
                    Params::new(memory_kib, u32::from(iterations), u32::from(parallelism), Some(32)).ok()?;
                Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
                    .hash_password_into(secret, salt, output.as_mut_slice())
                    .ok()?;
            }
            Function::Pbkdf2Sha256 { iterations } => {
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, secret, output.as_mut_slice());
            }
        }
        Some(output)
    }

    /// How many bytes [`KdfParameters::to_bytes`] gives, whatever the function.
    pub(crate) const LENGTH: usize = 7;
}

impl Default for KdfParameters {
    fn default() -> Self {
        Self::ARGON2ID
    }
}

/// The name is not that of a key derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of argon2id, pbkdf2-sha256-600000, pbkdf2-sha256-100000")]
pub struct UnknownKdf;

/// The cost is not one that a verifier may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutOfBounds {
    TooWeak,
    TooExpensive,
}

/// 16 random bytes per verifier (NIST SP 800-63B-4 §3.1.1.2 asks for at least 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 16]);

impl Salt {
    /// Wraps a stored or derived salt.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A fresh salt.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyUnavailable> {
        entropy.array().map(Self)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

const NAMED: [(&str, KdfParameters); 3] = [
    ("argon2id", KdfParameters::ARGON2ID),
    ("pbkdf2-sha256-600000", KdfParameters::PBKDF2_600K),
    ("pbkdf2-sha256-100000", KdfParameters::PBKDF2_100K),
];

/// From OWASP's smallest Argon2id profile (7 MiB) to 256 MiB.
const ARGON2_MEMORY_KIB: std::ops::RangeInclusive<u32> = 7_168..=262_144;
const MAX_PASSES: u8 = 16;
const MAX_LANES: u8 = 4;
#[cfg(not(any(test, feature = "cheap-kdf")))]
const MIN_PBKDF2_ITERATIONS: u32 = 100_000;
#[cfg(any(test, feature = "cheap-kdf"))]
const MIN_PBKDF2_ITERATIONS: u32 = 1;
const MAX_PBKDF2_ITERATIONS: u32 = 10_000_000;

/// A verification of imported verifiers runs up to three imported derivations before the joint one, within what `verify` has for all. So they
/// are bounded more tightly than stored ones: by RFC 9106 §4's second recommendation, 64 MiB and 3 passes, and by the million iterations
/// that common frameworks have reached; either takes a processor a tenth of a second.
const MAX_IMPORTED_MEMORY_KIB: u32 = 65_536;
const MAX_IMPORTED_KIB_PASSES: u32 = 3 * 65_536;
const MAX_IMPORTED_ITERATIONS: u32 = 1_000_000;
/// Of [`KdfParameters::ARGON2ID`].
const DEFAULT_KIB_PASSES: u32 = 2 * 19_456;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_survive_their_bytes() {
        for (name, parameters) in NAMED {
            assert_eq!(KdfParameters::from_name(name), Ok(parameters));
            assert_eq!(KdfParameters::from_bytes(parameters.to_bytes()), Some(parameters));
        }
        assert_eq!(KdfParameters::from_name("scrypt"), Err(UnknownKdf));
    }

    #[test]
    fn the_bytes_are_stable() {
        assert_eq!(KdfParameters::ARGON2ID.to_bytes(), [1, 0, 0, 0x4c, 0, 2, 1]);
        assert_eq!(KdfParameters::PBKDF2_600K.to_bytes(), [2, 0, 9, 0x27, 0xc0, 0, 0]);
    }

    #[test]
    fn import_what_is_weak_or_expensive_is_refused() {
        let argon2id = KdfParameters::imported_argon2id;
        for refused in [argon2id(7_167, 5, 1), argon2id(19_456, 0, 1), argon2id(19_456, 2, 0)] {
            assert_eq!(refused, Err(OutOfBounds::TooWeak));
        }
        for refused in [
            argon2id(65_537, 1, 1),
            argon2id(65_536, 4, 1),
            argon2id(7_168, 17, 1),
            argon2id(19_456, 2, 5),
            argon2id(u32::MAX, u32::MAX, u32::MAX),
            KdfParameters::imported_pbkdf2(1_000_001),
        ] {
            assert_eq!(refused, Err(OutOfBounds::TooExpensive));
        }
        assert_eq!(KdfParameters::imported_pbkdf2(0), Err(OutOfBounds::TooWeak));
    }

    #[test]
    fn import_what_is_accepted_can_be_stored_and_takes_turns_by_its_cost() {
        for (accepted, turns) in [
            (KdfParameters::imported_argon2id(19_456, 2, 1), 1),
            (KdfParameters::imported_argon2id(7_168, 5, 1), 1),
            (KdfParameters::imported_argon2id(47_104, 1, 1), 2),
            (KdfParameters::imported_argon2id(65_536, 3, 4), 6),
            (KdfParameters::imported_pbkdf2(100_000), 1),
            (KdfParameters::imported_pbkdf2(600_000), 1),
            (KdfParameters::imported_pbkdf2(1_000_000), 2),
        ] {
            let accepted = accepted.unwrap();
            assert_eq!(KdfParameters::from_bytes(accepted.to_bytes()), Some(accepted));
            assert_eq!(accepted.turns(), turns, "{accepted:?}");
        }
    }

    #[test]
    fn absurd_parameters_are_refused() {
        let absurd = [
            [0, 0, 0, 0x4c, 0, 2, 1],
            [3, 0, 0, 0x4c, 0, 2, 1],
            [1, 0xff, 0, 0x4c, 0, 2, 1],
            [1, 0, 0, 0, 8, 2, 1],
            [1, 0, 0, 0x4c, 0, 0, 1],
            [1, 0, 0, 0x4c, 0, 17, 1],
            [1, 0, 0, 0x4c, 0, 2, 0],
            [1, 0, 0, 0x4c, 0, 2, 5],
            [2, 0, 0, 0, 0, 0, 0],
            [2, 0xff, 0, 0, 0, 0, 0],
            [2, 0, 9, 0x27, 0xc0, 1, 0],
        ];

        for bytes in absurd {
            assert_eq!(KdfParameters::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
