//! What came of the cases.

use std::error::Error;
use std::fmt;

use crate::StoreError;

/// The cases that ran.
#[derive(Debug, Default)]
pub struct Report {
    passed: Vec<String>,
    failed: Vec<(String, Failure)>,
}

impl Report {
    /// Whether cases ran and none failed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty() && !self.passed.is_empty()
    }

    pub(super) fn add(&mut self, family: &str, case: &str, result: Result<(), Failure>) {
        let name = format!("{family}: {case}");
        match result {
            Ok(()) => self.passed.push(name),
            Err(failure) => self.failed.push((name, failure)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} passed, {} failed", self.passed.len(), self.failed.len())?;
        self.failed.iter().try_for_each(|(name, failure)| writeln!(f, "{name}\n    {}", failure.0))
    }
}

/// Why a case failed.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Self(text)
    }
}

/// Runs cases one after another, each in a world of its own.
macro_rules! run_cases {
    ($family:literal, $store:ident, $setting:ident, $report:ident, [$($case:ident),+ $(,)?]) => {
        $(
            let world = $crate::conformance::World::new($setting, concat!($family, "/", stringify!($case)));
            let result = $case($store, &world).await;
            $report.add($family, stringify!($case), result);
        )+
    };
}

/// Fails the case unless both are equal.
macro_rules! ensure_eq {
    ($left:expr, $right:expr) => {
        match (&$left, &$right) {
            (left, right) if *left == *right => {}
            (left, right) => {
                let place = format!("{}:{}", file!(), line!());
                return Err($crate::conformance::Failure::new(format!("{place}: got {left:?}, not {right:?}")));
            }
        }
    };
}
