//! Where the target is.

use std::str::FromStr;

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

/// An `http://` address, perhaps with a path that every route is below.
#[derive(Debug, Clone)]
pub(crate) struct Url {
    /// Host and port, as the header `Host` has them.
    pub(crate) authority: String,
    /// Without a slash at its end.
    pub(crate) prefix: String,
}

impl Url {
    /// Host and port to connect to.
    pub(crate) fn address(&self) -> String {
        let has_port = self.authority.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
        if has_port { self.authority.clone() } else { format!("{}:80", self.authority) }
    }
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|error| format!("not an address: {error}"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err("not of the form http://HOST:PORT".to_owned());
        };
        if *scheme != Scheme::HTTP {
            return Err("only http:// is spoken; put what ends TLS before an https:// target".to_owned());
        }
        let prefix = uri.path_and_query().map_or("", PathAndQuery::path).trim_end_matches('/').to_owned();
        Ok(Self { authority: authority.to_string(), prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_path_and_no_port() {
        for (text, address, prefix) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000", ""),
            ("http://127.0.0.1:3000/", "127.0.0.1:3000", ""),
            ("http://localhost/stage/", "localhost:80", "/stage"),
            ("http://[::1]", "[::1]:80", ""),
            ("http://[::1]:3000", "[::1]:3000", ""),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!((url.address().as_str(), url.prefix.as_str()), (address, prefix), "{text}");
        }
    }

    #[test]
    fn what_can_not_be_connected_to_is_refused() {
        for text in ["https://localhost", "localhost:3000", "/v1", "http://"] {
            assert!(text.parse::<Url>().is_err(), "{text}");
        }
    }
}
