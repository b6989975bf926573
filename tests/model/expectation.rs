//! What a verification may answer, as far as its history tells.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{ATTEMPTS_ALLOWED, VERIFICATION_LIFETIME};

use crate::operation::Presented;

/// The history of one verification.
#[derive(Debug, Default)]
pub(crate) struct Expectation {
    /// How long it has been open.
    pub(crate) age: Duration,
    /// Attempts that were compared, at most.
    pub(crate) claimed: u8,
    /// Attempts that were answered as wrong.
    pub(crate) wrong: u8,
    /// Comparisons that ran for it.
    pub(crate) comparisons: u64,
    /// Tokens that it gave.
    pub(crate) tokens: u8,
    /// Whether a fault struck one of its calls: what is stored may then be ahead of what was answered.
    pub(crate) blurred: bool,
    /// The final status that somebody was told.
    pub(crate) ended_as: Option<String>,
}

impl Expectation {
    /// The answers to attempts that are made at once, counted by status; `None` where the history does not tell.
    pub(crate) fn answers(&self, exists: bool, presented: Presented, at_once: u8) -> Option<BTreeMap<u16, u8>> {
        if self.blurred {
            return None;
        }
        let left = ATTEMPTS_ALLOWED - self.claimed;
        let closed = self.age >= VERIFICATION_LIFETIME || self.tokens > 0 || left == 0;
        let mut answers = BTreeMap::new();
        let mut add = |status: u16, count: u8| {
            if count > 0 {
                *answers.entry(status).or_default() += count;
            }
        };
        match presented {
            _ if closed => add(409, at_once),
            Presented::Mismatched => add(422, at_once),
            Presented::Right if exists => {
                add(200, 1);
                add(409, at_once - 1);
            }
            Presented::Right | Presented::Wrong => {
                add(401, left.min(at_once));
                add(409, at_once.saturating_sub(left));
            }
        }
        Some(answers)
    }

    /// The status that it is in; `None` where the history does not tell.
    pub(crate) fn status(&self) -> Option<&'static str> {
        if self.blurred {
            return None;
        }
        Some(match self {
            _ if self.tokens > 0 => "verified",
            _ if self.wrong >= ATTEMPTS_ALLOWED => "failed",
            _ if self.age >= VERIFICATION_LIFETIME => "expired",
            _ => "open",
        })
    }
}
