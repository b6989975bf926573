//! Requests that are sent twice because the first answer was lost, as the SDK does without asking anybody. Nothing is counted
//! twice, and the store's caller notices nothing.

use std::time::Duration;

use domain::{Account, Algorithm, AttemptMark, AttemptState, Drawn, FORGOTTEN_AFTER, IN_FLIGHT_FOR, Penalty, Sealed};
use jiff::Timestamp;
use store::{
    ApiKeyChange, Append, AppendBatch, BeginRequest, Beginning, ChangeListings, Claim, ClaimAttempt, ClaimRequest,
    CompleteVerification, Completion, CreateApiKey, CreateEnrollment, CurrentEnrollment, DisableUser, DisablingOutcome,
    DrainOutbox, DrawPermits, EnablingOutcome, EnrollmentCreation, EraseUser, ErasureOutcome, FactorRotationOutcome,
    FailAttempt, FindAccount, FindCurrentEnrollment, FindEvents, FindListings, FindVerification, FinishRequest,
    IndexEvents, KeepEvents, LeaseShard, Leasing, ListApiKeys, LogHead, NoteApiKeyUse, OpenSession, OpenVerification,
    Opening, Reservation, ReserveFailure, Revocation, RevokeApiKey, RevokeSession, RotateApiKey, RotateFactors,
    SessionOpening, UnlockAccount, Unlocking,
};
use store_dynamodb::{AllTables, DynamoStore};

use crate::engine::{self, Engine};
use crate::records::{
    api_key, claim, claimed, completion, counter, counter_of, disabling, draw, enabling, enrollment, erasure, event,
    event_id, factor_rotation, head, key_rotation, later, lease, limit, listing, nonce, now, query, record, request,
    session, session_key, tenant, user, verification,
};
use crate::relay::{Delivery, Relayed};

type Store = DynamoStore<AllTables>;

/// Every case on both engines: on the embedded one each has a test of its own, Amazon's own is started once.
macro_rules! cases {
    ($($test:ident: $case:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let engine = engine::embedded().await;
                $case(&doubled(&engine).await).await;
            }
        )+

        #[tokio::test(flavor = "multi_thread")]
        async fn a9_a_request_that_is_sent_twice_counts_once_on_dynamodb_local() {
            let engine = engine::dynamodb_local().await;
            $(
                engine.empty().await;
                $case(&doubled(&engine).await).await;
            )+
        }
    };
}

cases! {
    a9_an_attempt_is_claimed_once: an_attempt_is_claimed_once,
    a9_an_abandoned_attempt_is_taken_over_once: an_abandoned_attempt_is_taken_over_once,
    a9_a_failure_is_reserved_once: a_failure_is_reserved_once,
    a9_failures_begin_anew_once: failures_begin_anew_once,
    a9_permits_are_drawn_once: permits_are_drawn_once,
    a9_a_violation_is_counted_once: a_violation_is_counted_once,
    a9_a_request_begins_and_is_finished_once: a_request_begins_and_is_finished_once,
    a9_a_verification_is_completed_once: a_verification_is_completed_once,
    a9_a_session_is_opened_once: a_session_is_opened_once,
    l1_a_change_keeps_its_event_once: a_change_keeps_its_event_once,
    l1_an_api_key_changes_once: an_api_key_changes_once,
    a9_a_user_is_rotated_and_erased_once: a_user_is_rotated_and_erased_once,
    a9_a_user_is_disabled_and_enabled_once: a_user_is_disabled_and_enabled_once,
    l2_a_batch_is_appended_once: a_batch_is_appended_once,
}

async fn doubled(engine: &Engine) -> Store {
    Relayed::new(&engine.address, Delivery::Twice).await.store
}

