//! The `jwks` function: wiring only.

use std::sync::Arc;

use domain::SystemClock;
use jwks::PublishKeys;
use lambda_http::Error;
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Jwks::from_env()?;
    let store = DynamoStore::new(&config::aws()?, CoreTable::new(settings.core_table.as_str()));
    countersign_http::run("jwks", PublishKeys::new(store, Arc::new(SystemClock))).await
}
