//! The `describe-enrollment` function: wiring only.

use describe_enrollment::DescribeEnrollment;
use lambda_http::Error;
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::DescribeEnrollment::from_env()?;
    let store = DynamoStore::new(&config::aws()?, CoreTable::new(settings.core_table.as_str()));
    countersign_http::run("describe-enrollment", DescribeEnrollment::new(store)).await
}
