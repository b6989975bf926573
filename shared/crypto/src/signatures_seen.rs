//! What a key remembers of the signatures that it has verified.
//!
//! A token is presented many times in its fifteen minutes, and verifying its signature is four fifths of judging it
//! (docs/PROFILE.md). Only genuine signatures are remembered, so that nobody without one makes room for himself here, and only that
//! they are genuine: whether the token counts now is decided each time.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;

use crate::derive::sha256;

/// The latest genuine signatures, by the SHA-256 of what is signed and of the signature.
pub(crate) struct SignaturesSeen(Mutex<LruCache<[u8; 32], ()>>);

impl SignaturesSeen {
    /// Whether the signature is remembered, or else genuine.
    pub(crate) fn recognise(&self, message: &[u8], signature: &[u8; 64], is_genuine: impl FnOnce() -> bool) -> bool {
        // The signature has one length only, so that no other message and signature have the same text together.
        let digest = sha256(&[message, signature]);
        if self.with(|seen| seen.get(&digest).is_some()) {
            return true;
        }
        let is_genuine = is_genuine();
        if is_genuine {
            self.with(|seen| seen.put(digest, ()));
        }
        is_genuine
    }

    /// Each use is one call of the cache, which leaves it whole even if it panics.
    fn with<T>(&self, use_it: impl FnOnce(&mut LruCache<[u8; 32], ()>) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for SignaturesSeen {
    fn default() -> Self {
        Self(Mutex::new(LruCache::sparse(MOST)))
    }
}

impl fmt::Debug for SignaturesSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignaturesSeen").finish_non_exhaustive()
    }
}

/// About 100 bytes each: a megabyte.
const MOST: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_genuine_signature_is_verified_once() {
        let seen = SignaturesSeen::default();

        let first = seen.recognise(b"message", &[1; 64], || true);
        let again = seen.recognise(b"message", &[1; 64], || unreachable!("it is remembered"));

        assert!(first && again);
    }

    #[test]
    fn what_is_not_genuine_is_verified_each_time() {
        let seen = SignaturesSeen::default();

        assert!(!seen.recognise(b"message", &[1; 64], || false));
        assert!(!seen.recognise(b"message", &[1; 64], || false));
        assert!(seen.recognise(b"message", &[1; 64], || true));
    }

    #[test]
    fn another_signature_of_the_same_message_is_another_one() {
        let seen = SignaturesSeen::default();
        seen.recognise(b"message", &[1; 64], || true);

        assert!(!seen.recognise(b"message", &[2; 64], || false));
        assert!(!seen.recognise(b"massage", &[1; 64], || false));
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let seen = SignaturesSeen::default();
        let number = |number: usize| number.to_be_bytes();
        for one in 0..=MOST.get() {
            seen.recognise(&number(one), &[1; 64], || true);
        }

        assert_eq!(seen.with(|seen| seen.len()), MOST.get());
        assert!(!seen.recognise(&number(0), &[1; 64], || false), "the oldest makes room");
        assert!(seen.recognise(&number(1), &[1; 64], || false), "the others stay");
    }
}
