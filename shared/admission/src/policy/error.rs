//! Why a text is no table of limits.

use std::fmt;

/// What is wrong with a table of limits, and where. Names rows and fields by our own names only, and never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyError {
    /// The row at fault, if it is in one.
    pub row: Option<&'static str>,
    /// The field at fault, if it is in one.
    pub field: Option<&'static str>,
    /// What is wrong, to follow the place.
    pub problem: &'static str,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, self.field) {
            (Some(row), Some(field)) => write!(f, "the field {field} of the limit {row} ")?,
            (Some(row), None) => write!(f, "the limit {row} ")?,
            (None, _) => f.write_str("the table of limits ")?,
        }
        f.write_str(self.problem)
    }
}

impl std::error::Error for PolicyError {}
