//! The `health` function: wiring only.

use std::sync::Arc;

use audit::SqsQueue;
use domain::SystemClock;
use health::{Dependencies, Health};
use kms::KmsKeyring;
use lambda_http::Error;
use store_dynamodb::{CoreAndEphemeral, CoreTable, DynamoStore, EphemeralTable};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Health::from_env()?;
    let aws = config::aws()?;
    let tables = CoreAndEphemeral {
        core: CoreTable::new(settings.core_table.as_str()),
        ephemeral: EphemeralTable::new(settings.ephemeral_table.as_str()),
    };
    let dependencies = Dependencies {
        store: DynamoStore::new(&aws, tables),
        queue: SqsQueue::new(&aws, settings.audit_queue_url.as_str()),
        keys: KmsKeyring::new(&aws, settings.kms_key_id.as_str()),
    };
    countersign_http::run("health", Health::new(dependencies, Arc::new(SystemClock))).await
}
