//! The `introspect` function: wiring only.

use std::sync::Arc;

use domain::SystemClock;
use introspect::Introspect;
use lambda_http::Error;
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Introspect::from_env()?;
    let store = DynamoStore::new(&config::aws()?, CoreTable::new(settings.core_table.as_str()));
    countersign_http::run("introspect", Introspect::new(store, settings.issuer.as_str(), Arc::new(SystemClock))).await
}
