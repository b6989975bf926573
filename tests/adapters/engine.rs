//! A running engine with the template's tables, empty, and how to reach it.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use local::{create_tables, engine_config, table_names};
use store_dynamodb::{AllTables, DynamoStore};

use crate::dynamodb_local::DynamoDbLocal;
use crate::embedded;
use crate::tables::{AUDIT, CORE, EPHEMERAL};

/// The store under test, and a client that can do to its tables what the store never would.
pub(crate) struct Engine {
    pub(crate) store: DynamoStore<AllTables>,
    pub(crate) client: Client,
    /// Where it answers, `http://127.0.0.1:…`.
    pub(crate) address: String,
    _process: Option<DynamoDbLocal>,
}

/// Starts the engine inside this process.
pub(crate) async fn embedded() -> Engine {
    with_tables(&embedded::serve().await, None).await
}

/// Starts Amazon's own.
pub(crate) async fn dynamodb_local() -> Engine {
    let process = DynamoDbLocal::start().await;
    with_tables(&process.address(), Some(process)).await
}

impl Engine {
    /// Forgets everything.
    pub(crate) async fn empty(&self) {
        for table in [CORE, EPHEMERAL, AUDIT] {
            self.client.update_table().table_name(table).deletion_protection_enabled(false).send().await.unwrap();
            self.client.delete_table().table_name(table).send().await.unwrap();
        }
        create_tables(&self.address).await.unwrap();
    }
}

async fn with_tables(address: &str, process: Option<DynamoDbLocal>) -> Engine {
    create_tables(address).await.unwrap();
    let config = engine_config(address).into_builder().timeout_config(patience()).build();
    let store = DynamoStore::new(&config, table_names());
    Engine { store, client: Client::new(&config), address: address.to_owned(), _process: process }
}

/// A JVM that has just started may take longer for ten megabytes than a function would wait.
fn patience() -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(Duration::from_secs(60)).build()
}
