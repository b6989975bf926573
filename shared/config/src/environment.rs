//! The process's environment.

/// Looks a variable up in the process's own environment. The parameter of every reader in this crate, outside of tests.
///
/// A value that is not Unicode becomes one with replacement characters, which no setting accepts.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn process_environment(variable: &str) -> Option<String> {
    std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}
