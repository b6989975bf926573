//! How many requests a port sends to its engine: each is a wait of its caller.

use domain::{
    Algorithm, AttemptMark, Drawn, FORGOTTEN_AFTER, IN_FLIGHT_FOR, MAX_SESSIONS, Penalty, Sealed, SessionEpoch,
};
use jiff::Timestamp;
use store::{
    AdvanceSessionEpoch, Append, AppendBatch, BeginRequest, ChangeListings, Claim, ClaimAttempt, ClaimRequest,
    CompleteVerification, Completion, CreateEnrollment, DisableUser, DisablingOutcome, DrainOutbox, DrawPermits,
    EnablingOutcome, EnrollmentCreation, EraseUser, ErasureOutcome, EventQuery, EventRecord, FactorRotationOutcome,
    FailAttempt, FindAccount, FindCurrentEnrollment, FindEvents, FindListings, FindLogHeads, FindSession,
    FindSessionEpoch, FinishRequest, IndexEvents, KeepEvents, LeaseShard, Leasing, ListSessions, OpenSession,
    OpenVerification, RecogniseEvents, Reservation, ReserveFailure, RevokeSession, RevokeSessions, RotateFactors,
    RotateRefreshToken, SessionOpening, UnlockAccount, Unlocking,
};

use crate::engine::{self, Engine};
use crate::records::{
    claim, claimed, completion, counter, disabling, draw, enabling, enrollment, erasure, event, event_id,
    factor_rotation, head, later, lease, limit, listing, nonce, now, query, record, request, revocation, rotation,
    session, session_key, tenant, user, verification,
};
use crate::relay::{Delivery, Relayed};

