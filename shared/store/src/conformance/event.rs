//! Indexing and recognising audit events.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::{EventPorts, Failure, Report, Setting, World};
use crate::{EventKey, EventQuery, EventRecord, LogPosition};

pub(super) async fn run<S: EventPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "event",
        store,
        setting,
        report,
        [
            an_indexed_one_comes_back_by_subject_and_by_time,
            many_are_indexed_at_once,
            indexing_them_again_changes_nothing,
            indexing_none_indexes_none,
            what_is_finer_than_a_millisecond_is_cut_off,
            many_are_recognised_among_more,
            recognising_none_gives_none,
            only_the_whole_key_is_recognised,
        ]
    );
}

async fn an_indexed_one_comes_back_by_subject_and_by_time(
    store: &impl EventPorts,
    world: &World,
) -> Result<(), Failure> {
    let position = LogPosition { shard: u16::MAX, batch: 1 << 60, index: u32::MAX };
    let payload = (0..=255).cycle().take(4096).collect();
    let record = EventRecord { payload, position, ..record(world, 1, world.now) };

    ensure_eq!(store.index_events(std::slice::from_ref(&record)).await?, Vec::new());

    let by_time = query(world, None);
    let by_subject = query(world, Some(record.key.subject));
    ensure_eq!(store.find_events(&by_time).await?.records, vec![record.clone()]);
    ensure_eq!(store.find_events(&by_subject).await?.records, vec![record]);
    Ok(())
}

async fn many_are_indexed_at_once(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let records: Vec<EventRecord> = (0..60).map(|number| record(world, number, world.now)).collect();

    ensure_eq!(store.index_events(&records).await?, Vec::new());

    ensure_eq!(recognised(store, &records).await?, records.len());
    let page = store.find_events(&query(world, None)).await?;
    ensure_eq!(page.records, records);
    Ok(())
}

async fn indexing_them_again_changes_nothing(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let [first, second] = [1, 2].map(|number| record(world, number, world.now));
    store.index_events(std::slice::from_ref(&first)).await?;

    ensure_eq!(store.index_events(&[second.clone(), first.clone()]).await?, Vec::new());

    let page = store.find_events(&query(world, Some(first.key.subject))).await?;
    ensure_eq!(page.records, vec![first, second]);
    Ok(())
}

async fn indexing_none_indexes_none(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    ensure_eq!(store.index_events(&[]).await?, Vec::new());

    ensure_eq!(store.find_events(&query(world, None)).await?.records, Vec::new());
    Ok(())
}

async fn what_is_finer_than_a_millisecond_is_cut_off(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let finer = record(world, 1, world.after(Duration::from_nanos(1_999_999)));
    store.index_events(std::slice::from_ref(&finer)).await?;

    let cut = EventRecord { at: world.after(Duration::from_millis(1)), ..finer };
    for subject in [None, Some(cut.key.subject)] {
        let from = world.after(Duration::from_nanos(1_500_000));
        let found = store.find_events(&EventQuery { from, ..query(world, subject) }).await?;
        ensure_eq!(found.records, vec![cut.clone()]);
        let until = world.after(Duration::from_nanos(1_500_000));
        let found = store.find_events(&EventQuery { until, ..query(world, subject) }).await?;
        ensure_eq!(found.records, Vec::new());
    }
    Ok(())
}

/// More keys than `BatchGetItem` takes, of several tenants and subjects.
async fn many_are_recognised_among_more(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let records: Vec<EventRecord> = (0..250)
        .map(|number| {
            let record = record(world, number, world.now);
            let tenant = if number % 3 == 0 { world.other_tenant } else { world.tenant };
            EventRecord { key: EventKey { tenant, subject: world.bytes(8, number % 7), ..record.key }, ..record }
        })
        .collect();
    let indexed: Vec<EventRecord> = records.iter().step_by(2).cloned().collect();
    store.index_events(&indexed).await?;

    let all: BTreeSet<EventKey> = records.iter().map(|record| record.key).collect();
    let known: BTreeSet<EventKey> = indexed.iter().map(|record| record.key).collect();
    ensure_eq!(all.len(), 250);
    ensure_eq!(store.recognise_events(&all).await?, known);
    Ok(())
}

async fn recognising_none_gives_none(store: &impl EventPorts, _: &World) -> Result<(), Failure> {
    ensure_eq!(store.recognise_events(&BTreeSet::new()).await?, BTreeSet::new());
    Ok(())
}

async fn only_the_whole_key_is_recognised(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let record = record(world, 1, world.now);
    store.index_events(std::slice::from_ref(&record)).await?;
    let others = [
        EventKey { tenant: world.other_tenant, ..record.key },
        EventKey { subject: world.bytes(8, 1), ..record.key },
        EventKey { id: world.event_id_at(world.now, 2), ..record.key },
    ];

    ensure_eq!(store.recognise_events(&others.into()).await?, BTreeSet::new());
    let all = others.into_iter().chain([record.key]).collect();
    ensure_eq!(store.recognise_events(&all).await?, [record.key].into());
    Ok(())
}

async fn recognised(store: &impl EventPorts, records: &[EventRecord]) -> Result<usize, Failure> {
    let keys = records.iter().map(|record| record.key).collect();
    Ok(store.recognise_events(&keys).await?.len())
}

/// The `number`th event of the case's tenant and its first subject.
pub(super) fn record(world: &World, number: u8, at: Timestamp) -> EventRecord {
    EventRecord {
        key: EventKey { tenant: world.tenant, subject: world.bytes(8, 0), id: world.event_id_at(at, number) },
        at,
        kept_until: world.after(Duration::from_secs(86_400 * 400)),
        payload: vec![number],
        position: LogPosition { shard: 3, batch: 7, index: number.into() },
    }
}

/// The first day of the case's tenant, or of one subject.
pub(super) fn query(world: &World, subject: Option<[u8; 16]>) -> EventQuery {
    let until = world.after(Duration::from_secs(86_400));
    EventQuery { tenant: world.tenant, subject, from: world.now, until, after: None, limit: 1_000 }
}
