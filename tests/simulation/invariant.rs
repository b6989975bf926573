//! What must hold whatever happens, and how a list of operations ends in which it does not.

use std::fmt;
use std::panic::resume_unwind;

/// DESIGN's invariants, and what the model expects besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// I1: no token without policy-satisfying factors.
    TokensNeedFactors,
    /// I2: at most three comparisons of a verification, and of an account what the ladder allows; each is counted first.
    ComparisonsAreLimited,
    /// I3: a verification succeeds at most once.
    SucceedsOnce,
    /// I4: outcomes and audit events correspond.
    OutcomesHaveEvents,
    /// I5: what is revoked stays revoked.
    RevokedStaysRevoked,
    /// I6: what is erased cannot be recovered.
    ErasedIsGone,
    /// What the model expects of a step, where no fault blurs the picture; and no 500 ever.
    AsExpected,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

/// Ends the list if the condition is false. It unwinds past the panic hook: whoever runs the list tells the story, once it is
/// shrunk.
pub(crate) fn holds(condition: bool, invariant: Invariant, what: impl FnOnce() -> String) {
    if !condition {
        resume_unwind(Box::new(Violation { invariant, what: what() }));
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}