async fn an_attempt_is_claimed_once(store: &Store) {
    let opening = store.open_verification(&verification()).await.unwrap();

    let claims = [store.claim_attempt(&claim(1)).await.unwrap(), store.claim_attempt(&claim(2)).await.unwrap()];
    store.fail_attempt(&claimed(1), 2).await.unwrap();
    store.release_attempt(&claimed(2)).await.unwrap();
    let third = store.claim_attempt(&claim(3)).await.unwrap();
    let fourth = store.claim_attempt(&claim(4)).await.unwrap();

    assert_eq!(opening, Opening::AlreadyOpened(Box::new(verification())));
    assert!(claims.iter().chain([&third]).all(|claim| matches!(claim, Claim::Granted(_))), "{claims:?} {third:?}");
    assert_eq!(fourth, Claim::Closed);
    let found = store.find_verification(tenant(), verification().id).await.unwrap().unwrap();
    assert_eq!(found.attempts.len(), 3);
}

async fn an_abandoned_attempt_is_taken_over_once(store: &Store) {
    store.open_verification(&verification()).await.unwrap();
    store.claim_attempt(&claim(1)).await.unwrap();
    let again = |execution| ClaimRequest { nonce: nonce(execution), now: now() + IN_FLIGHT_FOR, ..claim(1) };

    let taken_over = store.claim_attempt(&again(7)).await.unwrap();
    let another = store.claim_attempt(&again(8)).await.unwrap();

    assert!(matches!(taken_over, Claim::Granted(_)), "{taken_over:?}");
    assert!(matches!(another, Claim::Repeated(_)), "{another:?}");
}

async fn a_failure_is_reserved_once(store: &Store) {
    for number in 1..=5 {
        let account = reserved(store, number, now()).await;
        assert_eq!(account.failures.instants().len(), usize::from(number));
    }

    let sixth = store.reserve_failure(tenant(), user(), AttemptMark([6; 8]), now()).await.unwrap();
    let known = store.find_account(tenant(), user()).await.unwrap().unwrap().failures;
    let unlocked = store.unlock_account(tenant(), user(), &known, &event(1)).await.unwrap();

    assert_eq!(unlocked, Unlocking::Unlocked);
    assert_eq!(sixth, Reservation::Locked { until: later(15 * 60) });
    assert_eq!(store.find_account(tenant(), user()).await.unwrap(), Some(Account::default()));
}

async fn failures_begin_anew_once(store: &Store) {
    for number in 1..=2 {
        store.reserve_failure(tenant(), user(), AttemptMark([number; 8]), now()).await.unwrap();
    }
    let next_day = now() + FORGOTTEN_AFTER;

    let account = reserved(store, 3, next_day).await;

    assert_eq!(account.failures.instants(), [next_day]);
    assert_eq!(store.find_account(tenant(), user()).await.unwrap(), Some(account));
}

/// The account after a failure of the `number`th attempt.
async fn reserved(store: &Store, number: u8, now: Timestamp) -> Account {
    match store.reserve_failure(tenant(), user(), AttemptMark([number; 8]), now).await.unwrap() {
        Reservation::Reserved(account) => *account,
        Reservation::Locked { until } => unreachable!("locked until {until}"),
    }
}

async fn permits_are_drawn_once(store: &Store) {
    for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket] {
        let (limit, key) = (limit(algorithm, Penalty::None), counter_of(algorithm));
        for number in 1..=3 {
            let drawn = store.draw_permits(&key, &draw(number, limit, now())).await.unwrap();
            assert!(matches!(drawn, Drawn::Granted { permits: 1, .. }), "{algorithm:?} {number}: {drawn:?}");
        }

        let refused = store.draw_permits(&key, &draw(4, limit, now())).await.unwrap();
        let much_later = store.draw_permits(&key, &draw(5, limit, later(60))).await.unwrap();

        assert!(matches!(refused, Drawn::Refused { .. }), "{algorithm:?}: {refused:?}");
        assert!(matches!(much_later, Drawn::Granted { remaining: 2, .. }), "{algorithm:?}: {much_later:?}");
    }
}

