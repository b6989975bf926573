//! API keys.

use std::time::Duration;

use domain::SecretHash;

use super::{DurablePorts, Failure, Report, Setting, World};
use crate::ApiKeyRecord;

pub(super) async fn run<S: DurablePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "api_key",
        store,
        setting,
        report,
        [it_comes_back_as_it_was, one_that_expired_is_still_found, it_is_never_replaced,]
    );
}

async fn it_comes_back_as_it_was(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let record = record(world);
    ensure_eq!(store.find_api_key(record.hash).await?, None);

    store.create_api_key(&record).await?;

    ensure_eq!(store.find_api_key(record.hash).await?, Some(record));
    Ok(())
}

async fn one_that_expired_is_still_found(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let record = ApiKeyRecord { expires_at: Some(world.after(Duration::from_millis(1))), ..record(world) };

    store.create_api_key(&record).await?;

    ensure_eq!(store.find_api_key(record.hash).await?, Some(record));
    Ok(())
}

async fn it_is_never_replaced(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let record = record(world);
    store.create_api_key(&record).await?;

    store.create_api_key(&ApiKeyRecord { tenant: world.other_tenant, ..record }).await?;

    ensure_eq!(store.find_api_key(record.hash).await?, Some(record));
    Ok(())
}

fn record(world: &World) -> ApiKeyRecord {
    let mut hash = [0xee; 32];
    hash.iter_mut().zip(world.bytes(6, 0)).for_each(|(byte, value)| *byte = value);
    ApiKeyRecord { hash: SecretHash::new(hash), tenant: world.tenant, created_at: world.now, expires_at: None }
}
