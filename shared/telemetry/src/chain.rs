//! A failure with its causes, for a log field.

use std::error::Error;
use std::fmt;

/// Displays an error and every source below it, from the outside in: `a: b: c`. Logged once, where a failure becomes an
/// answer or a retry.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a>(&'a dyn Error);

impl<'a> Chain<'a> {
    /// The chain that begins with this error.
    #[must_use]
    pub fn of(error: &'a (dyn Error + 'static)) -> Self {
        Self(error)
    }
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nested(&'static str, Option<Box<Nested>>);

    impl fmt::Display for Nested {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Nested {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    #[test]
    fn a_chain_names_every_cause() {
        let error =
            Nested("not recorded", Some(Box::new(Nested("no answer", Some(Box::new(Nested("timeout", None)))))));

        assert_eq!(Chain::of(&error).to_string(), "not recorded: no answer: timeout");
    }
}
