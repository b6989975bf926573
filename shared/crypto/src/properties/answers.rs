//! A1, C2: a stored answer opens for the very request that it answered, and for no other.

use domain::{RequestFingerprint, Sealed, VerificationId};
use testkit::SeededEntropy;

use super::{branch, branch_of, idempotency_key, tenant, user};
use crate::derive::Parent;
use crate::place::{Place, SealedField};
use crate::seal::{open, seal};
use crate::{Answered, BranchKey, OpenRefused, SecretKey};

const BODY: &str = r#"{"access_token":"canary-4711"}"#;

/// All that an answer belongs to: a tenant, a branch key's version, what it answers, a key and a body.
type Slot = (u8, u32, Answered, u8, u8);

/// Two of each, in every combination; four kinds of what is answered.
fn slots() -> Vec<Slot> {
    let [first, second] = [1, 2].map(|number| VerificationId::from_keyed_bytes([number; 16]));
    let answered =
        [Answered::Attempt(first), Answered::Attempt(second), Answered::Operation("revoke"), Answered::Operation("x")];
    let mut slots = Vec::new();
    for bits in 0..16_u8 {
        let two = |bit: u8| 1 + ((bits >> bit) & 1);
        slots.extend(answered.map(|answered| (two(0), u32::from(two(1)), answered, two(2), two(3))));
    }
    slots
}

fn of((tenant, version, _, key, body): Slot) -> (BranchKey, RequestFingerprint) {
    (branch_of(tenant, version), RequestFingerprint { key: idempotency_key(key), body: [body; 32] })
}

#[test]
fn c2_an_answer_opens_for_its_own_request_only() {
    let (slots, entropy) = (slots(), SeededEntropy::new(1));

    let sealed: Vec<Sealed> = slots
        .iter()
        .map(|slot| {
            let (branch, request) = of(*slot);
            branch.seal_answer(slot.2, request, BODY, &entropy).unwrap()
        })
        .collect();

    for (from, ciphertext) in slots.iter().zip(&sealed) {
        for to in &slots {
            let (branch, request) = of(*to);
            let opened = branch.open_answer(to.2, request, ciphertext).map(|body| body.to_string());
            let expected = if named(*from) == named(*to) { Ok(BODY.to_owned()) } else { Err(OpenRefused) };
            assert_eq!(opened, expected, "{from:?} for {to:?}");
        }
    }
}

/// No record names the version of the key that an operation was answered under: all have one.
fn named(slot: Slot) -> Slot {
    match slot {
        (tenant, _, Answered::Operation(_), key, body) => (tenant, 1, slot.2, key, body),
        attempt => attempt,
    }
}

#[test]
fn c2_the_key_that_seals_answers_seals_nothing_else() {
    let (branch, entropy) = (branch(), SeededEntropy::new(1));
    let request = RequestFingerprint { key: idempotency_key(1), body: [1; 32] };
    let answered = Answered::Operation("revoke");
    let place = Place::of_answer(branch.tenant(), branch.version(), answered, request);

    let answer = branch.seal_answer(answered, request, BODY, &entropy).unwrap();
    let elsewhere = seal(&branch.sealing, &place, BODY.as_bytes(), &entropy).unwrap();

    assert!(open(&branch.sealing, &place, &answer).is_err());
    assert!(branch.open_answer(answered, request, &elsewhere).is_err());
}

#[test]
fn c2_no_users_place_is_an_answers_place() {
    let (key, entropy) = (Parent::new(&SecretKey::new([7; 32])), SeededEntropy::new(1));
    let request = RequestFingerprint { key: idempotency_key(1), body: [1; 32] };
    let place = Place::of_answer(tenant(1), branch().version(), Answered::Operation("revoke"), request);
    let of_user = Place { user: Some(user(1)), ..place };
    let user_key = Place::new(tenant(1), user(1), SealedField::UserKey(branch().version()));

    let sealed = seal(&key, &place, b"the plaintext", &entropy).unwrap();

    assert!(open(&key, &place, &sealed).is_ok());
    assert!(open(&key, &of_user, &sealed).is_err());
    assert!(open(&key, &user_key, &sealed).is_err());
}

#[test]
fn e5_nothing_of_an_answer_is_in_its_ciphertext() {
    let request = RequestFingerprint { key: idempotency_key(1), body: [1; 32] };
    let entropy = SeededEntropy::new(1);

    let [first, second] =
        [(); 2].map(|()| branch().seal_answer(Answered::Attempt(verification()), request, BODY, &entropy).unwrap());

    for sealed in [&first, &second] {
        assert!(!sealed.as_bytes().windows(6).any(|window| window == b"canary"));
    }
    assert_ne!(first, second);
}

fn verification() -> VerificationId {
    VerificationId::from_keyed_bytes([1; 16])
}