#[tokio::test(flavor = "multi_thread")]
async fn b5_a_verification_takes_one_call_for_each_port() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;

    store.open_verification(&verification()).await.unwrap();
    assert_eq!(relayed.requests(), 1, "OpenVerification");
    store.claim_attempt(&claim(1)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "ClaimAttempt");
    store.claim_attempt(&ClaimRequest { nonce: nonce(9), ..claim(1) }).await.unwrap();
    assert_eq!(relayed.requests(), 1, "ClaimAttempt in flight");
    store.fail_attempt(&claimed(1), 2).await.unwrap();
    assert_eq!(relayed.requests(), 1, "FailAttempt");
    store.claim_attempt(&claim(2)).await.unwrap();
    relayed.requests();
    store.reserve_failure(tenant(), user(), AttemptMark([2; 8]), now()).await.unwrap();
    assert_eq!(relayed.requests(), 1, "ReserveFailure");
    assert_eq!(store.complete_verification(&completion(2)).await.unwrap(), Completion::Completed);
    assert_eq!(relayed.requests(), 1, "CompleteVerification");
    store.find_session(tenant(), user(), session(2).id).await.unwrap().unwrap();
    assert_eq!(relayed.requests(), 1, "FindSession");
    store.list_sessions(tenant(), user()).await.unwrap();
    assert_eq!(relayed.requests(), 1, "ListSessions");
    store.rotate_refresh_token(&rotation(2), &event(2)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "RotateRefreshToken");
    store.find_session_epoch(tenant(), user()).await.unwrap();
    assert_eq!(relayed.requests(), 1, "FindSessionEpoch");
    store.advance_session_epoch(tenant(), SessionEpoch::FIRST, &event(3)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "AdvanceSessionEpoch");
    store.revoke_session(&session_key(2), now(), &event(1)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "RevokeSession");
    store.revoke_sessions(&revocation(&[2])).await.unwrap();
    assert_eq!(relayed.requests(), 1, "RevokeSessions, refused");
    store.withdraw_session(&session(2)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "OpenSession, withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_an_attempt_of_a_dead_execution_takes_two_calls() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;
    store.open_verification(&verification()).await.unwrap();
    store.claim_attempt(&claim(1)).await.unwrap();
    relayed.requests();

    let again = ClaimRequest { nonce: nonce(9), now: now() + IN_FLIGHT_FOR, ..claim(1) };
    let claimed = store.claim_attempt(&again).await.unwrap();

    assert!(matches!(claimed, Claim::Granted(_)));
    assert_eq!(relayed.requests(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_reserving_a_failure_takes_one_call_and_two_to_begin_anew() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;
    let reserve = |number, now| store.reserve_failure(tenant(), user(), AttemptMark([number; 8]), now);

    for number in 1..=5 {
        reserve(number, now()).await.unwrap();
    }
    assert_eq!(relayed.requests(), 5);
    assert!(matches!(reserve(6, now()).await.unwrap(), Reservation::Locked { .. }));
    assert_eq!(relayed.requests(), 1, "locked");
    reserve(5, now()).await.unwrap();
    assert_eq!(relayed.requests(), 1, "reserved before");
    reserve(7, now() + FORGOTTEN_AFTER).await.unwrap();
    assert_eq!(relayed.requests(), 2, "forgotten");
    let known = store.find_account(tenant(), user()).await.unwrap().unwrap().failures;
    relayed.requests();
    assert_eq!(store.unlock_account(tenant(), user(), &known, &event(1)).await.unwrap(), Unlocking::Unlocked);
    assert_eq!(relayed.requests(), 1, "UnlockAccount");
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_opening_a_session_takes_one_call_in_an_account_that_is_as_it_was_seen() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;

    let opened = store.open_session(&session(1), &[]).await.unwrap();
    assert_eq!((opened, relayed.requests()), (SessionOpening::Opened, 2), "there was no account");
    for number in 2..=5 {
        store.open_session(&session(number), &[]).await.unwrap();
    }
    assert_eq!(relayed.requests(), MAX_SESSIONS - 1);
    let changed = store.open_session(&session(6), &[]).await.unwrap();
    assert!(matches!(changed, SessionOpening::Changed(_)));
    assert_eq!(relayed.requests(), 1, "too many");
    let opened = store.open_session(&session(6), &[session(1).id]).await.unwrap();
    assert_eq!((opened, relayed.requests()), (SessionOpening::Opened, 1), "one goes");
    let evicted = [session(1).id, session(2).id];
    let opened = store.open_session(&session(7), &evicted).await.unwrap();
    assert_eq!((opened, relayed.requests()), (SessionOpening::Opened, 2), "one of those that go is gone");
    let account = store.find_account(tenant(), user()).await.unwrap().unwrap();
    assert_eq!(account.sessions.into_keys().collect::<Vec<_>>(), [3, 4, 5, 6, 7].map(|number| session(number).id));
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_a_draw_takes_one_call_unless_the_counter_is_busy() {
    let (_engine, relayed) = relayed().await;
    let limit = limit(Algorithm::FixedWindow, Penalty::None);
    let window_end = limit.window_start(now()) + limit.period;
    let last = Timestamp::from_millisecond(window_end.as_millisecond() - 1).unwrap();
    let draw = async |number, now| {
        let drawn = relayed.store.draw_permits(&counter(), &draw(number, limit, now)).await.unwrap();
        (matches!(drawn, Drawn::Granted { .. }), relayed.requests())
    };

    assert_eq!(draw(1, now()).await, (true, 1), "new");
    assert_eq!(draw(2, now()).await, (true, 2), "busy");
    assert_eq!(draw(2, now()).await, (true, 1), "repeated");
    assert_eq!(draw(3, last).await, (true, 2), "busy");
    assert_eq!(draw(4, last).await, (false, 1), "exhausted");
    assert_eq!(draw(5, window_end).await, (true, 1), "spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_requests_and_listings_take_one_call() {
    let (_engine, relayed) = relayed().await;
    let (store, answer) = (&relayed.store, Sealed::new(vec![7; 40]));

    store.begin_request(tenant(), &request(), nonce(1), now()).await.unwrap();
    assert_eq!(relayed.requests(), 1, "BeginRequest");
    store.abandon_request(tenant(), &request(), nonce(1)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "FinishRequest, given up");
    store.begin_request(tenant(), &request(), nonce(2), now() + IN_FLIGHT_FOR).await.unwrap();
    relayed.requests();
    store.finish_request(tenant(), &request(), nonce(2), &answer).await.unwrap();
    assert_eq!(relayed.requests(), 1, "FinishRequest");
    store.put_listing(&listing(), &event(1)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "ChangeListings");
    assert_eq!(store.find_listings().await.unwrap(), [listing()]);
    assert_eq!(relayed.requests(), 1, "FindListings");
    store.remove_listing(&listing().subject, &event(2)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "ChangeListings, removed");
    store.create_enrollment(&enrollment(), &event(3)).await.unwrap();
    assert_eq!(relayed.requests(), 1, "CreateEnrollment");
    let again = store.create_enrollment(&enrollment(), &event(4)).await.unwrap();
    assert!(matches!(again, EnrollmentCreation::AlreadyEnrolled(_)));
    assert_eq!(relayed.requests(), 1, "CreateEnrollment, of somebody who is enrolled");
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_a_rotation_and_an_erasure_take_one_call() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;
    store.create_enrollment(&enrollment(), &event(1)).await.unwrap();
    relayed.requests();

    store.find_current_enrollment(tenant(), user()).await.unwrap();
    assert_eq!(relayed.requests(), 1, "FindCurrentEnrollment");
    assert_eq!(store.rotate_factors(&factor_rotation(), &event(2)).await.unwrap(), FactorRotationOutcome::Rotated);
    assert_eq!(relayed.requests(), 1, "RotateFactors");
    assert_eq!(store.erase_user(&erasure(), &event(3)).await.unwrap(), ErasureOutcome::Erased);
    assert_eq!(relayed.requests(), 1, "EraseUser");
    let again = store.erase_user(&erasure(), &event(4)).await.unwrap();
    assert_eq!(again, ErasureOutcome::AlreadyErased { at: now() });
    assert_eq!(relayed.requests(), 1, "EraseUser, of somebody who is erased");
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_disabling_and_enabling_take_one_call() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;
    store.create_enrollment(&enrollment(), &event(1)).await.unwrap();
    relayed.requests();

    assert_eq!(store.disable_user(&disabling(), &event(2)).await.unwrap(), DisablingOutcome::Disabled);
    assert_eq!(relayed.requests(), 1, "DisableUser");
    let again = store.disable_user(&disabling(), &event(3)).await.unwrap();
    assert_eq!(again, DisablingOutcome::AlreadyDisabled { at: now() });
    assert_eq!(relayed.requests(), 1, "DisableUser, of somebody who is disabled");
    assert_eq!(store.enable_user(&enabling(), &event(4)).await.unwrap(), EnablingOutcome::Enabled);
    assert_eq!(relayed.requests(), 1, "DisableUser, enabling");
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_the_outbox_takes_one_call_for_an_event_and_for_emptying_a_part() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;

    store.keep_events(&[event(1)]).await.unwrap();
    assert_eq!(relayed.requests(), 1, "KeepEvents");
    assert_eq!(store.outbox_events(event(1).part(), 100).await.unwrap(), [event(1)]);
    assert_eq!(relayed.requests(), 1, "DrainOutbox");
    store.remove_outbox_events(&(0..25).map(event_id).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(relayed.requests(), 1, "DrainOutbox, 25 removed");
    store.remove_outbox_events(&(0..26).map(event_id).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(relayed.requests(), 2, "DrainOutbox, 26 removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_the_index_takes_one_call_for_25_items_and_for_100_keys() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;
    let records: Vec<EventRecord> = (0..100).map(record).collect();
    let keys = |number: u8| (0..number).map(|number| record(number).key).collect();

    store.index_events(&records[..12]).await.unwrap();
    assert_eq!(relayed.requests(), 1, "IndexEvents of 12");
    store.index_events(&records).await.unwrap();
    assert_eq!(relayed.requests(), 8, "IndexEvents of 100");
    assert_eq!(store.recognise_events(&keys(100)).await.unwrap().len(), 100);
    assert_eq!(relayed.requests(), 1, "RecogniseEvents of 100");
    assert_eq!(store.recognise_events(&keys(101)).await.unwrap().len(), 100);
    assert_eq!(relayed.requests(), 2, "RecogniseEvents of 101");
    assert_eq!(store.find_events(&query(Some([9; 16]))).await.unwrap().records, records);
    assert_eq!(relayed.requests(), 1, "FindEvents of a subject");
    store.find_events(&EventQuery { until: later(60), ..query(None) }).await.unwrap();
    assert_eq!(relayed.requests(), 8, "FindEvents of an hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_a_batch_of_the_log_takes_three_calls() {
    let (_engine, relayed) = relayed().await;
    let store = &relayed.store;

    store.lease_shard(&lease(1), now(), later(60)).await.unwrap();
    store.append_batch(&lease(1), &head(1)).await.unwrap();
    store.release_shard(&lease(1), Some(1)).await.unwrap();
    assert_eq!(relayed.requests(), 3, "LeaseShard, AppendBatch, LeaseShard");
    store.lease_shard(&lease(1), now(), later(60)).await.unwrap();
    relayed.requests();
    let held = store.lease_shard(&lease(2), now(), later(60)).await.unwrap();
    assert_eq!((held, relayed.requests()), (Leasing::Held { until: later(60) }, 1), "somebody else's");
    let lost = store.append_batch(&lease(2), &head(2)).await.unwrap();
    assert_eq!((lost, relayed.requests()), (Append::Lost, 1), "somebody else's");
    store.release_shard(&lease(1), None).await.unwrap();
    assert_eq!(relayed.requests(), 1, "nothing settled");
    store.find_log_heads(64).await.unwrap();
    assert_eq!(relayed.requests(), 1, "FindLogHeads");
}

async fn relayed() -> (Engine, Relayed) {
    let engine = engine::embedded().await;
    let relayed = Relayed::new(&engine.address, Delivery::Once).await;
    (engine, relayed)
}
