//! The `refresh` function: wiring only.

use std::sync::Arc;

use admission::Admission;
use audit::{Recorder, SqsQueue};
use crypto::OsEntropy;
use denials::Denials;
use domain::{Clock, Entropy, SystemClock};
use keyring::{BranchKeys, SigningKeys};
use kms::KmsKeyring;
use refresh::{Ports, Refresh};
use store_dynamodb::{CoreAndEphemeral, DynamoStore};
use store_valkey::Tiered;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Refresh::from_env()?;
    let aws = config::aws()?;
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let tables = CoreAndEphemeral::new(settings.core_table.as_str(), settings.ephemeral_table.as_str());
    let store = Tiered::start(DynamoStore::new(&aws, tables), &settings.cache, &aws).await?;
    let keyring = KmsKeyring::new(&aws, settings.kms_key_id.as_str());
    let policy = settings.limits;
    let limits = admission::Ports { store: store.clone(), policy, clock: clock.clone(), entropy: entropy.clone() };
    let audit = Recorder::new(SqsQueue::new(&aws, settings.audit_queue_url.as_str()), store.clone(), clock.clone());
    let refresh = Refresh::new(Ports {
        admission: Admission::new(limits),
        keys: BranchKeys::new(store.clone(), keyring.clone(), Arc::clone(&clock)),
        signing: SigningKeys::new(store.clone(), keyring, Arc::clone(&clock)),
        store,
        denials: Denials::new(audit.clone(), clock.clone(), entropy.clone()),
        audit,
        issuer: settings.issuer.as_str().to_owned(),
        clock,
        entropy,
    });
    countersign_http::run("refresh", refresh).await
}
