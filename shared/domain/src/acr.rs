//! How a user was verified, as tokens and sessions say it.

use std::str::FromStr;

use crate::FactorSet;

/// How a user was verified: how many categories the set of factors covered that was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acr {
    /// Two categories.
    TwoCategories,
    /// All three categories.
    ThreeCategories,
}

impl Acr {
    const ALL: [Self; 2] = [Self::TwoCategories, Self::ThreeCategories];

    /// What a right answer for this set earns; `None` below two categories, for which there is no token.
    #[must_use]
    pub fn earned_by(set: FactorSet) -> Option<Self> {
        match set.categories() {
            2 => Some(Self::TwoCategories),
            3 => Some(Self::ThreeCategories),
            _ => None,
        }
    }

    /// The value of the claim `acr` (RFC 9068 §2.2.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TwoCategories => "urn:countersign:acr:2-categories",
            Self::ThreeCategories => "urn:countersign:acr:3-categories",
        }
    }
}

impl FromStr for Acr {
    type Err = UnknownAcr;

    fn from_str(name: &str) -> Result<Self, UnknownAcr> {
        Self::ALL.into_iter().find(|acr| acr.name() == name).ok_or(UnknownAcr)
    }
}

/// The text is no value of `acr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an acr")]
pub struct UnknownAcr;
