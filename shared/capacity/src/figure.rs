//! A figure that the model calculates with, and where it is from.

use std::collections::BTreeMap;
use std::fmt;

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// What it is called, on the page and to `--set`.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// What it counts.
    pub unit: &'static str,
    /// Who says so.
    pub source: Source,
}

/// Where a figure is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A page of AWS, read in a stored copy.
    Page(&'static str),
    /// A page of AWS that fills in its figures by a script, and another page that quotes them, which was read.
    Quoted(&'static str, &'static str),
    /// A page of AWS, from general knowledge: it was not read again.
    Recalled(&'static str),
    /// A section of docs/PERFORMANCE.md.
    Measured(&'static str),
    /// A place in this repository.
    Repository(&'static str),
    /// Calculated from others, as it says.
    Derived(&'static str),
    /// Nobody's figure: chosen, because it says.
    Assumed(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => write!(formatter, "<{page}>, read {READ}"),
            Self::Quoted(page, quoted) => write!(formatter, "<{page}>, as quoted by <{quoted}>, read {READ}"),
            Self::Recalled(page) => write!(formatter, "from general knowledge of the AWS page {page}, not re-read"),
            Self::Measured(section) => write!(formatter, "measured: PERFORMANCE.md, {section}"),
            Self::Repository(place) => formatter.write_str(place),
            Self::Derived(how) => write!(formatter, "derived: {how}"),
            Self::Assumed(why) => write!(formatter, "assumed: {why}"),
        }
    }
}

/// All figures, some of them replaced by somebody who disagrees.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    replaced: BTreeMap<&'static str, f64>,
}

impl Figures {
    /// Replaces the figure of this name.
    ///
    /// # Errors
    /// There is none, or the value is negative or not a number.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), UnusableFigure> {
        let known = crate::figures::all().find(|figure| figure.name == name);
        let figure = known.ok_or_else(|| UnusableFigure::Unknown { name: name.to_owned() })?;
        if !(value.is_finite() && value >= 0.0) {
            return Err(UnusableFigure::OutOfRange { name: name.to_owned() });
        }
        self.replaced.insert(figure.name, value);
        Ok(())
    }

    /// The value of a figure.
    pub(crate) fn of(&self, figure: Figure) -> f64 {
        self.replaced.get(figure.name).copied().unwrap_or(figure.value)
    }

    /// What was replaced, with the values.
    pub fn replaced(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.replaced.iter().map(|(name, value)| (*name, *value))
    }
}

/// A figure can't be replaced.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UnusableFigure {
    /// Nothing has the name.
    #[error("there is no figure called {name}; docs/CAPACITY.md lists them")]
    Unknown {
        /// What was given.
        name: String,
    },
    /// No value for a count, a time or a price.
    #[error("{name} has to be a number that is not negative")]
    OutOfRange {
        /// Of which figure.
        name: String,
    },
}

/// When the pages were read.
const READ: &str = "2026-11";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::quotas::LAMBDA_CONCURRENCY;

    #[test]
    fn a_figure_that_is_replaced_has_the_new_value() {
        let mut figures = Figures::default();

        figures.set("lambda-concurrency", 5_000.0).unwrap();

        assert!((figures.of(LAMBDA_CONCURRENCY) - 5_000.0).abs() < f64::EPSILON);
        assert_eq!(figures.replaced().collect::<Vec<_>>(), [("lambda-concurrency", 5_000.0)]);
    }

    #[test]
    fn what_is_unknown_or_out_of_range_is_refused() {
        let mut figures = Figures::default();

        assert!(matches!(figures.set("lambda", 1.0), Err(UnusableFigure::Unknown { .. })));
        for value in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(figures.set("lambda-concurrency", value), Err(UnusableFigure::OutOfRange { .. })));
        }
    }
}
