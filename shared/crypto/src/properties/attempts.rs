//! A3: every execution of an attempt brings about the same, and no other attempt does.

use std::collections::BTreeMap;

use domain::{FactorType, Home, IdempotencyKey, RequestFingerprint, SessionSeed, Verification, VerificationId};
use jiff::Timestamp;

use super::{branch, branch_of, idempotency_key, set, user};
use crate::RefreshToken;

fn verification(id: u8, seed: u8) -> Verification {
    Verification {
        tenant: branch().tenant(),
        id: VerificationId::from_keyed_bytes([id; 16]),
        user: user(1),
        asked: set(&[FactorType::Pin, FactorType::Nfc]),
        key_version: 1,
        branch_key_version: branch().version(),
        seed: SessionSeed::new([seed; 16]),
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
fn a3_every_execution_of_an_attempt_opens_the_same_session() {
    let (of, attempt) = (verification(1, 1), idempotency_key(1));

    let [first, second] = [(); 2].map(|()| branch().attempt_session(&of, &attempt));

    assert_eq!(first.expose(), second.expose());
    assert_eq!((first.user(), first.session()), (user(1), second.session()));
    assert_eq!(RefreshToken::parse(first.expose()).unwrap().hash(), second.hash());
}

#[test]
fn a3_another_attempt_opens_another_session() {
    let session = branch().attempt_session(&verification(1, 1), &idempotency_key(1));

    let others = [
        branch().attempt_session(&verification(1, 1), &idempotency_key(2)),
        branch().attempt_session(&verification(2, 1), &idempotency_key(1)),
        branch_of(2, 1).attempt_session(&verification(1, 1), &idempotency_key(1)),
    ];

    for other in others {
        assert_ne!((other.session(), other.hash()), (session.session(), session.hash()));
        assert_ne!(other.session(), session.session());
    }
}

#[test]
fn c1_the_branch_key_alone_does_not_foretell_a_refresh_token() {
    let attempt = idempotency_key(1);

    let tokens = [1, 2].map(|seed| branch().attempt_session(&verification(1, seed), &attempt));

    let [one, other] = tokens;
    assert_eq!(one.session(), other.session());
    assert_ne!(one.hash(), other.hash(), "the verification's own random bytes must be in it");
}

#[test]
fn v3_an_attempt_has_one_mark_and_shares_it_with_none() {
    let [first, second] = [1, 2].map(|number| VerificationId::from_keyed_bytes([number; 16]));
    let mark = |id, key: &IdempotencyKey| branch().attempt_mark(id, key);
    let (one, another) = (idempotency_key(1), idempotency_key(2));

    assert_eq!(mark(first, &one), mark(first, &one));
    assert_ne!(mark(first, &one), mark(first, &another));
    assert_ne!(mark(first, &one), mark(second, &one));
    assert_ne!(mark(first, &one), branch_of(2, 1).attempt_mark(first, &one));
}

#[test]
fn one_opening_is_one_event_and_what_was_not_opened_is_another() {
    let opened = verification(1, 1);
    let id = branch().opening_event_id(&opened);
    let other_request = RequestFingerprint { body: [8; 32], ..opened.request };

    let later = Timestamp::from_second(7).unwrap();
    let tried_again = Verification { created_at: later, ..verification(1, 2) };
    let others = [
        Verification { request: other_request, ..opened.clone() },
        Verification { asked: set(&[FactorType::Pin, FactorType::Face]), ..opened.clone() },
        Verification { id: VerificationId::from_keyed_bytes([2; 16]), ..opened.clone() },
    ];

    assert_eq!(branch().opening_event_id(&tried_again), id);
    assert_eq!(id.timestamp(), Some(opened.request.key.made_at()));
    assert!(others.iter().all(|other| branch().opening_event_id(other) != id));
    assert_ne!(branch_of(2, 1).opening_event_id(&opened), id);
}

#[test]
fn one_lock_is_one_event_whoever_tells_of_it() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let id = branch().lock_event_id(user(1), at(7));

    assert_eq!(id, branch().lock_event_id(user(1), at(7)));
    assert_eq!(id.timestamp(), Some(at(7)));
    assert_ne!(id, branch().lock_event_id(user(1), at(8)));
    assert_ne!(id, branch().lock_event_id(user(2), at(7)));
    assert_ne!(id, branch_of(2, 1).lock_event_id(user(1), at(7)));
}

#[test]
fn a_verification_says_where_it_is_and_is_nowhere_else() {
    let key = idempotency_key(1);

    let [table, cache] = [Home::Table, Home::Cache].map(|home| branch().verification_id(&key, home));

    assert_eq!((table.home(), cache.home()), (Home::Table, Home::Cache));
    assert_ne!(table, cache);
    assert_eq!(cache, branch().verification_id(&key, Home::Cache));
}
