//! An SQS queue's URL.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

use crate::setting::Setting;

/// An `https` URL with a host and a path; `http` only on a loopback address, for emulators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrl(String);

impl QueueUrl {
    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<QueueUrl> for String {
    fn from(url: QueueUrl) -> Self {
        url.0
    }
}

impl Setting for QueueUrl {
    const EXPECTED: &'static str = "an https URL with a path, or an http URL on a loopback address";

    fn parse(unverified_text: &str) -> Option<Self> {
        let uri: Uri = unverified_text.parse().ok()?;
        let authority = uri.authority()?.as_str();
        let is_private = match uri.scheme_str()? {
            "https" => true,
            "http" => is_loopback(uri.host()?),
            _ => false,
        };
        let is_plain = !authority.contains('@') && uri.query().is_none() && !unverified_text.contains('#');
        (is_private && is_plain && uri.path().len() > 1).then(|| Self(unverified_text.to_owned()))
    }
}

/// `localhost` and the names below it (RFC 6761 §6.3), 127.0.0.0/8, and ::1.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_reached_over_https_or_on_loopback() {
        for text in [
            "https://sqs.eu-central-1.amazonaws.com/123456789012/audit",
            "http://127.0.0.1:4566/000000000000/audit",
            "http://localhost:4566/000000000000/audit",
            "http://sqs.eu-central-1.localhost:4566/000000000000/audit",
            "http://[::1]:4566/000000000000/audit",
        ] {
            assert!(QueueUrl::parse(text).is_some(), "{text}");
        }
        for text in [
            "http://sqs.eu-central-1.amazonaws.com/123456789012/audit",
            "http://127.0.0.1.example.com/audit",
            "http://evil-localhost/audit",
            "https://user:pass@example.com/audit",
            "https://example.com",
            "https://example.com/",
            "https://example.com/audit?x=1",
            "https://example.com/audit#x",
            "ftp://127.0.0.1/audit",
            "/123456789012/audit",
            "audit",
        ] {
            assert!(QueueUrl::parse(text).is_none(), "{text}");
        }
    }
}
