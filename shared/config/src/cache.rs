//! Which cache holds what is ephemeral, if any, and how it is reached.
//!
//! | text | cache |
//! |---|---|
//! | `none` | none: everything is in DynamoDB |
//! | `redis://127.0.0.1:6379` | a server without TLS, on a loopback address only |
//! | `rediss://HOST:PORT` | an endpoint with TLS |
//! | `serverless-cache/NAME`, `replication-group/NAME` | the cache of this name, found with the ElastiCache API |
//!
//! Parameters follow as in a URL:
//! - `cluster=true|false`: cluster mode. It is on, but for `redis://`.
//! - `user=ID`: IAM authentication as this user. With `rediss://`, whose host does not tell, `cache=serverless-cache/NAME` or
//!   `cache=replication-group/NAME` says for which cache the tokens are.
//! - `deadline_milliseconds=N`: how long one call may take, 1 to 1000; 50 by default.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;

use crate::setting::Setting;

/// The cache, if there is one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CacheSettings {
    /// None.
    #[default]
    None,
    /// This one.
    Cache(Cache),
}

/// A cache and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Where it is.
    pub place: CachePlace,
    /// Whether keys are spread over nodes.
    pub mode: CacheMode,
    /// Who authenticates, if anybody.
    pub login: Option<CacheLogin>,
    /// How long one call may take.
    pub deadline: Duration,
}

/// Where a cache is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CachePlace {
    /// A server on a loopback address, without TLS.
    Loopback {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// An endpoint with TLS.
    Endpoint {
        /// The host, which the certificate must name.
        host: String,
        /// The port.
        port: u16,
    },
    /// Wherever the ElastiCache API says.
    Named(CacheName),
}

/// Whether keys are spread over nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMode {
    /// One server holds every key.
    Single,
    /// Each key has a slot, and each slot its node.
    Cluster,
}

/// Who authenticates by IAM, and for which cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheLogin {
    /// The ElastiCache user's id, which is its name, too.
    pub user: String,
    /// The cache that tokens are for.
    pub cache: CacheName,
}

/// What a cache is called in ElastiCache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheName {
    /// A serverless cache.
    Serverless(String),
    /// A replication group.
    ReplicationGroup(String),
}

/// The text does not name a cache in one of the ways above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {}", <CacheSettings as Setting>::EXPECTED)]
pub struct InvalidCache;

impl FromStr for CacheSettings {
    type Err = InvalidCache;

    fn from_str(unverified_text: &str) -> Result<Self, InvalidCache> {
        <Self as Setting>::parse(unverified_text).ok_or(InvalidCache)
    }
}

impl Setting for CacheSettings {
    const EXPECTED: &'static str = "none, redis://LOOPBACK:PORT, rediss://HOST:PORT, serverless-cache/NAME or \
         replication-group/NAME, with the parameters that docs/RUNBOOK.md lists";

    fn default() -> Option<Self> {
        Some(Self::None)
    }

    fn parse(unverified_text: &str) -> Option<Self> {
        if unverified_text == "none" {
            return Some(Self::None);
        }
        let (place, parameters) = match unverified_text.split_once('?') {
            Some((place, parameters)) => (parse_place(place)?, Parameters::parse(parameters)?),
            None => (parse_place(unverified_text)?, Parameters::default()),
        };
        let is_loopback = matches!(place, CachePlace::Loopback { .. });
        let mode = parameters.mode.unwrap_or(if is_loopback { CacheMode::Single } else { CacheMode::Cluster });
        let deadline = parameters.deadline.unwrap_or(DEFAULT_DEADLINE);
        let login = match (&place, parameters.user, parameters.cache) {
            (_, None, None) => None,
            (CachePlace::Endpoint { .. }, Some(user), Some(cache)) => Some(CacheLogin { user, cache }),
            (CachePlace::Named(name), Some(user), None) => Some(CacheLogin { user, cache: name.clone() }),
            _ => return None,
        };
        Some(Self::Cache(Cache { place, mode, login, deadline }))
    }
}

/// As in the setting.
impl fmt::Display for CacheName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serverless(name) => write!(f, "{SERVERLESS}{name}"),
            Self::ReplicationGroup(name) => write!(f, "{REPLICATION_GROUP}{name}"),
        }
    }
}

/// Each at most once.
#[derive(Default)]
struct Parameters {
    mode: Option<CacheMode>,
    user: Option<String>,
    cache: Option<CacheName>,
    deadline: Option<Duration>,
}

impl Parameters {
    fn parse(text: &str) -> Option<Self> {
        let mut parameters = Self::default();
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=')?;
            let is_second = match name {
                "cluster" => parameters.mode.replace(parse_mode(value)?).is_some(),
                "user" => parameters.user.replace(parse_name(value)?).is_some(),
                "cache" => parameters.cache.replace(parse_cache_name(value)?).is_some(),
                "deadline_milliseconds" => parameters.deadline.replace(parse_deadline(value)?).is_some(),
                _ => return None,
            };
            if is_second {
                return None;
            }
        }
        Some(parameters)
    }
}

