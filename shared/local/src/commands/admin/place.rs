//! Where an operator's command works: in AWS, or in a local host's data.

use std::path::PathBuf;
use std::sync::Arc;

use config::CacheSettings;
use crypto::{DevelopmentKey, OsEntropy, OutsideLambda};
use domain::SystemClock;
use keyring::KeyringError;
use kms::KmsKeyring;
use store_dynamodb::{AllTables, CoreTable, DynamoStore};
use store_valkey::Tiered;

use super::arguments::PlaceArgs;
use crate::audit_path::{self, AuditPath, LogWriter};
use crate::commands::Failure;
use crate::data_dir::DataDir;
use crate::engine::{EmbeddedDynamo, create_tables, engine_config, table_names};
use crate::host::{DATABASE, DEVELOPMENT_KEY};

/// Where a command works.
pub(super) enum Place {
    Aws(Box<Stack>),
    Here(Box<Laptop>),
}

/// A deployed stack.
pub(super) struct Stack {
    pub(super) aws: config::SdkConfig,
    pub(super) store: DynamoStore<CoreTable>,
    pub(super) key: KmsKeyring,
    pub(super) audit_queue_url: Option<String>,
    pub(super) names: Names,
}

/// A local host's data.
pub(super) struct Laptop {
    pub(super) store: DynamoStore<AllTables>,
    pub(super) key: DevelopmentKey,
    pub(super) names: Names,
    engine: Option<EmbeddedDynamo>,
    aws: config::SdkConfig,
    outside: OutsideLambda,
    // Held, so that no host uses the data meanwhile.
    data_dir: DataDir,
}

/// What things are called by the names that the operator gave.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) table: String,
    pub(super) key: String,
}

impl Place {
    /// Opens it; `None` if the arguments name no place.
    pub(super) async fn open(arguments: PlaceArgs) -> Result<Option<Self>, Failure> {
        Ok(match arguments {
            PlaceArgs { core_table: Some(table), kms_key_id: Some(key), audit_queue_url, .. } => {
                let aws = config::operator_aws().await;
                Some(Self::Aws(Box::new(Stack {
                    store: DynamoStore::new(&aws, CoreTable::new(table.as_str())),
                    key: KmsKeyring::new(&aws, key.as_str()),
                    aws,
                    audit_queue_url,
                    names: Names { table, key },
                })))
            }
            PlaceArgs { data_dir: Some(path), dynamodb_url, .. } => {
                Some(Self::Here(Box::new(Laptop::open(path, dynamodb_url).await?)))
            }
            _ => None,
        })
    }

    /// Opens it.
    pub(super) async fn of(arguments: PlaceArgs) -> Result<Self, Failure> {
        Self::open(arguments).await?.ok_or_else(|| "--core-table and --kms-key-id, or --data-dir, say where".into())
    }
}

impl Laptop {
    async fn open(path: PathBuf, dynamodb_url: Option<String>) -> Result<Self, Failure> {
        let data_dir = DataDir::open(&path)?;
        let key = data_dir.file(DEVELOPMENT_KEY);
        let (engine, endpoint, table) = if let Some(endpoint) = dynamodb_url {
            data_dir.enter().await?;
            (None, endpoint.clone(), endpoint)
        } else {
            data_dir.take()?;
            let database = data_dir.private_file(DATABASE)?;
            let engine = EmbeddedDynamo::in_file(&database)?;
            let endpoint = engine.endpoint().to_owned();
            (Some(engine), endpoint, database.display().to_string())
        };
        create_tables(&endpoint).await?;
        let (aws, outside) = (engine_config(&endpoint), config::outside_lambda()?);
        Ok(Self {
            store: DynamoStore::new(&aws, table_names()),
            names: Names { table, key: key.display().to_string() },
            key: DevelopmentKey::load_or_create(&key, outside)?,
            engine,
            aws,
            outside,
            data_dir,
        })
    }

    /// Brings events into the log, as a host does.
    pub(super) async fn audit_path(&self) -> Result<AuditPath, Failure> {
        let ports = audit_path::Ports {
            store: Tiered::start(self.store.clone(), &CacheSettings::None, &self.aws).await?,
            tables: self.store.clone(),
            key: self.key.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        };
        Ok(AuditPath::start(&self.data_dir, self.outside, LogWriter::ThisHost, ports)?)
    }

    /// Lets go of it, after everything is written.
    pub(super) async fn close(self) {
        drop(self.store);
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}

impl Names {
    /// What a keyring's error is about.
    pub(super) fn at_fault(&self, source: KeyringError) -> Unusable<KeyringError> {
        match source {
            KeyringError::Store(_) => Unusable { what: "table", name: self.table.clone(), source },
            _ => Unusable { what: "key", name: self.key.clone(), source },
        }
    }
}

/// Nothing was done, because of this.
#[derive(Debug, thiserror::Error)]
#[error("{what} {name} can't be used")]
pub(super) struct Unusable<E: std::error::Error + 'static> {
    pub(super) what: &'static str,
    pub(super) name: String,
    pub(super) source: E,
}
