//! The `admin` function: wiring only.

use std::sync::Arc;

use admin::{Administer, Ports};
use audit::{Recorder, SqsQueue};
use crypto::OsEntropy;
use domain::{Clock, RequestId, SystemClock};
use keyring::BranchKeys;
use kms::KmsKeyring;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use serde_json::value::RawValue;
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Admin::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = DynamoStore::new(&aws, CoreTable::new(settings.core_table.as_str()));
    let keyring = KmsKeyring::new(&aws, settings.kms_key_id.as_str());
    let administer = Administer::new(Ports {
        keys: BranchKeys::new(store.clone(), keyring, Arc::clone(&clock)),
        audit: Recorder::new(SqsQueue::new(&aws, settings.audit_queue_url.as_str()), store.clone(), clock.clone()),
        store,
        policy: settings.limits,
        clock,
        entropy: Arc::new(OsEntropy),
    });
    run_concurrent(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let administer = administer.clone();
        let request_id = RequestId::from_transport(&event.context.request_id);
        // In a box: the runtime's types around it are deep enough.
        Box::pin(async move { administer.answer(event.payload.get(), &request_id).await })
    }))
    .await
}
