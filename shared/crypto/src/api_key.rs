//! API keys: `csk_test_…` and `csk_live_…`.

use std::fmt;

use domain::{ApiKeyMode, Entropy, EntropyUnavailable, SecretHash};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::opaque_secret::{MalformedSecret, hash, read, write};

/// A tenant's key to the API: 256 random bits. Found by its hash, so it carries nothing else.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ApiKey {
    #[zeroize(skip)]
    mode: ApiKeyMode,
    text: Zeroizing<String>,
}

impl ApiKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn generate(mode: ApiKeyMode, entropy: &dyn Entropy) -> Result<Self, EntropyUnavailable> {
        let body = Zeroizing::new(entropy.array::<32>()?);
        Ok(Self { mode, text: write(prefix(mode), body.as_slice()) })
    }

    /// Takes over what a caller presented. Whether the key exists is for its hash to tell.
    ///
    /// # Errors
    /// [`MalformedSecret`] if it can't have come from [`ApiKey::generate`].
    pub fn parse(unverified_text: &str) -> Result<Self, MalformedSecret> {
        let mode = ApiKeyMode::ALL
            .into_iter()
            .find(|mode| unverified_text.starts_with(prefix(*mode)))
            .ok_or(MalformedSecret)?;
        read::<32>(prefix(mode), unverified_text)?;
        Ok(Self { mode, text: Zeroizing::new(unverified_text.to_owned()) })
    }

    /// Whether it is for tests or for real.
    #[must_use]
    pub const fn mode(&self) -> ApiKeyMode {
        self.mode
    }

    /// What is stored of it and what it is found by.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        hash("countersign/api-key/v1", &self.text)
    }

    /// The text, to hand it to its owner once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}…)", prefix(self.mode))
    }
}

const fn prefix(mode: ApiKeyMode) -> &'static str {
    match mode {
        ApiKeyMode::Test => "csk_test_",
        ApiKeyMode::Live => "csk_live_",
    }
}

#[cfg(test)]
mod tests {
    use testkit::SeededEntropy;

    use super::*;

    #[test]
    fn a_key_is_recognised_by_its_hash() {
        let key = ApiKey::generate(ApiKeyMode::Test, &SeededEntropy::new(1)).unwrap();

        let presented = ApiKey::parse(key.expose()).unwrap();

        assert!(key.expose().starts_with("csk_test_"));
        assert_eq!((presented.hash(), presented.mode()), (key.hash(), ApiKeyMode::Test));
    }

    #[test]
    fn a_test_key_cannot_pose_as_a_live_one() {
        let key = ApiKey::generate(ApiKeyMode::Test, &SeededEntropy::new(1)).unwrap();

        let posing = key.expose().replace("csk_test_", "csk_live_");

        assert!(ApiKey::parse(&posing).is_err());
    }

    #[test]
    fn a_key_does_not_print() {
        let key = ApiKey::generate(ApiKeyMode::Live, &SeededEntropy::new(1)).unwrap();

        assert_eq!(format!("{key:?}"), "ApiKey(csk_live_…)");
    }
}
