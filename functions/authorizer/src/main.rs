//! The `authorizer` function: wiring only.

use std::sync::Arc;

use authorizer::{Authorize, AuthorizerRequest};
use domain::SystemClock;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Authorizer::from_env()?;
    let store = DynamoStore::new(&config::aws()?, CoreTable::new(settings.core_table.as_str()));
    let authorize = Authorize::new(store, Arc::new(SystemClock));
    lambda_runtime::run_concurrent(service_fn(move |event: LambdaEvent<AuthorizerRequest>| {
        let authorize = authorize.clone();
        async move { authorize.answer(&event.payload).await }
    }))
    .await
}
