//! Where checkpoints of the audit log are published.

use std::fmt;

use crate::setting::Setting;

/// A standard SNS topic's ARN: `arn:<partition>:sns:<region>:<account>:<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicArn(String);

impl TopicArn {
    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<TopicArn> for String {
    fn from(arn: TopicArn) -> Self {
        arn.0
    }
}

impl Setting for TopicArn {
    const EXPECTED: &'static str = "the ARN of an SNS topic (arn:…:sns:…)";

    fn parse(unverified_text: &str) -> Option<Self> {
        let parts: Vec<&str> = unverified_text.split(':').collect();
        let [arn, partition, service, region, account, name] = parts.as_slice() else { return None };
        let fits = *arn == "arn"
            && partition.starts_with("aws")
            && is_name(partition, 64)
            && *service == "sns"
            && is_name(region, 64)
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && is_name(&name.replace('_', "-"), 256);
        fits.then(|| Self(unverified_text.to_owned()))
    }
}

fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_topics_arn_is_a_topic() {
        for text in [
            "arn:aws:sns:eu-central-1:123456789012:checkpoints",
            "arn:aws-us-gov:sns:us-gov-west-1:123456789012:Stack_Checkpoints-1A2B",
        ] {
            assert!(TopicArn::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "checkpoints",
            "arn:aws:sns:eu-central-1:123456789012:",
            "arn:aws:sns:eu-central-1:12345:checkpoints",
            "arn:aws:sqs:eu-central-1:123456789012:checkpoints",
            "arn:aws:sns:eu-central-1:123456789012:checkpoints.fifo",
            "arn:aws:sns:eu-central-1:123456789012:checkpoints:0192f0c1-2345-7abc-8def-0123456789ab",
            "https://sns.eu-central-1.amazonaws.com/123456789012/checkpoints",
        ] {
            assert!(TopicArn::parse(text).is_none(), "{text}");
        }
    }
}
