//! An S3 bucket's name.

use std::fmt;

use crate::setting::Setting;

/// 3 to 63 lower-case letters, digits and `-`, the first and the last one no `-` (Amazon S3 User Guide, general purpose bucket
/// naming rules). A name with dots would be one, too, but has no certificate as a host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketName(String);

impl BucketName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<BucketName> for String {
    fn from(name: BucketName) -> Self {
        name.0
    }
}

impl Setting for BucketName {
    const EXPECTED: &'static str = "the name of an S3 bucket: 3 to 63 lower-case letters, digits and -";

    fn parse(unverified_text: &str) -> Option<Self> {
        let fits = (3..=63).contains(&unverified_text.len())
            && unverified_text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !unverified_text.starts_with('-')
            && !unverified_text.ends_with('-');
        fits.then(|| Self(unverified_text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_s3_accepts_is_a_bucket_name() {
        for text in ["abc", "1-2", "countersign-audit-123456789012", &"x".repeat(63)] {
            assert!(BucketName::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "ab",
            "-abc",
            "abc-",
            "Audit",
            "audit_log",
            "audit.log",
            "audit/log",
            "s3://audit",
            "arn:aws:s3:::audit",
            "äudit",
            &"x".repeat(64),
        ] {
            assert!(BucketName::parse(text).is_none(), "{text}");
        }
    }
}
