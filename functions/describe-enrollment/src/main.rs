//! The `describe-enrollment` function: wiring only.

use std::sync::Arc;

use admission::{Admission, Ports};
use crypto::OsEntropy;
use describe_enrollment::DescribeEnrollment;
use domain::SystemClock;
use lambda_http::Error;
use store_dynamodb::{CoreAndEphemeral, DynamoStore};
use store_valkey::Tiered;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::DescribeEnrollment::from_env()?;
    let aws = config::aws()?;
    let tables = CoreAndEphemeral::new(settings.core_table.as_str(), settings.ephemeral_table.as_str());
    let store = Tiered::start(DynamoStore::new(&aws, tables), &settings.cache, &aws).await?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let admission = Admission::new(Ports { store: store.clone(), policy: settings.limits, clock, entropy });
    countersign_http::run("describe-enrollment", DescribeEnrollment::new(store, admission)).await
}
