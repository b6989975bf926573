//! What is counted, and what faults do.

use std::pin::pin;

use domain::{EventId, SecretHash, TenantId, UserId};
use futures_util::future::join;
use futures_util::poll;
use jiff::Timestamp;
use store::{ApiKeyRecord, CreateApiKey, FindApiKey, FindBranchKey, FindEnrollment, OutboxEvent};

use super::*;

fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}

fn user() -> UserId {
    UserId::from_keyed_bytes([2; 16])
}

fn hash() -> SecretHash {
    SecretHash::new([3; 32])
}

fn api_key() -> ApiKeyRecord {
    ApiKeyRecord::new(hash(), tenant(), Timestamp::UNIX_EPOCH)
}

fn event() -> OutboxEvent {
    OutboxEvent { id: EventId::NIL, payload: vec![1] }
}

#[tokio::test]
async fn calls_one_after_the_other_are_waits() {
    let store = FaultStore::default();

    store.find_enrollment(tenant(), user()).await.unwrap();
    store.create_api_key(&api_key(), &event()).await.unwrap();
    store.find_api_key(hash()).await.unwrap();

    let trace = store.recorder().take();
    assert_eq!(trace.ports(), ["FindEnrollment", "CreateApiKey", "FindApiKey"]);
    assert_eq!((trace.serial_waits(), trace.writes()), (3, 3));
    assert_eq!(store.recorder().take(), Trace::default());
}

#[tokio::test]
async fn calls_that_are_joined_are_one_wait() {
    let store = FaultStore::default();

    let (enrollment, branch_key) =
        join(store.find_enrollment(tenant(), user()), store.find_branch_key(tenant(), None)).await;
    store.create_api_key(&api_key(), &event()).await.unwrap();

    assert_eq!((enrollment.unwrap(), branch_key.unwrap()), (None, None));
    assert_eq!(store.recorder().take().serial_waits(), 2);
}

#[tokio::test]
async fn a_chain_beside_a_long_call_is_as_long_as_it_is() {
    let store = FaultStore::default();
    store.faults().plan("FindBranchKey", 1, Fault::HangBefore);

    let mut long = pin!(store.find_branch_key(tenant(), None));
    assert!(poll!(long.as_mut()).is_pending());
    store.find_enrollment(tenant(), user()).await.unwrap();
    store.find_api_key(hash()).await.unwrap();

    assert_eq!(store.recorder().take().serial_waits(), 2);
}

#[tokio::test]
async fn a_failure_before_has_no_effect_and_one_after_has() {
    for (fault, stored) in [
        (Fault::FailBefore(StoreErrorKind::Throttled), None),
        (Fault::FailAfter(StoreErrorKind::Throttled), Some(api_key())),
    ] {
        let store = FaultStore::default();
        store.faults().plan("CreateApiKey", 1, fault);

        let error = store.create_api_key(&api_key(), &event()).await.unwrap_err();

        assert_eq!((error.kind, error.operation), (StoreErrorKind::Throttled, "CreateApiKey"));
        assert_eq!(store.find_api_key(hash()).await.unwrap(), stored);
    }
}

#[tokio::test]
async fn a_hanging_call_ends_when_it_is_dropped() {
    for (fault, stored) in [(Fault::HangBefore, None), (Fault::HangAfter, Some(api_key()))] {
        let store = FaultStore::default();
        store.faults().plan("CreateApiKey", 1, fault);

        let record = api_key();
        let event = event();
        let mut call = Box::pin(store.create_api_key(&record, &event));
        let states = [poll!(&mut call).is_pending(), poll!(&mut call).is_pending(), poll!(&mut call).is_pending()];
        drop(call);

        assert_eq!(states, [true; 3]);
        assert_eq!(store.find_api_key(hash()).await.unwrap(), stored);
    }
}

#[tokio::test]
async fn a_fault_strikes_the_planned_call_of_the_planned_port_only() {
    let store = FaultStore::default();
    store.faults().plan("FindApiKey", 2, Fault::FailBefore(StoreErrorKind::Unavailable));
    store.faults().plan("FindApyKey", 1, Fault::HangBefore);

    let before = store.find_api_key(hash()).await;
    let other = store.find_enrollment(tenant(), user()).await;
    let struck = store.find_api_key(hash()).await;
    let after = store.find_api_key(hash()).await;

    assert_eq!([before.is_ok(), other.is_ok(), struck.is_ok(), after.is_ok()], [true, true, false, true]);
    assert_eq!(store.faults().still_planned(), 1);
}
