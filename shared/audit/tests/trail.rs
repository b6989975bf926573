//! A verification's events: each has an id of its own, which follows from what is stored.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use audit::{About, Event, Outcome, SealedPersonalData, Subject, VerificationTrail};
use crypto::{BranchKey, SecretKey};
use domain::{
    Acr, BranchKeyVersion, FactorSet, FactorType, Failures, IdempotencyKey, RequestFingerprint, RequestId, Sealed,
    SessionId, SessionSeed, TenantId, TransactionHash, UserId, Verification, VerificationId,
};
use jiff::Timestamp;

fn branch() -> BranchKey {
    BranchKey::first(TenantId::from_keyed_bytes([1; 16]), &SecretKey::new([42; 32])).unwrap()
}

fn key(number: u8) -> IdempotencyKey {
    format!("01a19467-e800-7abc-8def-0123456789{number:02x}").parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn verification() -> Verification {
    Verification {
        tenant: TenantId::from_keyed_bytes([1; 16]),
        id: VerificationId::from_keyed_bytes([2; 16]),
        user: UserId::from_keyed_bytes([3; 16]),
        asked: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        seed: SessionSeed::new([4; 16]),
        further_turns: 0,
        transaction: Some(TransactionHash::new([5; 32])),
        created_at: at(100),
        expires_at: at(400),
        attempts: BTreeMap::new(),
        verified: None,
        request: RequestFingerprint { key: key(1), body: [6; 32] },
    }
}

fn failures(count: i64) -> Failures {
    Failures::new((0..count).map(at).collect()).unwrap()
}

#[test]
fn every_event_is_about_the_person_and_told_by_the_request() {
    let (branch, verification, request_id) = (branch(), verification(), RequestId::from_transport("r-7"));
    let trail = VerificationTrail { branch: &branch, verification: &verification, request_id: &request_id };
    let (id, session) = (verification.id, SessionId::from_keyed_bytes([7; 16]));
    let personal = Some(SealedPersonalData::new(Sealed::new(vec![8; 45])));

    let events = [
        trail.opened(personal.clone()),
        trail.wrong(&key(2), 1, at(7)),
        trail.while_locked(&key(2), 1, at(7)),
        trail.abandoned(&key(2), 1, at(7)),
        trail.succeeded(&key(2), (session, Acr::TwoCategories), at(7)),
        trail.completion_refused(&key(2), at(7)),
        trail.locked(&failures(5), at(7)).unwrap(),
    ];

    let until = at(4 + 15 * 60);
    let outcomes = [
        Outcome::VerificationOpened {
            asked: verification.asked,
            transaction: verification.transaction,
            verification: id,
        },
        Outcome::AttemptWrong { attempts_remaining: 1, verification: id },
        Outcome::AttemptWhileLocked { attempts_remaining: 1, verification: id },
        Outcome::AttemptAbandoned { attempts_remaining: 1, verification: id },
        Outcome::VerificationSucceeded { acr: Acr::TwoCategories, session, verification: id },
        Outcome::CompletionRefused { verification: id },
        Outcome::AccountLocked { failures: 5, until },
    ];
    let subject = Subject::new(branch.subject_pseudonym(verification.user));
    for (event, outcome) in events.iter().zip(outcomes) {
        let (at, personal) = if event.id == trail.opened_id() { (at(100), personal.clone()) } else { (at(7), None) };
        let about = About::Person { tenant: verification.tenant, subject };
        let expected = Event { id: event.id, about, at, request_id: request_id.clone(), outcome, personal };
        assert_eq!(*event, expected);
    }
}

#[test]
fn what_can_both_be_true_has_two_ids_and_what_becomes_of_an_attempt_has_one() {
    let (branch, verification, request_id) = (branch(), verification(), RequestId::from_transport("r-7"));
    let trail = VerificationTrail { branch: &branch, verification: &verification, request_id: &request_id };
    let attempt = [key(2), key(3)].map(|key| {
        let became = [trail.wrong(&key, 2, at(7)), trail.while_locked(&key, 1, at(8)), trail.abandoned(&key, 0, at(9))];
        assert!(became.iter().all(|event| event.id == trail.attempt_id(&key)));
        [trail.attempt_id(&key), trail.success_id(&key), trail.completion_refused_id(&key)]
    });
    let locks = [5, 8, 10].map(|count| trail.locked(&failures(count), at(7)).unwrap().id);

    let all: BTreeSet<_> = attempt.into_iter().flatten().chain(locks).chain([trail.opened_id()]).collect();

    assert_eq!(all.len(), 2 * 3 + 3 + 1);
}

#[test]
fn only_the_failure_that_locks_is_told() {
    let (branch, verification, request_id) = (branch(), verification(), RequestId::from_transport("r-7"));
    let trail = VerificationTrail { branch: &branch, verification: &verification, request_id: &request_id };

    let telling = (0..=10).filter(|count| trail.locked(&failures(*count), at(7)).is_some());

    assert_eq!(telling.collect::<Vec<_>>(), [5, 8, 10]);
}
