//! The units that engines count, against those of `docs/DATA_MODEL.md`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use domain::{Algorithm, AttemptMark, BranchKeyVersion, Enrollment, EventId, FactorSet, FactorType, Penalty, Sealed};
use store::{
    BeginRequest, ChangeListings, CreateEnrollment, DrawPermits, EventRecord, OpenSession, OpenVerification,
    ReserveFailure, StoreEvents,
};

use crate::engine::{self, Engine};
use crate::records::{counter, draw, later, limit, listing, nonce, now, request, session, tenant, user, verification};
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
    let subject = format!("t/{}/s/{}", tenant(), "09".repeat(16));
    let event = units(engine, AUDIT, &subject, Some(&event().id.to_string())).await;

    let counted = BTreeMap::from([
        ("enrollment", enrollment),
        ("account", account),
        ("listing", listing),
        ("request", begun),
        ("counter", drawn_from),
        ("verification", verification),
        ("event", event),
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
    store.create_enrollment(&enrollment()).await.unwrap();
    store.open_session(&session(1), &[]).await.unwrap();
    store.reserve_failure(tenant(), user(), AttemptMark([1; 8]), now()).await.unwrap();
    store.put_listing(&listing()).await.unwrap();
    store.open_verification(&verification()).await.unwrap();
    store.begin_request(tenant(), &request(), nonce(1), now()).await.unwrap();
    store.draw_permits(&counter(), &draw).await.unwrap();
    store.store_events(&[event()]).await.unwrap();
}

/// Four factors with nine askable sets, and a device.
fn enrollment() -> Enrollment {
    let factors = [FactorType::Pin, FactorType::Words, FactorType::Nfc, FactorType::Fingerprint];
    Enrollment {
        tenant: tenant(),
        user: user(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        factors: FactorSet::of(factors).unwrap(),
        created_at: now(),
        user_key: Sealed::new(vec![5; 61]),
        askable_sets: Sealed::new(vec![6; 706]),
        device_id: Some(Sealed::new(vec![7; 65])),
        request: request(),
    }
}

fn event() -> EventRecord {
    EventRecord {
        id: EventId::at(now(), &[6; 10]),
        tenant: tenant(),
        subject: [9; 16],
        at: now(),
        kept_until: later(86_400),
        payload: vec![b'x'; 380],
    }
}
