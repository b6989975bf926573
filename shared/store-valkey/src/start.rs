//! From settings to a store.

use std::sync::Arc;
use std::time::Duration;

use aws_types::SdkConfig;
use config::{Cache, CachePlace, CacheSettings};
use domain::SystemClock;

use crate::connector::{Address, Connector, Transport};
use crate::discovery::{NotFound, find};
use crate::node::Timing;
use crate::nodes::Nodes;
use crate::token::TokenSigner;
use crate::{ScriptTime, Tiered, ValkeyStore};

/// Why a function with these settings does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The cache could not be found.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// Logins cannot be signed without these.
    #[error("a cache with a user needs {0}")]
    Incomplete(&'static str),
}

impl ValkeyStore {
    /// Finds the cache and connects to it. One that is down is asked again later, by the breaker's rules.
    ///
    /// # Errors
    /// [`StartError`] if there is no such cache, or nothing to sign logins with.
    pub async fn start(cache: &Cache, aws: &SdkConfig) -> Result<Self, StartError> {
        let (transport, seed) = match &cache.place {
            CachePlace::Loopback { host, port } => (Transport::Plain, Address { host: host.clone(), port: *port }),
            CachePlace::Endpoint { host, port } => (Transport::Tls, Address { host: host.clone(), port: *port }),
            CachePlace::Named(name) => (Transport::Tls, find(name, aws).await?),
        };
        let login = cache.login.as_ref().map(|login| {
            let region = aws.region().ok_or(StartError::Incomplete("a region"))?.to_string();
            let credentials = aws.credentials_provider().ok_or(StartError::Incomplete("credentials"))?;
            Ok::<_, StartError>(TokenSigner { login: login.clone(), region, credentials })
        });
        let connector = Connector { transport, login: login.transpose()?, clock: Arc::new(SystemClock) };
        let timing = Timing { deadline: cache.deadline, connecting: CONNECTING, pause: PAUSE };
        let nodes = Nodes::start(cache.mode, seed, connector, timing).await;
        Ok(Self { nodes, time: ScriptTime::default() })
    }
}

impl<D> Tiered<D> {
    /// The durable store with the cache of these settings, if there is one.
    ///
    /// # Errors
    /// [`StartError`] as for [`ValkeyStore::start`].
    pub async fn start(durable: D, settings: &CacheSettings, aws: &SdkConfig) -> Result<Self, StartError> {
        match settings {
            CacheSettings::None => Ok(Self::without_cache(durable)),
            CacheSettings::Cache(cache) => Ok(Self::new(durable, ValkeyStore::start(cache, aws).await?)),
        }
    }
}

/// How long making a connection may take. Calls wait for it no longer than for anything else.
const CONNECTING: Duration = Duration::from_secs(1);

/// How long a cache that does not answer is left alone.
const PAUSE: Duration = Duration::from_secs(1);
