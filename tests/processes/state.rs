//! What hosts share: the tables, the cache if there is one, and the limits.

use std::io::Write;

use domain::{Clock, SystemClock};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::engine::Engine;
use crate::valkey::Valkey;

/// Where what is ephemeral is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    DynamoDb,
    Redis,
    Cluster,
}

/// What hosts share.
pub(crate) struct State {
    pub(crate) engine: Engine,
    pub(crate) cache: Option<Valkey>,
    policy: Option<NamedTempFile>,
    deadline_milliseconds: u32,
    cache_port: Option<u16>,
}

impl State {
    /// Nothing is kept yet, and the default limits hold.
    pub(crate) fn on(backend: Backend) -> Self {
        let cache = match backend {
            Backend::DynamoDb => None,
            Backend::Redis => Some(Valkey::single()),
            Backend::Cluster => Some(Valkey::cluster()),
        };
        Self { engine: Engine::start(), cache, policy: None, deadline_milliseconds: PATIENT, cache_port: None }
    }

    /// With these rows of the limits' table.
    pub(crate) fn with_limits(mut self, rows: &Value) -> Self {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(rows.to_string().as_bytes()).unwrap();
        self.policy = Some(file);
        self
    }

    /// With hosts that do not wait longer for the cache.
    pub(crate) fn with_deadline(self, milliseconds: u32) -> Self {
        Self { deadline_milliseconds: milliseconds, ..self }
    }

    /// With hosts that reach the cache through something else at this port.
    pub(crate) fn with_cache_at(self, port: u16) -> Self {
        Self { cache_port: Some(port), ..self }
    }

    pub(crate) fn cache(&self) -> &Valkey {
        self.cache.as_ref().unwrap()
    }

    /// The arguments that tell a host of it.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = self.place();
        if let Some(cache) = &self.cache {
            let (port, cluster) = (self.cache_port.unwrap_or_else(|| cache.port()), cache.is_cluster());
            let deadline = self.deadline_milliseconds;
            let url = format!("redis://127.0.0.1:{port}?cluster={cluster}&deadline_milliseconds={deadline}");
            arguments.extend(["--backend".to_owned(), "valkey".to_owned(), "--valkey-url".to_owned(), url]);
        }
        if let Some(policy) = &self.policy {
            arguments.extend(["--policy".to_owned(), policy.path().display().to_string()]);
        }
        arguments
    }

    /// The arguments that tell an operator's command of it.
    pub(crate) fn place(&self) -> Vec<String> {
        let data_dir = self.engine.data_dir.path().display().to_string();
        vec!["--dynamodb-url".to_owned(), self.engine.url(), "--data-dir".to_owned(), data_dir]
    }

    /// Whether a request under this idempotency key has begun.
    pub(crate) fn has_begun(&self, key: &str) -> bool {
        match &self.cache {
            None => self.engine.has_key(&format!("/i/{key}")),
            Some(cache) => cache.has_request(&self.engine.tenant(), key),
        }
    }
}

/// A period in seconds whose current window, which began at a multiple of it since 1970, goes on for half an hour and more.
pub(crate) fn long_period() -> i64 {
    let now = SystemClock.now().as_second();
    (4..24).map(|hours| hours * 3_600).find(|period| period - now % period > 1_800).unwrap()
}

/// Nothing but a server that is gone takes this long, on a busy machine either. The longest that there is.
const PATIENT: u32 = 1_000;
