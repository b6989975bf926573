//! What an id and an attempt tell.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    ATTEMPTS_ALLOWED, Attempt, AttemptState, BranchKeyVersion, FactorSet, FactorType, Home, IN_FLIGHT_FOR,
    IdempotencyKey, RequestFingerprint, RequestNonce, Sealed, SessionId, SessionSeed, TenantId, UserId, Verification,
    VerificationId, VerificationStatus, Verified,
};
use proptest::prelude::*;

use crate::at;

proptest! {
    #[test]
    fn an_id_tells_its_home_and_nothing_else_of_it_changes(bytes: [u8; 16]) {
        let [table, cache] = [Home::Table, Home::Cache].map(|home| VerificationId::at_home(bytes, home));

        prop_assert_eq!((table.home(), cache.home()), (Home::Table, Home::Cache));
        prop_assert_ne!(table, cache);
        let elsewhere = VerificationId::from_keyed_bytes(bytes);
        let last = |id: VerificationId| id.as_bytes()[15];
        prop_assert_eq!((last(table) | 1, last(cache) | 1), (last(elsewhere) | 1, last(elsewhere) | 1));
        prop_assert_eq!(&table.as_bytes()[..15], &elsewhere.as_bytes()[..15]);
        prop_assert_eq!(&cache.as_bytes()[..15], &elsewhere.as_bytes()[..15]);
        // Also after it has been on the wire.
        prop_assert_eq!(cache.to_string().parse::<VerificationId>(), Ok(cache));
    }
}

fn attempt(state: AttemptState) -> Attempt {
    Attempt { body: [1; 32], claimed_at: at(0), nonce: RequestNonce([1; 8]), state }
}

#[test]
fn a3_a_claim_is_abandoned_when_its_execution_has_died_and_never_once_it_is_decided() {
    let claimed = attempt(AttemptState::Claimed);
    assert!(!claimed.is_abandoned(at(0) + IN_FLIGHT_FOR - Duration::from_millis(1)));
    assert!(claimed.is_abandoned(at(0) + IN_FLIGHT_FOR));

    for decided in [AttemptState::Wrong { attempts_remaining: 1 }, AttemptState::Right] {
        assert!(!attempt(decided).is_abandoned(at(0) + IN_FLIGHT_FOR));
    }
}

#[test]
fn a_claim_is_the_execution_that_made_it_until_it_is_decided() {
    assert!(attempt(AttemptState::Claimed).is_claimed_by(RequestNonce([1; 8])));
    assert!(!attempt(AttemptState::Claimed).is_claimed_by(RequestNonce([2; 8])));
    assert!(!attempt(AttemptState::Right).is_claimed_by(RequestNonce([1; 8])));
}

fn verification(states: &[AttemptState]) -> Verification {
    let key =
        |number: usize| -> IdempotencyKey { format!("0192f0c1-2345-7abc-8def-0123456789a{number}").parse().unwrap() };
    let attempts: BTreeMap<_, _> = states.iter().enumerate().map(|(n, state)| (key(n), attempt(*state))).collect();
    Verification {
        tenant: TenantId::from_keyed_bytes([1; 16]),
        id: VerificationId::from_keyed_bytes([2; 16]),
        user: UserId::from_keyed_bytes([3; 16]),
        asked: FactorSet::of([FactorType::Pin, FactorType::Nfc]).unwrap(),
        key_version: 1,
        branch_key_version: BranchKeyVersion::FIRST,
        seed: SessionSeed::new([4; 16]),
        further_turns: 0,
        transaction: None,
        created_at: at(0),
        expires_at: at(300_000),
        attempts,
        verified: None,
        request: RequestFingerprint { key: key(9), body: [6; 32] },
    }
}

#[test]
fn v2_a_verification_takes_three_attempts_and_none_when_it_is_over() {
    let wrong = AttemptState::Wrong { attempts_remaining: 0 };
    assert_eq!(ATTEMPTS_ALLOWED, 3);
    for (states, status, remaining, takes) in [
        (&[][..], VerificationStatus::Open, 3, true),
        (&[wrong, wrong][..], VerificationStatus::Open, 1, true),
        (&[wrong, wrong, AttemptState::Claimed][..], VerificationStatus::Open, 0, false),
        (&[wrong, wrong, wrong][..], VerificationStatus::Failed, 0, false),
    ] {
        let verification = verification(states);

        assert_eq!(verification.status(at(299_999)), status);
        assert_eq!(verification.attempts_remaining(), remaining);
        assert_eq!(verification.takes_attempts(at(299_999)), takes);
        assert!(!verification.takes_attempts(at(300_000)));
    }
}

#[test]
fn a_verified_one_stays_verified() {
    let answer = Sealed::new(vec![1; 40]);
    let verified = Verified { at: at(1), session: SessionId::from_keyed_bytes([5; 16]), answer };
    let verification = Verification { verified: Some(verified), ..verification(&[AttemptState::Right]) };

    assert_eq!(verification.status(at(999_999)), VerificationStatus::Verified);
    assert!(!verification.takes_attempts(at(2)));
}
