//! The Lambda function.

use std::convert::Infallible;
use std::sync::Arc;

use audit::{Recorder, SqsQueue};
use aws_lambda_events::event::sqs::SqsEvent;
use domain::{Clock, SystemClock};
use keyring::BranchKeys;
use kms::KmsKeyring;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use reconcile::{Ports, Reconcile};
use store_dynamodb::{AuditTable, CoreAndEphemeral, DynamoStore};
use store_valkey::Tiered;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Reconcile::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tables = CoreAndEphemeral::new(settings.core_table.as_str(), settings.ephemeral_table.as_str());
    let store = Tiered::start(DynamoStore::new(&aws, tables), &settings.cache, &aws).await?;
    let keyring = KmsKeyring::new(&aws, settings.kms_key_id.as_str());
    let queue = SqsQueue::new(&aws, settings.audit_queue_url.as_str());
    let reconcile = Reconcile::new(Ports {
        index: DynamoStore::new(&aws, AuditTable::new(settings.audit_table.as_str())),
        keys: BranchKeys::new(store.clone(), keyring, Arc::clone(&clock)),
        audit: Recorder::new(queue, store.clone(), Arc::clone(&clock)),
        store,
        clock,
    });
    run_concurrent(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let reconcile = reconcile.clone();
        async move { Ok::<_, Infallible>(reconcile.reconcile(event.payload).await) }
    }))
    .await
}
