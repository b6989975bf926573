//! The `authorizer` function: wiring only.

use std::sync::Arc;

use audit::{Recorder, SqsQueue};
use authorizer::{Authorize, AuthorizerRequest, Ports};
use crypto::OsEntropy;
use denials::Denials;
use domain::{Clock, SystemClock};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use store_dynamodb::{CoreTable, DynamoStore};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::Authorizer::from_env()?;
    let aws = config::aws()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = DynamoStore::new(&aws, CoreTable::new(settings.core_table.as_str()));
    let queue = SqsQueue::new(&aws, settings.audit_queue_url.as_str());
    let audit = Recorder::new(queue, store.clone(), Arc::clone(&clock));
    let denials = Denials::new(audit, Arc::clone(&clock), Arc::new(OsEntropy));
    let authorize = Authorize::new(Ports { store, denials, clock });
    lambda_runtime::run_concurrent(service_fn(move |event: LambdaEvent<AuthorizerRequest>| {
        let authorize = authorize.clone();
        async move { authorize.answer(&event.payload).await }
    }))
    .await
}
