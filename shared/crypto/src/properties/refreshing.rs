//! T2: a refresh token is exchanged for one of the same family, always the same for the same request.

use domain::SessionId;
use testkit::SeededEntropy;

use super::{branch, branch_of, idempotency_key, user};
use crate::RefreshToken;

fn token(seed: u64) -> RefreshToken {
    RefreshToken::generate(user(1), SessionId::from_keyed_bytes([7; 16]), &SeededEntropy::new(seed)).unwrap()
}

#[test]
fn t2_the_next_token_is_another_one_of_the_same_family() {
    let presented = token(1);

    let next = branch().refreshed(&presented, &idempotency_key(1));

    assert_eq!((next.user(), next.session(), next.family()), (user(1), presented.session(), presented.family()));
    assert_ne!(next.hash(), presented.hash());
    assert_ne!(next.family(), token(2).family());
    assert_eq!(RefreshToken::parse(next.expose()).unwrap().family(), presented.family());
}

#[test]
fn a3_every_execution_of_a_refresh_gives_the_same_token_and_no_other_request_does() {
    let (presented, key) = (token(1), idempotency_key(1));
    let next = branch().refreshed(&presented, &key);

    let others = [
        branch().refreshed(&presented, &idempotency_key(2)),
        branch().refreshed(&next, &key),
        branch().refreshed(&token(2), &key),
        branch_of(2, 1).refreshed(&presented, &key),
    ];

    // Also under another version of the key: a retry across a rotation is no reuse.
    assert_eq!(branch_of(1, 2).refreshed(&presented, &key).expose(), next.expose());
    assert_eq!(branch().refreshed(&presented, &key).expose(), next.expose());
    assert!(others.iter().all(|other| other.hash() != next.hash()));
}

#[test]
fn t6_what_is_stored_of_a_token_says_nothing_of_its_family_or_itself() {
    let presented = token(1);

    let (family, whole) = (presented.family(), presented.hash());

    assert_ne!(family, whole);
    for hash in [family, whole] {
        assert!(!presented.expose().contains(&hex::encode(hash.as_bytes())));
    }
    // The family's hash is that of a family of this session, and of no other's.
    let elsewhere = SessionId::from_keyed_bytes([8; 16]);
    let same_secret = RefreshToken::generate(user(1), elsewhere, &SeededEntropy::new(1)).unwrap();
    assert_ne!(same_secret.family(), family);
}
