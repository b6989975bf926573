//! The Lambda function.

use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};
use publish_checkpoints::{PublishHeads, SnsCheckpoints};
use serde::de::IgnoredAny;
use store_dynamodb::{AuditTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::PublishCheckpoints::from_env()?;
    let aws = config::aws()?;
    let store = DynamoStore::new(&aws, AuditTable::new(settings.audit_table.as_str()));
    let topic = SnsCheckpoints::new(&aws, settings.checkpoint_topic_arn);
    let heads = PublishHeads::new(store, topic, settings.audit_shards.get());
    run_concurrent(service_fn(move |_: LambdaEvent<IgnoredAny>| {
        let heads = heads.clone();
        async move { heads.publish().await }
    }))
    .await
}
