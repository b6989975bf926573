//! The Lambda function.

use std::sync::Arc;

use audit::SqsQueue;
use domain::SystemClock;
use drain_outbox::DrainAudit;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use serde::de::IgnoredAny;
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::DrainOutbox::from_env()?;
    let aws = config::aws()?;
    let store = DynamoStore::new(&aws, CoreTable::new(settings.core_table.as_str()));
    let queue = SqsQueue::new(&aws, settings.audit_queue_url);
    let drain = DrainAudit::new(store, queue, Arc::new(SystemClock));
    run_concurrent(service_fn(move |event: LambdaEvent<IgnoredAny>| {
        let drain = drain.clone();
        let deadline = event.context.deadline().try_into().unwrap_or_default();
        async move { drain.drain(deadline).await }
    }))
    .await
}