async fn a_violation_is_counted_once(store: &Store) {
    let limit = limit(Algorithm::FixedWindow, Penalty::Escalating);
    let exhausted = async |seconds: u64| {
        for number in 0..4 {
            let id = u8::try_from(seconds).unwrap() + number;
            store.draw_permits(&counter(), &draw(id, limit, later(seconds))).await.unwrap();
        }
        store.draw_permits(&counter(), &draw(250, limit, later(seconds))).await.unwrap()
    };

    let refusals = [exhausted(0).await, exhausted(10).await, exhausted(20).await];

    // The third violation is the first that costs more than the rest of its window.
    let waits = refusals.map(|refusal| match refusal {
        Drawn::Refused { retry_after } => retry_after > Duration::from_secs(10),
        Drawn::Granted { .. } => unreachable!("{refusal:?}"),
    });
    assert_eq!(waits, [false, false, true]);
}

async fn a_request_begins_and_is_finished_once(store: &Store) {
    let (tenant, request, answer) = (tenant(), request(), Sealed::new(vec![7; 40]));
    let begin = |number| store.begin_request(tenant, &request, nonce(number), now());

    let first = begin(1).await.unwrap();
    let in_flight = begin(2).await.unwrap();
    store.abandon_request(tenant, &request, nonce(1)).await.unwrap();
    let again = begin(2).await.unwrap();
    store.finish_request(tenant, &request, nonce(2), &answer).await.unwrap();

    assert_eq!((first, in_flight, again), (Beginning::Begun, Beginning::InFlight, Beginning::Begun));
    assert_eq!(begin(3).await.unwrap(), Beginning::Answered(answer));
}

async fn a_verification_is_completed_once(store: &Store) {
    store.open_verification(&verification()).await.unwrap();
    for number in [1, 2] {
        store.claim_attempt(&claim(number)).await.unwrap();
    }
    store.reserve_failure(tenant(), user(), AttemptMark([1; 8]), now()).await.unwrap();

    let completed = store.complete_verification(&completion(1)).await.unwrap();
    let other = store.complete_verification(&completion(2)).await.unwrap();

    assert_eq!((completed, other), (Completion::Completed, Completion::Closed));
    let found = store.find_verification(tenant(), verification().id).await.unwrap().unwrap();
    assert_eq!(found.attempts[&claim(1).attempt.key].state, AttemptState::Right);
    let account = Account { sessions: [(session(1).id, session(1))].into(), ..Account::default() };
    assert_eq!(store.find_account(tenant(), user()).await.unwrap(), Some(account));
}

async fn a_session_is_opened_once(store: &Store) {
    let opened = [
        store.open_session(&session(1), &[]).await.unwrap(),
        store.open_session(&session(2), &[session(1).id]).await.unwrap(),
        store.open_session(&session(3), &[session(1).id]).await.unwrap(),
    ];
    let revoked = store.revoke_session(&session_key(3), now(), &event(1)).await.unwrap();

    assert_eq!(opened, [const { SessionOpening::Opened }; 3]);
    assert_eq!(revoked, Revocation::Revoked);
    let account = store.find_account(tenant(), user()).await.unwrap().unwrap();
    assert_eq!(account.sessions.into_keys().collect::<Vec<_>>(), [session(2).id, session(3).id]);
}

async fn a_change_keeps_its_event_once(store: &Store) {
    let created = store.create_enrollment(&enrollment(), &event(1)).await.unwrap();
    let other = store.create_enrollment(&enrollment(), &event(2)).await.unwrap();
    store.put_listing(&listing(), &event(3)).await.unwrap();
    store.remove_listing(&listing().subject, &event(4)).await.unwrap();
    store.keep_events(&[event(5), event(6)]).await.unwrap();
    store.remove_outbox_events(&[event_id(6)]).await.unwrap();

    assert_eq!(created, EnrollmentCreation::Created);
    assert_eq!(other, EnrollmentCreation::AlreadyEnrolled(Box::new(enrollment())));
    assert_eq!(store.find_listings().await.unwrap(), []);
    let mut kept = Vec::new();
    for number in 1..=6 {
        kept.extend(store.outbox_events(event(number).part(), 100).await.unwrap());
    }
    assert_eq!(kept, [1, 3, 4, 5].map(event));
}

