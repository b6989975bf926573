//! Everything that a laptop needs, put together: engine, tables, keys, a tenant, the audit queue, the functions.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use admission::Policy;
use config::CacheSettings;
use crypto::{ApiKey, DevelopmentKey, DevelopmentKeyRefused, InsideLambda, KdfParameters, KdfPool, OsEntropy};
use domain::{Clock, Entropy, SystemClock, TenantId};
use keyring::KeyringError;
use store_dynamodb::{AllTables, DynamoStore};
use store_valkey::Tiered;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::audit_path::{self, AuditPath, AuditPathError, HostAudit, LogWriter};
use crate::chore::Chore;
use crate::data_dir::{DataDir, DataDirError};
use crate::engine::{EmbeddedDynamo, EngineError, TablesError, create_tables, engine_config, table_names};
use crate::key_rotation::start_rotating;
use crate::provision::development_tenant;
use crate::{Ports, Service, server};

/// Where the tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// Inside the process, in memory.
    Memory,
    /// Inside the process, in a file of the data directory, which no other process may use then.
    File,
    /// At this endpoint. Several processes can share it, if they share the data directory with its keys too.
    Endpoint(String),
}

/// The store of a host: DynamoDB, with a cache in front of it if the host has one.
pub type HostStore = Tiered<DynamoStore<AllTables>>;

/// What a host is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the tables are.
    pub engine: Engine,
    /// Where what is ephemeral is kept instead, if so.
    pub cache: CacheSettings,
    /// Which limits hold.
    pub policy: Policy,
    /// How new enrollments' factors are stretched.
    pub parameters: KdfParameters,
    /// Who brings audit events into the log.
    pub log_writer: LogWriter,
}

/// A host that is ready to serve.
#[derive(Debug)]
pub struct Host {
    /// All functions.
    pub service: Service<HostStore, DevelopmentKey, HostAudit>,
    /// What is durable of their state.
    pub tables: DynamoStore<AllTables>,
    /// Wraps the keys in the store.
    pub key: DevelopmentKey,
    /// The development tenant.
    pub tenant: TenantId,
    /// Its API key.
    pub api_key: ApiKey,
    engine: Option<EmbeddedDynamo>,
    audit: AuditPath,
    rotating: Chore,
    data_dir: DataDir,
}

impl Host {
    /// Starts what the functions need and mounts them.
    ///
    /// # Errors
    /// [`StartError`] names what is at fault.
    pub async fn start(data_dir: DataDir, settings: Settings) -> Result<Self, StartError> {
        let outside = config::outside_lambda()?;
        if matches!(settings.engine, Engine::Endpoint(_)) {
            data_dir.enter().await?;
        } else {
            data_dir.take()?;
        }
        let key = DevelopmentKey::load_or_create(&data_dir.file(DEVELOPMENT_KEY), outside)
            .map_err(|source| StartError::Key { path: data_dir.file(DEVELOPMENT_KEY), source })?;
        let (engine, endpoint) = start_engine(&settings.engine, &data_dir)?;
        create_tables(&endpoint).await?;
        let aws = engine_config(&endpoint);
        let tables = DynamoStore::new(&aws, table_names());
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
        let api_key = data_dir.api_key()?;
        let tenant = development_tenant(&tables, &key, &api_key, (&*clock, &*entropy)).await?;
        if engine.is_none() {
            data_dir.leave()?;
        }
        let store = Tiered::start(tables.clone(), &settings.cache, &aws).await?;
        let ports = audit_path::Ports {
            store: store.clone(),
            tables: tables.clone(),
            key: key.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        };
        let audit = AuditPath::start(&data_dir, outside, settings.log_writer, ports.clone())?;
        let rotating = start_rotating(ports, audit.recorder());
        let service = Service::new(&Ports {
            store,
            keys: key.clone(),
            audit: audit.recorder(),
            policy: settings.policy,
            kdf: KdfPool::default(),
            parameters: settings.parameters,
            issuer: ISSUER.to_owned(),
            clock,
            entropy,
        });
        Ok(Self { service, tables, key, tenant, api_key, engine, audit, rotating, data_dir })
    }

    /// The folder with its keys.
    #[must_use]
    pub const fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// Serves until `stop`; then finishes the requests in flight, writes the audit events out, and stops the engine.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        server::run(listener, self.service, stop).await;
        self.rotating.stop().await;
        // The path ends when the last request is done with it.
        if timeout(FLUSH_DEADLINE, self.audit.finish(FLUSH_PATIENCE)).await.is_err() {
            tracing::warn!("what is left of the audit queue is for the next host");
        }
        drop(self.tables);
        if let Some(engine) = self.engine
            && timeout(FLUSH_DEADLINE, engine.stop()).await.is_err()
        {
            tracing::warn!("the embedded engine did not stop in time");
        }
    }
}

fn start_engine(engine: &Engine, data_dir: &DataDir) -> Result<(Option<EmbeddedDynamo>, String), StartError> {
    let embedded = match engine {
        Engine::Memory => EmbeddedDynamo::in_memory()?,
        Engine::File => EmbeddedDynamo::in_file(&data_dir.private_file(DATABASE)?)?,
        Engine::Endpoint(endpoint) => return Ok((None, endpoint.clone())),
    };
    let endpoint = embedded.endpoint().to_owned();
    Ok((Some(embedded), endpoint))
}

/// Why a host does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The development key is not for use here.
    #[error("this is not a place to develop in")]
    InsideLambda(#[from] InsideLambda),
    /// The data directory can't be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// There is no development key.
    #[error("no development key in {}", path.display())]
    Key {
        /// Its file.
        path: std::path::PathBuf,
        /// What is wrong.
        source: DevelopmentKeyRefused,
    },
    /// The engine does not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The tables are not there.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// The cache can't be used as it is named.
    #[error(transparent)]
    Cache(#[from] store_valkey::StartError),
    /// Events can't be brought into the audit log.
    #[error("the audit log can't be used")]
    Audit(#[from] AuditPathError),
    /// The development tenant is not there.
    #[error("the development tenant can't be made")]
    Tenant(#[from] KeyringError),
}

/// The embedded engine's file in the data directory.
pub(crate) const DATABASE: &str = "dynamodb.sqlite";

/// The wrapping key's file in the data directory.
pub(crate) const DEVELOPMENT_KEY: &str = "development.key";

/// The issuer of local tokens: the same on every port, and nobody's name (RFC 6761 §6.3).
pub(crate) const ISSUER: &str = "https://countersign.localhost";

/// For each part of the way into the audit log. Two of them, and some calls of the store, fit into the deadline.
pub(crate) const FLUSH_PATIENCE: Duration = Duration::from_secs(12);

const FLUSH_DEADLINE: Duration = Duration::from_secs(35);
