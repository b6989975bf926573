//! A running engine with empty tables, and how to reach it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use store_dynamodb::{AllTables, DynamoStore};

use crate::dynamodb_local::DynamoDbLocal;
use crate::{embedded, tables};

/// The store under test, and a client that can do to its tables what the store never would.
pub(crate) struct Engine {
    pub(crate) store: DynamoStore<AllTables>,
    pub(crate) client: Client,
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

async fn with_tables(address: &str, process: Option<DynamoDbLocal>) -> Engine {
    let config = config(address);
    let client = Client::new(&config);
    tables::create(&client).await;
    Engine { store: DynamoStore::new(&config, tables::tables()), client, _process: process }
}

/// The SDK's configuration for an engine at `address`.
pub(crate) fn config(address: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(address)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
