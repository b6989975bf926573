//! Signing keys. They have no tenant: a case looks at its own only.

use std::time::Duration;

use domain::{EventId, KeyId};

use super::{DurablePorts, Failure, Report, Setting, World};
use crate::SigningKeyRecord;

pub(super) async fn run<S: DurablePorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "signing_key",
        store,
        setting,
        report,
        [all_come_back_as_they_were_oldest_first, one_is_never_replaced,]
    );
}

async fn all_come_back_as_they_were_oldest_first(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let old = record(world, 9, Duration::ZERO)?;
    let new = record(world, 1, Duration::from_millis(1))?;
    let retiring = SigningKeyRecord {
        retires_at: Some(world.after(Duration::from_secs(60))),
        ..record(world, 5, Duration::from_millis(2))?
    };
    ensure_eq!(own(store, &[&old, &new, &retiring]).await?, Vec::new());

    for record in [&retiring, &old, &new] {
        store.create_signing_key(record).await?;
    }

    ensure_eq!(own(store, &[&old, &new, &retiring]).await?, vec![old, new, retiring]);
    Ok(())
}

async fn one_is_never_replaced(store: &impl DurablePorts, world: &World) -> Result<(), Failure> {
    let first = record(world, 1, Duration::ZERO)?;
    store.create_signing_key(&first).await?;

    store.create_signing_key(&SigningKeyRecord { public: vec![7; 65], ..first.clone() }).await?;

    ensure_eq!(own(store, &[&first]).await?, vec![first]);
    Ok(())
}

async fn own(store: &impl DurablePorts, records: &[&SigningKeyRecord]) -> Result<Vec<SigningKeyRecord>, Failure> {
    let all = store.list_signing_keys().await?;
    Ok(all.into_iter().filter(|found| records.iter().any(|record| record.id == found.id)).collect())
}

fn record(world: &World, number: u8, age: Duration) -> Result<SigningKeyRecord, Failure> {
    let id = EventId::from_keyed_bytes(world.bytes(7, number)).to_string();
    let id: KeyId = id.parse().map_err(|_| Failure::new("not a key id".to_owned()))?;
    Ok(SigningKeyRecord {
        id,
        public: vec![4; 65],
        wrapped_private: vec![number; 330],
        created_at: world.after(age),
        signs_from: world.after(age + Duration::from_secs(600)),
        retires_at: None,
    })
}
