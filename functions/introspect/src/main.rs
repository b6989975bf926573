//! The `introspect` function: wiring only.

use std::sync::Arc;

use admission::{Admission, Ports};
use crypto::OsEntropy;
use domain::{Clock, SystemClock};
use introspect::Introspect;
use lambda_http::Error;
use store_dynamodb::{CoreAndEphemeral, DynamoStore};
use store_valkey::Tiered;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Introspect::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tables = CoreAndEphemeral::new(settings.core_table.as_str(), settings.ephemeral_table.as_str());
    let store = Tiered::start(DynamoStore::new(&aws, tables), &settings.cache, &aws).await?;
    let admission = Admission::new(Ports {
        store: store.clone(),
        policy: settings.limits,
        clock: Arc::clone(&clock),
        entropy: Arc::new(OsEntropy),
    });
    countersign_http::run("introspect", Introspect::new(store, settings.issuer.as_str(), clock, admission)).await
}
