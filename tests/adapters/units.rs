//! The units that engines count, against those of `docs/DATA_MODEL.md`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use domain::{Algorithm, AttemptMark, Penalty};
use store::{
    AppendBatch, BeginRequest, ChangeListings, CreateEnrollment, DrawPermits, IndexEvents, LeaseShard, OpenSession,
    OpenVerification, ReserveFailure,
};

use crate::engine::{self, Engine};
use crate::records::{
    counter, draw, enrollment, event, event_id, head, later, lease, limit, listing, nonce, now, record, request,
    session, tenant, user, verification,
};
use crate::tables::{AUDIT, CORE, EPHEMERAL};

#[tokio::test(flavor = "multi_thread")]
async fn b5_embedded_dynamodb_counts_the_documented_units() {
    counts_the_documented_units(&engine::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_dynamodb_local_counts_the_documented_units() {
    counts_the_documented_units(&engine::dynamodb_local().await).await;
}

async fn counts_the_documented_units(engine: &Engine) {
    store_one_of_each(engine).await;
    let tenant_user = format!("t/{}/u/{}", tenant(), user());

    let enrollment = units(engine, CORE, &tenant_user, Some("enrollment")).await;
    let account = units(engine, CORE, &tenant_user, Some("account")).await;
    let listing = units(engine, CORE, "listings", Some(&listing().subject.to_string())).await;
    let begun = units(engine, EPHEMERAL, &format!("t/{}/i/{}", tenant(), request().key), None).await;
    let drawn_from = units(engine, EPHEMERAL, counter().as_str(), None).await;
    let verification = units(engine, EPHEMERAL, &format!("t/{}/v/{}", tenant(), verification().id), None).await;
    let outbox = format!("outbox/{}", event(1).part());
    let outbox_event = units(engine, CORE, &outbox, Some(&event_id(1).to_string())).await;
    let subject = format!("t/{}/s/{}", tenant(), "09".repeat(16));
    let by_subject = units(engine, AUDIT, &subject, Some(&event_id(6).to_string())).await;
    let hour = format!("t/{}/h/2100-01-01T00/6", tenant());
    let by_time = units(engine, AUDIT, &hour, Some(&format!("4102444800123/{}", event_id(6)))).await;
    let log_head = units(engine, AUDIT, "log/3", Some("head")).await;

    let counted = BTreeMap::from([
        ("enrollment", enrollment),
        ("account", account),
        ("listing", listing),
        ("request", begun),
        ("counter", drawn_from),
        ("verification", verification),
        ("outbox event", outbox_event),
        ("event by subject", by_subject),
        ("event by time", by_time),
        ("log head", log_head),
    ]);
    for (name, counted) in counted {
        assert_eq!(counted, documented(name), "{name}: read and write units");
    }
}

/// Read units of a consistent read and write units of putting the same item again.
async fn units(engine: &Engine, table: &str, pk: &str, sk: Option<&str>) -> (u32, u32) {
    let pair = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    let key: HashMap<_, _> = [Some(pair("pk", pk)), sk.map(|sk| pair("sk", sk))].into_iter().flatten().collect();
    let total = ReturnConsumedCapacity::Total;

    let read = engine.client.get_item().table_name(table).set_key(Some(key)).consistent_read(true);
    let read = read.return_consumed_capacity(total.clone()).send().await.unwrap();
    let write = engine.client.put_item().table_name(table).set_item(read.item).return_consumed_capacity(total);
    let write = write.send().await.unwrap();

    let whole = |units: Option<f64>| format!("{:.0}", units.unwrap().ceil()).parse().unwrap();
    let read = read.consumed_capacity.unwrap().capacity_units;
    let write = write.consumed_capacity.unwrap().capacity_units;
    (whole(read), whole(write))
}

/// Read units and usual write units of a kind of item.
fn documented(name: &str) -> (u32, u32) {
    let document = include_str!("../../docs/DATA_MODEL.md");
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    let row = document.lines().map(cells).find(|cells| cells.len() == 9 && cells[2] == name).unwrap();
    (row[5].parse().unwrap(), row[6].parse().unwrap())
}

async fn store_one_of_each(engine: &Engine) {
    let store = &engine.store;
    let draw = draw(1, limit(Algorithm::TokenBucket, Penalty::None), now());
    store.create_enrollment(&enrollment(), &event(1)).await.unwrap();
    store.open_session(&session(1), &[]).await.unwrap();
    store.reserve_failure(tenant(), user(), AttemptMark([1; 8]), now()).await.unwrap();
    store.put_listing(&listing(), &event(2)).await.unwrap();
    store.open_verification(&verification()).await.unwrap();
    store.begin_request(tenant(), &request(), nonce(1), now()).await.unwrap();
    store.draw_permits(&counter(), &draw).await.unwrap();
    store.index_events(&[record(6)]).await.unwrap();
    store.lease_shard(&lease(1), now(), later(60)).await.unwrap();
    store.append_batch(&lease(1), &head(1)).await.unwrap();
}
