//! What is logged.

use tracing_subscriber::filter::Targets;

use crate::setting::{Setting, read};
use crate::{ConfigError, process_environment};

/// The filter in `COUNTERSIGN_LOG`: a level or a list of `target=level`, for example `info,verify=debug`. Unset means
/// `info`. docs/LOGGING.md says which levels exist for which targets.
///
/// # Errors
/// [`ConfigError`] if the text is not a filter.
pub fn log_filter() -> Result<Targets, ConfigError> {
    read("COUNTERSIGN_LOG", &process_environment)
}

impl Setting for Targets {
    const EXPECTED: &'static str = "a level (error, warn, info, debug, trace, off) or a list of target=level";

    fn default() -> Option<Self> {
        Self::parse("info")
    }

    fn parse(unverified_text: &str) -> Option<Self> {
        if unverified_text.is_empty() { None } else { unverified_text.parse().ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::filter::LevelFilter;

    #[test]
    fn a_filter_is_a_level_or_a_list_of_targets() {
        assert_eq!(<Targets as Setting>::default().unwrap().default_level(), Some(LevelFilter::INFO));
        assert!(Targets::parse("warn,verify=debug").is_some());
        assert!(Targets::parse("verify=loud").is_none());
        assert!(Targets::parse("").is_none());
    }
}
