//! Calls that take effect while their answers are lost, and what repeating them does: by the store's caller here, by the SDK in
//! `repetition.rs`.

use domain::{Account, Algorithm, AttemptMark, AttemptState, Drawn, Penalty, Sealed};
use store::conformance::{
    ApiKeyPorts, DurablePorts, EventPorts, EveryPort, ListingPorts, LogPorts, OutboxPorts, RequestPorts,
    VerificationPorts,
};
use store::{
    ApiKeyChange, Append, AppendBatch, BeginRequest, Beginning, ChangeListings, Claim, ClaimAttempt,
    CompleteVerification, Completion, CreateApiKey, CreateEnrollment, DrainOutbox, DrawPermits, EnrollmentCreation,
    FailAttempt, FindAccount, FindEvents, FindListings, FindLogHeads, FindVerification, FinishRequest, IndexEvents,
    KeepEvents, LeaseShard, Leasing, ListApiKeys, NoteApiKeyUse, OpenSession, OpenVerification, Opening, Reservation,
    ReserveFailure, Revocation, RevokeApiKey, RevokeSession, RotateApiKey, RotateRefreshToken, Rotation,
    SessionOpening, StoreErrorKind, UnlockAccount, Unlocking,
};
use testkit::{Fault, MemoryStore, RecordingStore};

use crate::engine;
use crate::records::{
    api_key, claim, claimed, completion, counter, draw, enrollment, event, event_id, head, key_rotation, later, lease,
    limit, listing, nonce, now, query, record, request, rotation, session, session_key, tenant, user, verification,
};

const LOST: Fault = Fault::FailAfter(StoreErrorKind::Unavailable);

