//! The `verify` function: wiring only.

use std::sync::Arc;

use audit::SqsSink;
use crypto::{KdfPool, OsEntropy};
use domain::{Clock, SystemClock};
use keyring::{BranchKeys, SigningKeys};
use kms::KmsKeyring;
use lambda_http::Error;
use store_dynamodb::{CoreAndEphemeral, CoreTable, DynamoStore, EphemeralTable};
use verify::{Ports, Verify};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Verify::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tables = CoreAndEphemeral {
        core: CoreTable::new(settings.core_table.as_str()),
        ephemeral: EphemeralTable::new(settings.ephemeral_table.as_str()),
    };
    let store = DynamoStore::new(&aws, tables);
    let keyring = KmsKeyring::new(&aws, settings.kms_key_id.as_str());
    let verify = Verify::new(Ports {
        keys: BranchKeys::new(store.clone(), keyring.clone(), Arc::clone(&clock)),
        signing: SigningKeys::new(store.clone(), keyring, Arc::clone(&clock)),
        store,
        audit: SqsSink::new(&aws, settings.audit_queue_url.as_str()),
        kdf: KdfPool::default(),
        parameters: settings.kdf,
        issuer: settings.issuer.as_str().to_owned(),
        clock,
        entropy: Arc::new(OsEntropy),
    });
    countersign_http::run("verify", verify).await
}