fn parse_place(text: &str) -> Option<CachePlace> {
    if let Some(name) = parse_cache_name(text) {
        return Some(CachePlace::Named(name));
    }
    let uri: Uri = text.parse().ok()?;
    let (host, port) = (uri.host()?.to_owned(), uri.port_u16()?);
    let is_plain = !uri.authority()?.as_str().contains('@') && matches!(uri.path(), "" | "/") && port > 0;
    match uri.scheme_str()? {
        "redis" if is_plain && is_loopback(&host) => Some(CachePlace::Loopback { host, port }),
        "rediss" if is_plain => Some(CachePlace::Endpoint { host, port }),
        _ => None,
    }
}

fn parse_cache_name(text: &str) -> Option<CacheName> {
    let serverless = text.strip_prefix(SERVERLESS).map(|name| parse_name(name).map(CacheName::Serverless));
    let group = text.strip_prefix(REPLICATION_GROUP).map(|name| parse_name(name).map(CacheName::ReplicationGroup));
    serverless.or(group)?
}

/// 1 to 40 letters, digits and hyphens (ElastiCache API reference).
fn parse_name(text: &str) -> Option<String> {
    let fits = (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fits.then(|| text.to_owned())
}

fn parse_mode(text: &str) -> Option<CacheMode> {
    match text {
        "true" => Some(CacheMode::Cluster),
        "false" => Some(CacheMode::Single),
        _ => None,
    }
}

fn parse_deadline(text: &str) -> Option<Duration> {
    let millis = text.parse().ok().filter(|millis| (1..=1000).contains(millis))?;
    Some(Duration::from_millis(millis))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

const SERVERLESS: &str = "serverless-cache/";
const REPLICATION_GROUP: &str = "replication-group/";
const DEFAULT_DEADLINE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(text: &str) -> Cache {
        match text.parse() {
            Ok(CacheSettings::Cache(cache)) => cache,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn without_a_setting_there_is_no_cache() {
        assert_eq!(<CacheSettings as Setting>::default(), Some(CacheSettings::None));
        assert_eq!("none".parse(), Ok(CacheSettings::None));
    }

    #[test]
    fn a_loopback_server_is_a_single_one_without_tls() {
        let expected = Cache {
            place: CachePlace::Loopback { host: "127.0.0.1".to_owned(), port: 6379 },
            mode: CacheMode::Single,
            login: None,
            deadline: Duration::from_millis(50),
        };

        assert_eq!(cache("redis://127.0.0.1:6379"), expected);
        assert_eq!(cache("redis://127.0.0.1:6379?cluster=true").mode, CacheMode::Cluster);
        assert_eq!(cache("redis://127.0.0.1:6379?deadline_milliseconds=7").deadline, Duration::from_millis(7));
    }

    #[test]
    fn an_endpoint_is_a_cluster_with_tls() {
        let endpoint = cache("rediss://x.serverless.euc1.cache.amazonaws.com:6379?user=app&cache=serverless-cache/x");

        let host = "x.serverless.euc1.cache.amazonaws.com".to_owned();
        assert_eq!(endpoint.place, CachePlace::Endpoint { host, port: 6379 });
        assert_eq!(endpoint.mode, CacheMode::Cluster);
        assert_eq!(endpoint.login.unwrap().cache, CacheName::Serverless("x".to_owned()));
    }

    #[test]
    fn a_name_is_looked_for_and_is_what_tokens_are_for() {
        let named = cache("replication-group/cs-1?user=app&cluster=false");

        let name = CacheName::ReplicationGroup("cs-1".to_owned());
        assert_eq!(named.place, CachePlace::Named(name.clone()));
        assert_eq!(named.mode, CacheMode::Single);
        assert_eq!(named.login, Some(CacheLogin { user: "app".to_owned(), cache: name }));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "None",
            "redis://",
            "redis://127.0.0.1",
            "redis://127.0.0.1:0",
            "redis://127.0.0.1:6379/0",
            "redis://10.0.0.1:6379",
            "redis://cache.example.com:6379",
            "redis://127.0.0.1.example.com:6379",
            "redis://user:pass@127.0.0.1:6379",
            "redis://127.0.0.1:6379?user=app",
            "redis://127.0.0.1:6379?user=app&cache=serverless-cache/x",
            "rediss://cache.example.com",
            "rediss://pass@cache.example.com:6379",
            "rediss://cache.example.com:6379?user=app",
            "rediss://cache.example.com:6379?cache=serverless-cache/x",
            "http://127.0.0.1:6379",
            "serverless-cache/",
            "serverless-cache/a b",
            "serverless-cache/x?cache=serverless-cache/x&user=app",
            "replication-group/ä",
            "x",
            "serverless-cache/x?",
            "serverless-cache/x?cluster=yes",
            "serverless-cache/x?cluster",
            "serverless-cache/x?cluster=true&cluster=true",
            "serverless-cache/x?deadline_milliseconds=0",
            "serverless-cache/x?deadline_milliseconds=1001",
            "serverless-cache/x?tls=false",
        ] {
            assert_eq!(text.parse::<CacheSettings>(), Err(InvalidCache), "{text}");
        }
    }
}
