//! A DynamoDB table's name.

use std::fmt;

use crate::setting::Setting;

/// 3 to 255 letters, digits, `_`, `-` and `.` (DynamoDB Developer Guide, naming rules).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName(String);

impl TableName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.0
    }
}

impl Setting for TableName {
    const EXPECTED: &'static str = "a table name of 3 to 255 letters, digits, _, - and .";

    fn parse(unverified_text: &str) -> Option<Self> {
        let fits = (3..=255).contains(&unverified_text.len())
            && unverified_text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        fits.then(|| Self(unverified_text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_dynamodb_accepts_is_a_table_name() {
        for text in ["abc", "Stack-CoreTable.1_2", &"x".repeat(255)] {
            assert!(TableName::parse(text).is_some(), "{text}");
        }
        for text in ["", "ab", "a/b/c", "arn:aws:dynamodb:::table/x", "täble", " abc", &"x".repeat(256)] {
            assert!(TableName::parse(text).is_none(), "{text}");
        }
    }
}
