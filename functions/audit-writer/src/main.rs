//! The Lambda function.

use std::convert::Infallible;

use audit_writer::WriteAudit;
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use store_dynamodb::{AuditTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);

    let settings = config::AuditWriter::from_env()?;

    let store = DynamoStore::new(&config::aws()?, AuditTable::new(settings.audit_table.as_str()));
    let write_audit = WriteAudit::new(store);

    run_concurrent(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let write_audit = write_audit.clone();
        async move { Ok::<_, Infallible>(write_audit.write(event.payload).await) }
    }))
    .await
}
