//! The `erase` function: wiring only.

use std::sync::Arc;

use admission::Admission;
use audit::{Recorder, SqsQueue};
use countersign_http::StepUp;
use crypto::OsEntropy;
use denials::Denials;
use domain::{Clock, Entropy, SystemClock};
use erase::{Erase, Ports};
use keyring::BranchKeys;
use kms::KmsKeyring;
use store_dynamodb::{CoreAndEphemeral, DynamoStore};
use store_valkey::Tiered;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start(config::log_filter()?);
    let (settings, aws) = (config::Erase::from_env()?, config::aws()?);
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let tables = CoreAndEphemeral::new(settings.core_table.as_str(), settings.ephemeral_table.as_str());
    let store = Tiered::start(DynamoStore::new(&aws, tables), &settings.cache, &aws).await?;
    let (keyring, policy) = (KmsKeyring::new(&aws, settings.kms_key_id.as_str()), settings.limits);
    let limits = admission::Ports { store: store.clone(), policy, clock: clock.clone(), entropy: entropy.clone() };
    let audit = Recorder::new(SqsQueue::new(&aws, settings.audit_queue_url.as_str()), store.clone(), clock.clone());
    let erase = Erase::new(Ports {
        admission: Admission::new(limits),
        step_up: StepUp::new(store.clone(), settings.issuer.as_str().to_owned(), Arc::clone(&clock)),
        keys: BranchKeys::new(store.clone(), keyring, Arc::clone(&clock)),
        store,
        denials: Denials::new(audit.clone(), clock.clone(), entropy.clone()),
        audit,
        clock,
        entropy,
    });
    countersign_http::run("erase", erase).await
}
