//! The KMS key that wraps everything else.

use std::fmt;

use crate::setting::Setting;

/// A key's ARN: `arn:<partition>:kms:<region>:<account>:key/<id>`. Not an alias, which can be pointed at another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKeyId(String);

impl KmsKeyId {
    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KmsKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<KmsKeyId> for String {
    fn from(id: KmsKeyId) -> Self {
        id.0
    }
}

impl Setting for KmsKeyId {
    const EXPECTED: &'static str = "the ARN of a KMS key (arn:…:kms:…:key/…)";

    fn parse(unverified_text: &str) -> Option<Self> {
        let mut parts = unverified_text.splitn(6, ':');
        let fits = parts.next() == Some("arn")
            && parts.next().is_some_and(|partition| partition.starts_with("aws") && is_name(partition))
            && parts.next() == Some("kms")
            && parts.next().is_some_and(is_name)
            && parts
                .next()
                .is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
            && parts.next().and_then(|resource| resource.strip_prefix("key/")).is_some_and(is_name);
        fits.then(|| Self(unverified_text.to_owned()))
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_arn_is_a_key() {
        for text in [
            "arn:aws:kms:eu-central-1:123456789012:key/0192f0c1-2345-7abc-8def-0123456789ab",
            "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-0192f0c123457abc8def0123456789ab",
        ] {
            assert!(KmsKeyId::parse(text).is_some(), "{text}");
        }
        for text in [
            "0192f0c1-2345-7abc-8def-0123456789ab",
            "alias/countersign",
            "arn:aws:kms:eu-central-1:123456789012:alias/countersign",
            "arn:aws:kms:eu-central-1:12345:key/0192f0c1",
            "arn:aws:s3:eu-central-1:123456789012:key/0192f0c1",
            "arn:aws:kms:eu-central-1:123456789012:key/",
            "arn:aws:kms:eu-central-1:123456789012:key/a:b",
            "",
        ] {
            assert!(KmsKeyId::parse(text).is_none(), "{text}");
        }
    }
}
