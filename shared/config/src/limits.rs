//! The limits of admission.

use admission::Policy;

use crate::Problem;
use crate::setting::Setting;

impl Setting for Policy {
    const EXPECTED: &'static str = "a JSON object of limits as docs/LIMITS.md describes";

    fn default() -> Option<Self> {
        Some(<Self as Default>::default())
    }

    fn parse(unverified_text: &str) -> Option<Self> {
        unverified_text.parse().ok()
    }

    fn problem(unverified_text: &str) -> Problem {
        match unverified_text.parse::<Self>() {
            Ok(_) => Problem::Malformed(Self::EXPECTED),
            Err(error) => Problem::Limits(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::setting::read;

    use super::*;

    #[test]
    fn an_unset_or_empty_variable_means_the_defaults() {
        for text in [None, Some(String::new())] {
            let policy = read::<Policy>("COUNTERSIGN_LIMITS", &|_| text.clone()).unwrap();

            assert_eq!(policy, <Policy as Default>::default());
        }
    }

    #[test]
    fn an_error_names_the_variable_the_row_and_the_field() {
        let text = r#"{"user": {"quota": 0}}"#;

        let error = read::<Policy>("COUNTERSIGN_LIMITS", &|_| Some(text.to_owned())).unwrap_err();

        let expected =
            "COUNTERSIGN_LIMITS is not a table of limits: the field quota of the limit user is not from 1 to 10000000";
        assert_eq!(error.to_string(), expected);
    }
}
