//! The `rotate-keys` function: wiring only.

use std::sync::Arc;

use audit::{Recorder, SqsQueue};
use crypto::OsEntropy;
use domain::{Clock, RequestId, SystemClock};
use kms::KmsKeyring;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use rotate_keys::{Ports, RotateKeys, Run};
use serde_json::value::RawValue;
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::RotateKeys::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = DynamoStore::new(&aws, CoreTable::new(settings.core_table.as_str()));
    let rotate = RotateKeys::new(Ports {
        wrap: KmsKeyring::new(&aws, settings.kms_key_id.as_str()),
        audit: Recorder::new(SqsQueue::new(&aws, settings.audit_queue_url.as_str()), store.clone(), clock.clone()),
        store,
        clock,
        entropy: Arc::new(OsEntropy),
    });
    run_concurrent(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let rotate = rotate.clone();
        let request_id = RequestId::from_transport(&event.context.request_id);
        let deadline = event.context.deadline().try_into().unwrap_or_default();
        // In a box: the runtime's types around it are deep enough.
        Box::pin(async move { rotate.answer(event.payload.get(), Run { request_id: &request_id, deadline }).await })
    }))
    .await
}
