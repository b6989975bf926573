//! Refresh tokens: `csr_…`, with the user and the session inside, so that one read finds the session.
//!
//! ```text
//! user 16 ‖ session 16 ‖ family secret 16 ‖ own secret 16
//!                        └ all tokens of the session have it   └ new with each refresh
//! ```
//!
//! So whoever presents a token with the family's secret holds, or held, a token of the session; if it is not the current one, it
//! was used before. Somebody who knows no more than the ids can't pretend to.

use std::fmt;

use domain::{Entropy, EntropyUnavailable, IdempotencyKey, SecretHash, SessionId, UserId};
use uuid::Uuid;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::BranchKey;
use crate::canonical::Canonical;
use crate::opaque_secret::{MalformedSecret, hash, hash_bytes, read, write};

/// A refresh token of a session: it works once.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RefreshToken {
    #[zeroize(skip)]
    user: UserId,
    #[zeroize(skip)]
    session: SessionId,
    family: Zeroizing<[u8; HALF]>,
    text: Zeroizing<String>,
}

impl RefreshToken {
    /// The first token of a new family.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] if the source fails.
    pub fn generate(user: UserId, session: SessionId, entropy: &dyn Entropy) -> Result<Self, EntropyUnavailable> {
        let secret = Zeroizing::new(entropy.array::<32>()?);
        Ok(Self::with_secret(user, session, &secret))
    }

    /// The token of the session with this secret: first the family's, then its own.
    pub(crate) fn with_secret(user: UserId, session: SessionId, secret: &[u8; 32]) -> Self {
        let [family, own] = halves(secret);
        Self::with_halves(user, session, &family, &own)
    }

    fn with_halves(user: UserId, session: SessionId, family: &Half, own: &Half) -> Self {
        let parts = [user.as_bytes().as_slice(), session.as_bytes(), family.as_slice(), own.as_slice()];
        let body = Zeroizing::new(parts.concat());
        Self { user, session, family: family.clone(), text: write(PREFIX, &body) }
    }

    /// Takes over what a caller presented. User and session are the caller's words until the session's stored hashes are found
    /// equal to [`RefreshToken::family`] or [`RefreshToken::hash`].
    ///
    /// # Errors
    /// [`MalformedSecret`] if it can't have come from [`RefreshToken::generate`].
    pub fn parse(unverified_text: &str) -> Result<Self, MalformedSecret> {
        let body = read::<64>(PREFIX, unverified_text)?;
        let (user, rest) = body.split_first_chunk::<16>().ok_or(MalformedSecret)?;
        let (session, rest) = rest.split_first_chunk::<16>().ok_or(MalformedSecret)?;
        let (family, _own) = rest.split_first_chunk::<HALF>().ok_or(MalformedSecret)?;
        Ok(Self {
            user: UserId::new(Uuid::from_bytes(*user)),
            session: SessionId::new(Uuid::from_bytes(*session)),
            family: Zeroizing::new(*family),
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

    /// What is stored of the family: every token of the session has it.
    #[must_use]
    pub fn family(&self) -> SecretHash {
        let parts = [self.user.as_bytes().as_slice(), self.session.as_bytes(), self.family.as_slice()];
        hash_bytes("countersign/refresh-family/v1", &Zeroizing::new(parts.concat()))
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

impl BranchKey {
    /// The token that this one is exchanged for by the request of this idempotency key. Every execution of the request gives the
    /// same, so that a retry of one that died halfway is no reuse: also under another version of the key, for which it is derived from
    /// the first.
    ///
    /// Its own secret depends on the presented token's, which is stored nowhere. So this key alone does not foretell it.
    #[must_use]
    pub fn refreshed(&self, presented: &RefreshToken, request: &IdempotencyKey) -> RefreshToken {
        let message = Canonical::new("refreshed").field(request.as_bytes()).field(presented.text.as_bytes());
        let secret = Zeroizing::new(self.names.refreshed.tag(message.as_bytes()));
        let [own, _] = halves(&secret);
        RefreshToken::with_halves(presented.user, presented.session, &presented.family, &own)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken(session {}, …)", self.session)
    }
}

/// 128 random bits: nobody finds them by trying (RFC 6749 §10.10 asks for at most 2⁻¹²⁸ for a guess).
const HALF: usize = 16;

type Half = Zeroizing<[u8; HALF]>;

fn halves(secret: &[u8; 2 * HALF]) -> [Half; 2] {
    let mut halves = [Zeroizing::new([0; HALF]), Zeroizing::new([0; HALF])];
    for (half, bytes) in halves.iter_mut().zip(secret.chunks_exact(HALF)) {
        half.copy_from_slice(bytes);
    }
    halves
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
        assert_eq!(presented.family(), token.family());
    }

    #[test]
    fn two_families_differ() {
        let (user, session) = (UserId::from_keyed_bytes([1; 16]), SessionId::from_keyed_bytes([2; 16]));
        let entropy = SeededEntropy::new(1);

        let first = RefreshToken::generate(user, session, &entropy).unwrap();
        let second = RefreshToken::generate(user, session, &entropy).unwrap();

        assert_ne!(first.hash(), second.hash());
        assert_ne!(first.family(), second.family());
    }

    #[test]
    fn a_token_does_not_print() {
        let session = SessionId::from_keyed_bytes([2; 16]);
        let token = RefreshToken::generate(UserId::from_keyed_bytes([1; 16]), session, &SeededEntropy::new(1)).unwrap();

        assert_eq!(format!("{token:?}"), format!("RefreshToken(session {session}, …)"));
    }
}
