//! Finding audit events, page by page.

use std::time::Duration;

use super::event::{query, record};
use super::{EventPorts, Failure, Report, Setting, World};
use crate::{EventCursor, EventKey, EventQuery, EventRecord};

pub(super) async fn run<S: EventPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "event_page",
        store,
        setting,
        report,
        [
            pages_of_a_subject_make_up_its_trail,
            pages_of_a_tenant_make_up_its_time,
            events_of_one_millisecond_are_paged,
            an_empty_stretch_is_gone_over,
            the_first_instant_is_in_and_the_last_is_out,
            an_hours_end_loses_nothing,
            a_range_without_events_ends,
            the_order_is_that_of_ids_or_that_of_time,
            another_subject_and_another_tenant_do_not_see_them,
        ]
    );
}

async fn pages_of_a_subject_make_up_its_trail(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let records = spread(world, Duration::from_secs(600));
    store.index_events(&records).await?;

    for limit in [1, 7, 59, 60, 61] {
        let query = EventQuery { limit, ..query(world, Some(world.bytes(8, 0))) };
        ensure_eq!(paged(store, &query).await?, records.clone());
    }
    Ok(())
}

async fn pages_of_a_tenant_make_up_its_time(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let mut records = spread(world, Duration::from_secs(600));
    for (record, number) in records.iter_mut().zip((0..5).cycle()) {
        record.key.subject = world.bytes(8, number);
    }
    store.index_events(&records).await?;

    for limit in [1, 7, 59, 60, 61] {
        ensure_eq!(paged(store, &EventQuery { limit, ..query(world, None) }).await?, records.clone());
    }
    Ok(())
}

async fn events_of_one_millisecond_are_paged(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let records = spread(world, Duration::ZERO);
    store.index_events(&records).await?;

    for subject in [None, Some(world.bytes(8, 0))] {
        ensure_eq!(paged(store, &EventQuery { limit: 9, ..query(world, subject) }).await?, records.clone());
    }
    Ok(())
}

/// Three days between two events, and nothing of another day.
async fn an_empty_stretch_is_gone_over(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let days = |days: u64| world.after(Duration::from_secs(86_400 * days));
    let records: Vec<EventRecord> =
        [(1, 0), (2, 3), (3, 4)].map(|(number, day)| record(world, number, days(day))).into();
    store.index_events(&records).await?;

    for subject in [None, Some(world.bytes(8, 0))] {
        for (until, limit, expected) in [(4, 1, 2), (4, 10, 2), (5, 1, 3), (5, 2, 3)] {
            let query = EventQuery { until: days(until), limit, ..query(world, subject) };
            ensure_eq!(paged(store, &query).await?, records.iter().take(expected).cloned().collect::<Vec<_>>());
        }
        let query = EventQuery { from: days(1), until: days(4), ..query(world, subject) };
        ensure_eq!(paged(store, &query).await?, records.iter().skip(1).take(1).cloned().collect::<Vec<_>>());
    }
    Ok(())
}

async fn the_first_instant_is_in_and_the_last_is_out(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let millis = |millis: u64| world.after(Duration::from_millis(millis));
    let records: Vec<EventRecord> =
        (0..5).map(|number| record(world, number, millis(500 + u64::from(number)))).collect();
    store.index_events(&records).await?;

    for subject in [None, Some(world.bytes(8, 0))] {
        let inner = EventQuery { from: millis(501), until: millis(504), ..query(world, subject) };
        let found = paged(store, &inner).await?;
        ensure_eq!(found, records.iter().skip(1).take(3).cloned().collect::<Vec<_>>());
        let none = EventQuery { from: millis(502), until: millis(502), ..inner };
        ensure_eq!(paged(store, &none).await?, Vec::new());
    }
    Ok(())
}

