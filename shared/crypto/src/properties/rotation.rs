//! A rotation changes what is kept secret, and no name.

use std::collections::BTreeMap;

use domain::{
    BranchKeyVersion, FactorType, Home, RequestFingerprint, SessionSeed, Verification, VerificationId, Window,
};
use jiff::Timestamp;
use testkit::SeededEntropy;

use super::{branch, idempotency_key, set, tenant, user};
use crate::{Answered, BranchKey, KdfParameters, PresentedCapability, SecretKey};

/// The first tenant's second version, with other bytes than the first.
fn second() -> BranchKey {
    branch().following(BranchKeyVersion::new(2).unwrap(), &SecretKey::new([43; 32])).unwrap()
}

fn verification() -> Verification {
    Verification {
        tenant: tenant(1),
        id: VerificationId::from_keyed_bytes([1; 16]),
        user: user(1),
        asked: set(&[FactorType::Pin, FactorType::Nfc]),
        key_version: 1,
        branch_key_version: branch().version(),
        seed: SessionSeed::new([1; 16]),
        further_turns: 0,
        transaction: None,
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
        attempts: BTreeMap::new(),
        verified: None,
        request: RequestFingerprint { key: idempotency_key(9), body: [9; 32] },
    }
}

#[test]
fn a_rotation_changes_no_name() {
    let (key, at) = (idempotency_key(1), Timestamp::from_second(7).unwrap());
    let presented = branch().attempt_session(&verification(), &key);
    let names = |branch: &BranchKey| {
        let ids = [Home::Table, Home::Cache].map(|home| branch.verification_id(&key, home));
        let event = branch.event_id(&key, "attempt", &[1; 16]);
        let events = [branch.opening_event_id(&verification()), branch.lock_event_id(user(1), at)];
        let correction = branch.correction_event_id(event);
        let mark = branch.attempt_mark(verification().id, &key);
        let session = branch.attempt_session(&verification(), &key).session();
        let refreshed = branch.refreshed(&presented, &key).hash();
        let chosen = branch.selector(user(1), Window::containing(at));
        let decoy: Vec<_> = {
            let verifiers = branch.decoy(user(1), KdfParameters::CHEAP).unwrap().verifiers().unwrap();
            verifiers.sets().collect()
        };
        let request =
            (branch.user_id(&key), branch.fingerprint(key, "enroll", b"{}"), branch.subject_pseudonym(user(1)));
        (ids, event, events, correction, mark, (session, refreshed), (chosen, decoy), request)
    };

    assert_eq!(names(&branch()), names(&second()));
}

#[test]
fn a_rotation_changes_every_secret() {
    let (first, second) = (branch(), second());
    let (entropy, key, verification) = (SeededEntropy::new(1), idempotency_key(1), verification());

    let tokens = [&first, &second].map(|branch| branch.attempt_session(&verification, &key).hash());
    let capability = PresentedCapability::parse(first.capability(verification.id).expose()).unwrap();
    let sealed = first.seal_user_key(&first.new_user_key(user(1), &entropy).unwrap(), &entropy).unwrap();

    assert_ne!(tokens[0], tokens[1]);
    assert_ne!(first.challenge(verification.id), second.challenge(verification.id));
    assert!(first.checks_capability(&capability) && !second.checks_capability(&capability));
    assert!(second.open_user_key(user(1), &sealed).is_err());
}

/// Nothing names the version under which an operation was answered; an attempt's verification does.
#[test]
fn an_operations_answer_opens_after_a_rotation_and_an_attempts_under_its_own_version() {
    let (entropy, request) = (SeededEntropy::new(1), RequestFingerprint { key: idempotency_key(1), body: [1; 32] });
    let (operation, attempt) = (Answered::Operation("revoke"), Answered::Attempt(verification().id));

    let [of_operation, of_attempt] =
        [operation, attempt].map(|answered| branch().seal_answer(answered, request, "{}", &entropy).unwrap());

    assert_eq!(second().open_answer(operation, request, &of_operation).unwrap().as_str(), "{}");
    assert!(second().open_answer(attempt, request, &of_attempt).is_err());
}
