//! The `list-sessions` function: wiring only.

use std::sync::Arc;

use admission::Admission;
use audit::{Recorder, SqsQueue};
use crypto::OsEntropy;
use denials::Denials;
use domain::{Clock, Entropy, SystemClock};
use lambda_http::Error;
use list_sessions::{ListLiveSessions, Ports};
use store_dynamodb::{CoreAndEphemeral, DynamoStore};
use store_valkey::Tiered;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start(config::log_filter()?);
    let settings = config::ListSessions::from_env()?;
    let aws = config::aws()?;
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let tables = CoreAndEphemeral::new(settings.core_table.as_str(), settings.ephemeral_table.as_str());
    let store = Tiered::start(DynamoStore::new(&aws, tables), &settings.cache, &aws).await?;
    let queue = SqsQueue::new(&aws, settings.audit_queue_url.as_str());
    let audit = Recorder::new(queue, store.clone(), Arc::clone(&clock));
    let policy = settings.limits;
    let limits = admission::Ports { store: store.clone(), policy, clock: clock.clone(), entropy: entropy.clone() };
    let list = ListLiveSessions::new(Ports {
        admission: Admission::new(limits),
        denials: Denials::new(audit, Arc::clone(&clock), entropy),
        store,
        clock,
    });
    countersign_http::run("list-sessions", list).await
}
