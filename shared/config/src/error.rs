//! Why a function does not start.

use admission::PolicyError;

/// A variable that is missing or malformed. Names the variable, never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    /// The variable at fault.
    pub variable: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not set.
    #[error("is not set")]
    Missing,
    /// It is set to something else than this.
    #[error("is not {0}")]
    Malformed(&'static str),
    /// It is set to a table of limits with this fault.
    #[error("is not a table of limits: {0}")]
    Limits(PolicyError),
}