async fn an_api_key_changes_once(store: &Store) {
    let second = (tenant(), api_key(2).hash);

    store.create_api_key(&api_key(1), &event(1)).await.unwrap();
    store.note_api_key_use(tenant(), api_key(1).id(), now()).await.unwrap();
    let rotated = store.rotate_api_key(&key_rotation(2), &event(2)).await.unwrap();
    let rotated_again = store.rotate_api_key(&key_rotation(3), &event(3)).await.unwrap();
    let revoked = store.revoke_api_key(second, later(1), &event(4)).await.unwrap();
    let revoked_again = store.revoke_api_key(second, later(2), &event(5)).await.unwrap();

    assert_eq!((rotated, revoked), (ApiKeyChange::Changed, ApiKeyChange::Changed));
    assert_eq!((rotated_again, revoked_again), (ApiKeyChange::Refused, ApiKeyChange::Refused));
    let listed = store.list_api_keys(tenant()).await.unwrap();
    let ends: Vec<_> = listed.iter().map(|key| (key.used_at, key.record.expires_at, key.record.revoked_at)).collect();
    assert_eq!(ends, [(Some(now()), Some(later(60)), None), (None, None, Some(later(1)))]);
    let mut kept = Vec::new();
    for number in 1..=5 {
        kept.extend(store.outbox_events(event(number).part(), 100).await.unwrap());
    }
    assert_eq!(kept, [1, 2, 4].map(event));
}

async fn a_user_is_rotated_and_erased_once(store: &Store) {
    store.create_enrollment(&enrollment(), &event(1)).await.unwrap();
    store.open_session(&session(1), &[]).await.unwrap();

    let rotated = store.rotate_factors(&factor_rotation(), &event(2)).await.unwrap();
    let between = store.find_current_enrollment(tenant(), user()).await.unwrap();
    let erased = store.erase_user(&erasure(), &event(3)).await.unwrap();

    assert_eq!((rotated, erased), (FactorRotationOutcome::Rotated, ErasureOutcome::Erased));
    assert_eq!(between, CurrentEnrollment::Enrolled(Box::new(factor_rotation().enrollment)));
    let after = store.find_current_enrollment(tenant(), user()).await.unwrap();
    assert_eq!(after, CurrentEnrollment::Erased { at: now() });
    for number in 1..=3 {
        assert_eq!(store.outbox_events(event(number).part(), 100).await.unwrap(), [event(number)]);
    }
}

async fn a_user_is_disabled_and_enabled_once(store: &Store) {
    let enrollment = Box::new(enrollment());
    store.create_enrollment(&enrollment, &event(1)).await.unwrap();
    store.open_session(&session(1), &[]).await.unwrap();

    let disabled = store.disable_user(&disabling(), &event(2)).await.unwrap();
    let between = store.find_current_enrollment(tenant(), user()).await.unwrap();
    let enabled = store.enable_user(&enabling(), &event(3)).await.unwrap();

    assert_eq!((disabled, enabled), (DisablingOutcome::Disabled, EnablingOutcome::Enabled));
    assert_eq!(between, CurrentEnrollment::Disabled { at: now(), enrollment: enrollment.clone() });
    let after = store.find_current_enrollment(tenant(), user()).await.unwrap();
    assert_eq!(after, CurrentEnrollment::Enrolled(enrollment));
    for number in 1..=3 {
        assert_eq!(store.outbox_events(event(number).part(), 100).await.unwrap(), [event(number)]);
    }
}

async fn a_batch_is_appended_once(store: &Store) {
    let leased = store.lease_shard(&lease(1), now(), later(60)).await.unwrap();
    let appended = store.append_batch(&lease(1), &head(1)).await.unwrap();
    let not_indexed = store.index_events(&[record(1), record(2)]).await.unwrap();
    store.release_shard(&lease(1), Some(1)).await.unwrap();

    let again = store.lease_shard(&lease(2), now(), later(60)).await.unwrap();

    let settled = LogHead { is_settled: true, ..head(1) };
    assert_eq!((leased, appended), (Leasing::Leased(LogHead::default()), Append::Appended));
    assert_eq!((not_indexed, again), (Vec::new(), Leasing::Leased(settled)));
    assert_eq!(store.find_events(&query(None)).await.unwrap().records, [record(1), record(2)]);
}
