//! The `status` function: wiring only.

use std::sync::Arc;

use admission::{Admission, Ports};
use crypto::OsEntropy;
use domain::{Clock, SystemClock};
use kms::KmsKeyring;
use lambda_http::Error;
use status::ReadStatus;
use store_dynamodb::{CoreAndEphemeral, DynamoStore};
use store_valkey::Tiered;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Status::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tables = CoreAndEphemeral::new(settings.core_table.as_str(), settings.ephemeral_table.as_str());
    let store = Tiered::start(DynamoStore::new(&aws, tables), &settings.cache, &aws).await?;
    let keyring = KmsKeyring::new(&aws, settings.kms_key_id.as_str());
    let admission = Admission::new(Ports {
        store: store.clone(),
        policy: settings.limits,
        clock: Arc::clone(&clock),
        entropy: Arc::new(OsEntropy),
    });
    countersign_http::run("status", ReadStatus::new(store, keyring, clock, admission)).await
}
