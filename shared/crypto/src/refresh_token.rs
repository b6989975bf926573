//! Refresh tokens: `csr_…`, with the user and the session inside, so that one read finds the session.

use std::fmt;

use domain::{Entropy, EntropyUnavailable, SecretHash, SessionId, UserId};
use uuid::Uuid;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::opaque_secret::{MalformedSecret, hash, read, write};

/// A session's refresh token: user ‖ session ‖ a secret of 256 bits.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RefreshToken {
    #[zeroize(skip)]
    user: UserId,
    #[zeroize(skip)]
    session: SessionId,
    text: Zeroizing<String>,
}

impl RefreshToken {
    /// A fresh token of the session.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn generate(user: UserId, session: SessionId, entropy: &dyn Entropy) -> Result<Self, EntropyUnavailable> {
        let secret = Zeroizing::new(entropy.array::<32>()?);
        Ok(Self::with_secret(user, session, &secret))
    }

    /// The token of the session with this secret.
    pub(crate) fn with_secret(user: UserId, session: SessionId, secret: &[u8; 32]) -> Self {
        let body = Zeroizing::new([user.as_bytes().as_slice(), session.as_bytes(), secret].concat());
        Self { user, session, text: write(PREFIX, &body) }
    }

    /// Takes over what a caller presented. User and session are the caller's words until the session's stored hash is
    /// found equal to [`RefreshToken::hash`].
    ///
    /// # Errors
    /// [`MalformedSecret`] if it can't have come from [`RefreshToken::generate`].
    pub fn parse(unverified_text: &str) -> Result<Self, MalformedSecret> {
        let body = read::<64>(PREFIX, unverified_text)?;
        let (user, rest) = body.split_first_chunk::<16>().ok_or(MalformedSecret)?;
        let (session, _secret) = rest.split_first_chunk::<16>().ok_or(MalformedSecret)?;
        Ok(Self {
            user: UserId::new(Uuid::from_bytes(*user)),
            session: SessionId::new(Uuid::from_bytes(*session)),
            text: Zeroizing::new(unverified_text.to_owned()),
        })
    }

    /// The user that the token names.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The session that the token names.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        hash("countersign/refresh-token/v1", &self.text)
    }

    /// The text, to hand it to its owner once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken(session {}, …)", self.session)
    }
}

const PREFIX: &str = "csr_";

#[cfg(test)]
mod tests {
    use testkit::SeededEntropy;

    use super::*;

    #[test]
    fn a_token_names_its_session_and_is_recognised_by_its_hash() {
        let (user, session) = (UserId::from_keyed_bytes([1; 16]), SessionId::from_keyed_bytes([2; 16]));
        let token = RefreshToken::generate(user, session, &SeededEntropy::new(1)).unwrap();

        let presented = RefreshToken::parse(token.expose()).unwrap();

        assert!(token.expose().starts_with("csr_"));
        assert_eq!((presented.user(), presented.session(), presented.hash()), (user, session, token.hash()));
    }

    #[test]
    fn two_tokens_of_a_session_differ() {
        let (user, session) = (UserId::from_keyed_bytes([1; 16]), SessionId::from_keyed_bytes([2; 16]));
        let entropy = SeededEntropy::new(1);

        let first = RefreshToken::generate(user, session, &entropy).unwrap();
        let second = RefreshToken::generate(user, session, &entropy).unwrap();

        assert_ne!(first.hash(), second.hash());
    }

    #[test]
    fn a_token_does_not_print() {
        let session = SessionId::from_keyed_bytes([2; 16]);
        let token = RefreshToken::generate(UserId::from_keyed_bytes([1; 16]), session, &SeededEntropy::new(1)).unwrap();

        assert_eq!(format!("{token:?}"), format!("RefreshToken(session {session}, …)"));
    }
}
