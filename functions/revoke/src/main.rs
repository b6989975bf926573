//! The `revoke` function: wiring only.

use std::sync::Arc;

use audit::SqsSink;
use domain::{Clock, SystemClock};
use keyring::{BranchKeys, VerifyingKeys};
use kms::KmsKeyring;
use lambda_http::Error;
use revoke::{Ports, Revoke};
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Revoke::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = DynamoStore::new(&aws, CoreTable::new(settings.core_table.as_str()));
    let keyring = KmsKeyring::new(&aws, settings.kms_key_id.as_str());
    let revoke = Revoke::new(Ports {
        keys: BranchKeys::new(store.clone(), keyring, Arc::clone(&clock)),
        published: VerifyingKeys::new(store.clone(), Arc::clone(&clock)),
        store,
        audit: SqsSink::new(&aws, settings.audit_queue_url.as_str()),
        issuer: settings.issuer.as_str().to_owned(),
        clock,
    });
    countersign_http::run("revoke", revoke).await
}
