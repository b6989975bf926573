//! The issuer of tokens.

use std::fmt;

use http::Uri;

use crate::setting::Setting;

/// An `https` URL without user, query, fragment or final slash (RFC 8414 §2). Compared byte by byte with tokens' `iss`, so
/// the same issuer must not have two spellings: host names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.0
    }
}

impl Setting for Issuer {
    const EXPECTED: &'static str = "an https URL in lower case without user, query, fragment or final slash";

    fn parse(unverified_text: &str) -> Option<Self> {
        let uri: Uri = unverified_text.parse().ok()?;
        let authority = uri.authority()?.as_str();
        let fits = unverified_text.starts_with("https://")
            && !authority.contains('@')
            && authority.bytes().all(|byte| !byte.is_ascii_uppercase())
            && uri.query().is_none()
            && !unverified_text.contains('#')
            && !unverified_text.ends_with('/')
            && unverified_text.len() <= MAX_LENGTH;
        fits.then(|| Self(unverified_text.to_owned()))
    }
}

/// The issuer stands in every token.
const MAX_LENGTH: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_one_spelling() {
        for text in ["https://auth.example.com", "https://example.com:8443/countersign"] {
            assert!(Issuer::parse(text).is_some(), "{text}");
        }
        for text in [
            "http://auth.example.com",
            "HTTPS://auth.example.com",
            "https://Auth.example.com",
            "https://auth.example.com/",
            "https://auth.example.com?x",
            "https://auth.example.com/#x",
            "https://auth.example.com#x",
            "https://me@auth.example.com",
            "https://",
            "auth.example.com",
            "",
        ] {
            assert!(Issuer::parse(text).is_none(), "{text}");
        }
    }
}
