//! The `status` function: wiring only.

use std::sync::Arc;

use domain::SystemClock;
use kms::KmsKeyring;
use lambda_http::Error;
use status::ReadStatus;
use store_dynamodb::{CoreAndEphemeral, CoreTable, DynamoStore, EphemeralTable};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Status::from_env()?;
    let aws = config::aws()?;
    let tables = CoreAndEphemeral {
        core: CoreTable::new(settings.core_table.as_str()),
        ephemeral: EphemeralTable::new(settings.ephemeral_table.as_str()),
    };
    let keyring = KmsKeyring::new(&aws, settings.kms_key_id.as_str());
    countersign_http::run("status", ReadStatus::new(DynamoStore::new(&aws, tables), keyring, Arc::new(SystemClock)))
        .await
}
