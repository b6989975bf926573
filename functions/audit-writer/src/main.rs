//! The Lambda function.

use std::convert::Infallible;
use std::sync::Arc;

use audit::SqsQueue;
use audit_log::S3Objects;
use audit_writer::{Ports, WriteAudit};
use aws_lambda_events::event::sqs::SqsEvent;
use crypto::OsEntropy;
use domain::SystemClock;
use kms::KmsLogKey;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use store_dynamodb::{AuditTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::AuditWriter::from_env()?;
    let aws = config::aws()?;
    let write_audit = WriteAudit::new(Ports {
        store: DynamoStore::new(&aws, AuditTable::new(settings.audit_table.as_str())),
        objects: S3Objects::new(&aws, settings.audit_bucket.as_str()),
        key: KmsLogKey::load(&aws, settings.audit_key_id.as_str()).await?,
        reconcile: SqsQueue::new(&aws, settings.reconcile_queue_url),
        shards: settings.audit_shards.get(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    });
    run_concurrent(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let write_audit = write_audit.clone();
        let deadline = event.context.deadline().try_into().unwrap_or_default();
        async move { Ok::<_, Infallible>(write_audit.write(event.payload, deadline).await) }
    }))
    .await
}
