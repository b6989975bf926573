//! `countersign admin`.

use crypto::{ApiKey, DevelopmentKey, OsEntropy, WrapKey};
use domain::{Entropy, SystemClock, TenantId};
use keyring::KeyringError;
use kms::KmsKeyring;
use store_dynamodb::{CoreTable, DynamoStore};

use super::Failure;
use super::cli::TenantArgs;
use super::say::say;
use crate::data_dir::DataDir;
use crate::engine::{EmbeddedDynamo, create_tables, table_names};
use crate::host::{DATABASE, DEVELOPMENT_KEY};
use crate::provision::{self, ProvisionStore};

/// Makes a tenant and prints its id and key.
pub(super) async fn create_tenant(arguments: TenantArgs) -> Result<(), Failure> {
    match (&arguments.core_table, &arguments.kms_key_id, &arguments.data_dir) {
        (Some(table), Some(key), _) => in_aws(&arguments, table, key).await,
        (_, _, Some(path)) => locally(&arguments, DataDir::open(path)?).await,
        _ => Err("--core-table and --kms-key-id, or --data-dir, say where".into()),
    }
}

async fn in_aws(arguments: &TenantArgs, table: &str, key: &str) -> Result<(), Failure> {
    let aws = config::operator_aws().await;
    let store = DynamoStore::new(&aws, CoreTable::new(table));
    let place = Place { table: table.to_owned(), key: key.to_owned() };
    create(arguments, &store, &KmsKeyring::new(&aws, key), place).await
}

async fn locally(arguments: &TenantArgs, data_dir: DataDir) -> Result<(), Failure> {
    data_dir.take()?;
    let path = data_dir.file(DEVELOPMENT_KEY);
    let database = data_dir.private_file(DATABASE)?;
    let place = Place { table: database.display().to_string(), key: path.display().to_string() };
    let key = DevelopmentKey::load_or_create(&path, config::outside_lambda()?)?;
    let engine = EmbeddedDynamo::in_file(&database)?;
    create_tables(engine.endpoint()).await?;
    let store = DynamoStore::new(&engine.config(), table_names());
    let created = create(arguments, &store, &key, place).await;
    drop(store);
    engine.stop().await;
    created
}

async fn create(
    arguments: &TenantArgs,
    store: &impl ProvisionStore,
    wrap: &impl WrapKey,
    place: Place,
) -> Result<(), Failure> {
    let entropy: &dyn Entropy = &OsEntropy;
    let tenant = match arguments.tenant_id {
        Some(tenant) => tenant,
        None => TenantId::from_keyed_bytes(entropy.array()?),
    };
    let api_key = ApiKey::generate(arguments.mode.into(), entropy)?;
    provision::create_tenant(store, wrap, (tenant, &api_key), (&SystemClock, entropy))
        .await
        .map_err(|error| place.at_fault(error))?;
    // The one time that the key is shown, for a person or a script.
    Ok(say(&format!("tenant_id={tenant}\napi_key={}", api_key.expose()))?)
}

/// Where a tenant is made, by the names that the operator gave.
struct Place {
    table: String,
    key: String,
}

impl Place {
    fn at_fault(self, source: KeyringError) -> NotCreated {
        match source {
            KeyringError::Store(_) => NotCreated { what: "table", name: self.table, source },
            _ => NotCreated { what: "key", name: self.key, source },
        }
    }
}

/// The tenant was not made, because of this.
#[derive(Debug, thiserror::Error)]
#[error("no tenant was made: {what} {name} can't be used")]
struct NotCreated {
    what: &'static str,
    name: String,
    source: KeyringError,
}