#[tokio::test]
async fn a9_a_lost_answer_is_never_counted_twice_in_memory() {
    a_lost_answer_is_never_counted_twice(&RecordingStore::new(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_a_lost_answer_is_never_counted_twice_on_embedded_dynamodb() {
    a_lost_answer_is_never_counted_twice(&RecordingStore::new(engine::embedded().await.store)).await;
}

async fn a_lost_answer_is_never_counted_twice<S: Clone + 'static>(store: &RecordingStore<S>)
where
    RecordingStore<S>: EveryPort,
{
    outcomes_of_a_verification_come_once(store).await;
    sessions_are_opened_and_revoked_once(store).await;
    requests_begin_and_end_once(store).await;
    permits_are_drawn_once(store).await;
    changes_keep_their_events_once(store).await;
    api_keys_change_once(store).await;
    batches_are_appended_once(store).await;
    assert_eq!(store.faults().still_planned(), 0);
}

/// Makes the call twice, with its first answer lost.
macro_rules! twice {
    ($store:ident, $port:literal, $call:expr) => {{
        $store.faults().plan($port, 1, LOST);
        $call.await.unwrap_err();
        $call.await.unwrap()
    }};
}

async fn outcomes_of_a_verification_come_once<S: Clone + 'static>(store: &RecordingStore<S>)
where
    RecordingStore<S>: VerificationPorts,
{
    let (verification, mark) = (verification(), AttemptMark([1; 8]));

    let opening = twice!(store, "OpenVerification", store.open_verification(&verification));
    let granted = twice!(store, "ClaimAttempt", store.claim_attempt(&claim(1)));
    twice!(store, "FailAttempt", store.fail_attempt(&claimed(1), 2));
    store.claim_attempt(&claim(2)).await.unwrap();
    let reserved = twice!(store, "ReserveFailure", store.reserve_failure(tenant(), user(), mark, now()));
    let completed = twice!(store, "CompleteVerification", store.complete_verification(&completion(2)));

    assert_eq!(opening, Opening::AlreadyOpened(Box::new(verification.clone())));
    assert!(matches!(granted, Claim::Granted(granted) if granted.attempts.len() == 1));
    assert!(matches!(reserved, Reservation::Reserved(account) if account.failures.instants() == [now()]));
    assert_eq!(completed, Completion::Completed);
    let found = store.find_verification(tenant(), verification.id).await.unwrap().unwrap();
    let states: Vec<_> = found.attempts.values().map(|attempt| attempt.state).collect();
    assert_eq!(states, [AttemptState::Wrong { attempts_remaining: 2 }, AttemptState::Right]);
    let account = store.find_account(tenant(), user()).await.unwrap();
    assert_eq!(account, Some(Account { sessions: [(session(2).id, session(2))].into(), ..Account::default() }));
}

async fn sessions_are_opened_and_revoked_once<S: Clone + 'static>(store: &RecordingStore<S>)
where
    RecordingStore<S>: VerificationPorts + OutboxPorts,
{
    let id = session(3).id;

    let opened = twice!(store, "OpenSession", store.open_session(&session(3), &[session(2).id]));
    twice!(store, "OpenSession", store.withdraw_session(&session(4)));
    let rotated = twice!(store, "RotateRefreshToken", store.rotate_refresh_token(&rotation(3), &event(3)));
    let revoked = twice!(store, "RevokeSession", store.revoke_session(&session_key(3), now(), &event(1)));
    let reserved = store.reserve_failure(tenant(), user(), AttemptMark([2; 8]), now()).await.unwrap();
    let Reservation::Reserved(account) = reserved else { panic!("{reserved:?}") };
    let known = &account.failures;
    let unlocked = twice!(store, "UnlockAccount", store.unlock_account(tenant(), user(), known, &event(2)));

    assert_eq!((opened, revoked), (SessionOpening::Opened, Revocation::AlreadyRevoked));
    let Rotation::Refused(Some(exchanged)) = rotated else { panic!("{rotated:?}") };
    assert_eq!(exchanged.refresh_token, rotation(3).next, "it is exchanged by then");
    assert_eq!(unlocked, Unlocking::Changed, "they are forgotten by then");
    assert_eq!(taken_out(store, 4).await, [1, 2, 3]);
    let account = store.find_account(tenant(), user()).await.unwrap().unwrap();
    assert_eq!(account.sessions.keys().collect::<Vec<_>>(), [&id]);
    assert_eq!((account.failures.instants(), account.reserved.len()), (&[][..], 0));
}

async fn api_keys_change_once<S: Clone + 'static>(store: &RecordingStore<S>)
where
    RecordingStore<S>: ApiKeyPorts + OutboxPorts,
{
    let (first, rotation) = (api_key(1), key_rotation(2));
    let second = (tenant(), rotation.replacement.hash);

    twice!(store, "CreateApiKey", store.create_api_key(&first, &event(1)));
    twice!(store, "NoteApiKeyUse", store.note_api_key_use(tenant(), first.id(), now()));
    let rotated = twice!(store, "RotateApiKey", store.rotate_api_key(&rotation, &event(2)));
    let revoked = twice!(store, "RevokeApiKey", store.revoke_api_key(second, later(1), &event(3)));

    assert_eq!(rotated, ApiKeyChange::Changed);
    assert_eq!(revoked, ApiKeyChange::Refused, "it is revoked by then");
    let listed = store.list_api_keys(tenant()).await.unwrap();
    let ends: Vec<_> = listed.iter().map(|key| (key.used_at, key.record.expires_at, key.record.revoked_at)).collect();
    assert_eq!(ends, [(Some(now()), Some(later(60)), None), (None, None, Some(later(1)))]);
    assert_eq!(taken_out(store, 4).await, [1, 2, 3]);
}

async fn requests_begin_and_end_once<S: Clone + 'static>(store: &RecordingStore<S>)
where
    RecordingStore<S>: RequestPorts,
{
    let (tenant, request, answer) = (tenant(), request(), Sealed::new(vec![7; 40]));
    let begin = |number| store.begin_request(tenant, &request, nonce(number), now());

    let first = twice!(store, "BeginRequest", begin(1));
    twice!(store, "FinishRequest", store.abandon_request(tenant, &request, nonce(1)));
    let again = begin(2).await.unwrap();
    twice!(store, "FinishRequest", store.finish_request(tenant, &request, nonce(2), &answer));

    assert_eq!((first, again), (Beginning::Begun, Beginning::Begun));
    assert_eq!(begin(2).await.unwrap(), Beginning::Answered(answer));
}

async fn permits_are_drawn_once<S: Clone + 'static>(store: &RecordingStore<S>)
where
    RecordingStore<S>: DrawPermits,
{
    let limit = limit(Algorithm::FixedWindow, Penalty::Escalating);
    let draw = |number| draw(number, limit, now());

    for number in 1..=3 {
        let drawn = twice!(store, "DrawPermits", store.draw_permits(&counter(), &draw(number)));
        assert!(matches!(drawn, Drawn::Granted { permits: 1, .. }), "{number}: {drawn:?}");
    }
    let refused = twice!(store, "DrawPermits", store.draw_permits(&counter(), &draw(4)));

    assert!(matches!(refused, Drawn::Refused { .. }));
}

async fn changes_keep_their_events_once<S: Clone + 'static>(store: &RecordingStore<S>)
where
    RecordingStore<S>: DurablePorts + ListingPorts + OutboxPorts,
{
    let created = twice!(store, "CreateEnrollment", store.create_enrollment(&enrollment(), &event(1)));
    twice!(store, "ChangeListings", store.put_listing(&listing(), &event(2)));
    let listings = store.find_listings().await.unwrap();
    twice!(store, "ChangeListings", store.remove_listing(&listing().subject, &event(3)));
    twice!(store, "KeepEvents", store.keep_events(&[event(4), event(5)]));
    twice!(store, "DrainOutbox", store.remove_outbox_events(&[event_id(5)]));

    let EnrollmentCreation::AlreadyEnrolled(existing) = created else { panic!("{created:?}") };
    assert_eq!(existing.request, enrollment().request, "it meets its own");
    assert_eq!((listings, store.find_listings().await.unwrap()), (vec![listing()], Vec::new()));
    assert_eq!(taken_out(store, 6).await, [1, 2, 3, 4]);
}

async fn batches_are_appended_once<S: Clone + 'static>(store: &RecordingStore<S>)
where
    RecordingStore<S>: LogPorts + EventPorts,
{
    let (first, second) = (lease(1), lease(2));
    let leased = |leasing| matches!(leasing, Leasing::Leased(_));

    assert!(leased(twice!(store, "LeaseShard", store.lease_shard(&first, now(), later(10)))));
    assert_eq!(twice!(store, "AppendBatch", store.append_batch(&first, &head(1))), Append::Appended);
    assert_eq!(twice!(store, "IndexEvents", store.index_events(&[record(1), record(2)])), []);
    twice!(store, "LeaseShard", store.release_shard(&first, Some(1)));
    assert!(leased(twice!(store, "LeaseShard", store.lease_shard(&second, now(), later(10)))));
    // The first writer's answer comes back now: its turn is over, and nothing of the second's is changed.
    store.release_shard(&first, Some(1)).await.unwrap();
    assert_eq!(twice!(store, "AppendBatch", store.append_batch(&second, &head(2))), Append::Appended);

    assert_eq!(store.find_log_heads(4).await.unwrap(), [(3, head(2))]);
    assert_eq!(store.find_events(&query(None)).await.unwrap().records, [record(1), record(2)]);
}

/// Which of the first `numbers` events are in the outbox, each once; takes them out.
async fn taken_out<S: Clone + 'static>(store: &RecordingStore<S>, numbers: u8) -> Vec<u8>
where
    RecordingStore<S>: OutboxPorts,
{
    let mut found = Vec::new();
    for number in 0..numbers {
        let kept = store.outbox_events(event(number).part(), 100).await.unwrap();
        found.extend(kept.into_iter().filter(|kept| *kept == event(number)).map(|_| number));
        store.remove_outbox_events(&[event_id(number)]).await.unwrap();
    }
    found
}
