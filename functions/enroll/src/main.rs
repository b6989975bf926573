//! The `enroll` function: wiring only.

use std::sync::Arc;

use audit::SqsSink;
use crypto::{KdfPool, OsEntropy};
use domain::{Clock, SystemClock};
use enroll::{Enroll, Ports};
use keyring::BranchKeys;
use kms::KmsKeyring;
use lambda_http::Error;
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Enroll::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = DynamoStore::new(&aws, CoreTable::new(settings.core_table.as_str()));
    let keyring = KmsKeyring::new(&aws, settings.kms_key_id.as_str());
    let enroll = Enroll::new(Ports {
        keys: BranchKeys::new(store.clone(), keyring, Arc::clone(&clock)),
        store,
        audit: SqsSink::new(&aws, settings.audit_queue_url.as_str()),
        kdf: KdfPool::default(),
        parameters: settings.kdf,
        clock,
        entropy: Arc::new(OsEntropy),
    });
    countersign_http::run("enroll", enroll).await
}