async fn an_hours_end_loses_nothing(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let hour = 3_600_000;
    let instants = [hour - 1, hour, hour + 1, 2 * hour - 1, 2 * hour, 2 * hour + 1];
    let records: Vec<EventRecord> = instants
        .into_iter()
        .zip(0..)
        .map(|(millis, number)| record(world, number, world.after(Duration::from_millis(millis))))
        .collect();
    store.index_events(&records).await?;

    for subject in [None, Some(world.bytes(8, 0))] {
        for limit in 1..=7 {
            ensure_eq!(paged(store, &EventQuery { limit, ..query(world, subject) }).await?, records.clone());
        }
        let from = world.after(Duration::from_millis(hour));
        let until = world.after(Duration::from_millis(2 * hour));
        let found = paged(store, &EventQuery { from, until, ..query(world, subject) }).await?;
        ensure_eq!(found, records.iter().skip(1).take(3).cloned().collect::<Vec<_>>());
    }
    Ok(())
}

async fn a_range_without_events_ends(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    for subject in [None, Some(world.bytes(8, 0))] {
        let until = world.after(Duration::from_secs(86_400 * 31));
        ensure_eq!(paged(store, &EventQuery { until, ..query(world, subject) }).await?, Vec::new());
    }
    Ok(())
}

/// An event's id follows from its request's key, which may be some minutes from the event's own time.
async fn the_order_is_that_of_ids_or_that_of_time(store: &impl EventPorts, world: &World) -> Result<(), Failure> {
    let seconds = |seconds: u64| world.after(Duration::from_secs(seconds));
    let [early, late] = [(1, 60, 120), (2, 90, 30)].map(|(number, at, id)| {
        let record = record(world, number, seconds(at));
        EventRecord { key: EventKey { id: world.event_id_at(seconds(id), number), ..record.key }, ..record }
    });
    store.index_events(&[early.clone(), late.clone()]).await?;

    for limit in [1, 2] {
        let by_time = paged(store, &EventQuery { limit, ..query(world, None) }).await?;
        ensure_eq!(by_time, vec![early.clone(), late.clone()]);
        let by_id = paged(store, &EventQuery { limit, ..query(world, Some(world.bytes(8, 0))) }).await?;
        ensure_eq!(by_id, vec![late.clone(), early.clone()]);
    }
    // The range is of `at` in either order.
    let from = seconds(61);
    for subject in [None, Some(world.bytes(8, 0))] {
        let found = paged(store, &EventQuery { from, limit: 1, ..query(world, subject) }).await?;
        ensure_eq!(found, vec![late.clone()]);
    }
    Ok(())
}

async fn another_subject_and_another_tenant_do_not_see_them(
    store: &impl EventPorts,
    world: &World,
) -> Result<(), Failure> {
    store.index_events(&[record(world, 1, world.now)]).await?;

    ensure_eq!(paged(store, &query(world, Some(world.bytes(8, 1)))).await?, Vec::new());
    for subject in [None, Some(world.bytes(8, 0))] {
        let theirs = EventQuery { tenant: world.other_tenant, ..query(world, subject) };
        ensure_eq!(paged(store, &theirs).await?, Vec::new());
    }
    Ok(())
}

/// Sixty events of one subject, `step` apart.
fn spread(world: &World, step: Duration) -> Vec<EventRecord> {
    (0..60).map(|number| record(world, number, world.after(step * u32::from(number)))).collect()
}

/// All pages, one after the other, each held to the query.
async fn paged(store: &impl EventPorts, query: &EventQuery) -> Result<Vec<EventRecord>, Failure> {
    let (mut found, mut query) = (Vec::new(), query.clone());
    for _ in 0..MOST_PAGES {
        let page = store.find_events(&query).await?;
        ensure_eq!(page.records.len() <= query.limit.into(), true);
        found.extend(page.records);
        let Some(next) = page.next else { return Ok(found) };
        if query.subject.is_none() {
            let progress = query.after.map_or((query.from, None), |EventCursor { at, id }| (at, Some(id)));
            ensure_eq!((next.at, Some(next.id)) > progress, true);
        }
        query.after = Some(next);
    }
    Err(Failure::new(format!("more than {MOST_PAGES} pages")))
}

/// More pages than a month of empty hours and sixty events can take.
const MOST_PAGES: usize = 1_000;
