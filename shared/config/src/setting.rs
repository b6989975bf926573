//! How a setting is read: a type says what its text looks like, a function's struct says which variable holds it.

use crate::{ConfigError, Problem};

/// A type that a variable is parsed into.
pub(crate) trait Setting: Sized {
    /// What the text has to be, to follow "is not" in an error.
    const EXPECTED: &'static str;

    /// What an unset variable means; `None` if the variable is required.
    fn default() -> Option<Self> {
        None
    }

    /// Parses the variable's text.
    fn parse(unverified_text: &str) -> Option<Self>;

    /// What is wrong with a text that can't be parsed.
    fn problem(_unverified_text: &str) -> Problem {
        Problem::Malformed(Self::EXPECTED)
    }
}

/// Reads one variable.
pub(crate) fn read<T: Setting>(
    variable: &'static str,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<T, ConfigError> {
    let Some(text) = environment(variable) else {
        return T::default().ok_or(ConfigError { variable, problem: Problem::Missing });
    };
    T::parse(&text).ok_or_else(|| ConfigError { variable, problem: T::problem(&text) })
}

impl Setting for crypto::KdfParameters {
    const EXPECTED: &'static str = "one of argon2id, pbkdf2-sha256-600000, pbkdf2-sha256-100000";

    fn default() -> Option<Self> {
        Some(<Self as Default>::default())
    }

    fn parse(unverified_text: &str) -> Option<Self> {
        Self::from_name(unverified_text).ok()
    }
}
