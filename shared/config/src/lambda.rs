//! What Lambda tells about the place that a process runs in.

use std::num::NonZeroU32;

use crypto::{InsideLambda, OutsideLambda};

use crate::process_environment;

/// The execution environment, as far as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lambda {
    /// The function's memory, in MiB. It also decides the CPU: one core for each 1,769 MiB.
    pub memory_mib: Option<NonZeroU32>,
    /// How many requests arrive at once, in Lambda Managed Instances; one at a time if `None`.
    pub max_concurrency: Option<NonZeroU32>,
}

impl Lambda {
    /// Reads the process's environment. Values that Lambda would not set are taken as not set.
    #[must_use]
    pub fn from_env() -> Self {
        Self::read(&process_environment)
    }

    /// Reads the given environment.
    #[must_use]
    pub fn read(environment: &impl Fn(&str) -> Option<String>) -> Self {
        let number = |variable| environment(variable)?.parse().ok();
        Self {
            memory_mib: number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
            max_concurrency: number("AWS_LAMBDA_MAX_CONCURRENCY"),
        }
    }
}

/// The proof that the development key asks for.
///
/// # Errors
/// [`InsideLambda`] in Lambda and in emulators of its runtime.
pub fn outside_lambda() -> Result<OutsideLambda, InsideLambda> {
    outside(&process_environment)
}

fn outside(environment: &impl Fn(&str) -> Option<String>) -> Result<OutsideLambda, InsideLambda> {
    let mark = LAMBDA_MARKS.into_iter().find_map(environment);
    OutsideLambda::from_function_name(mark.as_deref())
}

/// Reserved variables that every Lambda runtime environment sets; one is enough.
const LAMBDA_MARKS: [&str; 2] = ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_proof_inside_lambda() {
        assert!(outside(&|_| None).is_ok());
        for mark in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API"] {
            assert!(outside(&|name| (name == mark).then(String::new)).is_err(), "{mark}");
        }
    }

    #[test]
    fn concurrency_and_memory_are_what_lambda_says() {
        let environment = |name: &str| match name {
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => Some("1769".to_owned()),
            "AWS_LAMBDA_MAX_CONCURRENCY" => Some("16".to_owned()),
            _ => None,
        };

        let lambda = Lambda::read(&environment);

        assert_eq!(lambda.memory_mib, NonZeroU32::new(1769));
        assert_eq!(lambda.max_concurrency, NonZeroU32::new(16));
        assert_eq!(Lambda::read(&|_| Some("0".into())), Lambda::default());
    }
}
