//! The `export` function: wiring only.

use std::sync::Arc;

use admission::Admission;
use audit::{Recorder, SqsQueue};
use countersign_http::StepUp;
use crypto::OsEntropy;
use denials::Denials;
use domain::{Clock, Entropy, SystemClock};
use export::{Export, Ports};
use keyring::BranchKeys;
use kms::KmsKeyring;
use lambda_http::Error;
use store_dynamodb::{AllTables, DynamoStore};
use store_valkey::Tiered;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let (settings, aws) = (config::Export::from_env()?, config::aws()?);
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let (core, ephemeral) = (settings.core_table, settings.ephemeral_table);
    let tables = AllTables::new(core.as_str(), ephemeral.as_str(), settings.audit_table.as_str());
    let store = Tiered::start(DynamoStore::new(&aws, tables), &settings.cache, &aws).await?;
    let (keyring, policy) = (KmsKeyring::new(&aws, settings.kms_key_id.as_str()), settings.limits);
    let limits = admission::Ports { store: store.clone(), policy, clock: clock.clone(), entropy: entropy.clone() };
    let audit = Recorder::new(SqsQueue::new(&aws, settings.audit_queue_url.as_str()), store.clone(), clock.clone());
    let export = Export::new(Ports {
        admission: Admission::new(limits),
        step_up: StepUp::new(store.clone(), settings.issuer.as_str().to_owned(), Arc::clone(&clock)),
        keys: BranchKeys::new(store.clone(), keyring, Arc::clone(&clock)),
        store,
        denials: Denials::new(audit.clone(), clock.clone(), entropy.clone()),
        audit,
        clock,
        entropy,
    });
    countersign_http::run("export", export).await
}
