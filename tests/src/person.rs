//! A user's factors.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

/// Somebody with factors, each of which has one right digest.
#[derive(Debug, Clone)]
pub struct Person {
    /// The user id.
    pub id: String,
    /// The enrolled types.
    pub factors: Vec<String>,
}

impl Person {
    /// The `number`th person, with these factors.
    #[must_use]
    pub fn new(number: u32, factors: &[&str]) -> Self {
        let factors = factors.iter().map(|factor| (*factor).to_owned()).collect();
        Self { id: format!("7c9e6679-7425-40de-944b-{number:012x}"), factors }
    }

    /// The right digest of one factor.
    #[must_use]
    pub fn digest(&self, factor: &str) -> String {
        digest_of(&format!("{} of {}", factor, self.id))
    }

    /// All enrolled factors with their digests.
    #[must_use]
    pub fn enrolled(&self) -> Value {
        self.right(&self.factors)
    }

    /// What is asked for, all of it right.
    #[must_use]
    pub fn right(&self, asked: &[String]) -> Value {
        self.wrong_at(asked, 0)
    }

    /// What is asked for, all of it wrong.
    #[must_use]
    pub fn wrong(&self, asked: &[String]) -> Value {
        self.wrong_at(asked, u32::MAX)
    }

    /// What is asked for, wrong in the factors whose bits are set: bit 0 is the first's.
    #[must_use]
    pub fn wrong_at(&self, asked: &[String], positions: u32) -> Value {
        let factors = asked.iter().enumerate().map(|(position, factor)| {
            let is_wrong = positions >> position & 1 == 1;
            let digest = if is_wrong { digest_of(&format!("not {factor}")) } else { self.digest(factor) };
            json!({ "type": factor, "digest": digest })
        });
        factors.collect()
    }
}

/// What a client would send for this text.
pub(crate) fn digest_of(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}
