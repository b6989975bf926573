//! V6: a user who does not exist looks like one who does.

use domain::{FactorType, MAX_ASKABLE_SETS};

use super::{branch, branch_of, bytes_of, presented, user};
use crate::{BranchKey, KdfParameters, KdfPool, Outcome, Verifiers};

fn decoy(branch: &BranchKey, number: u8) -> Verifiers {
    branch.decoy(user(number), KdfParameters::CHEAP).unwrap().verifiers().unwrap()
}

#[test]
fn v6_a_decoy_is_the_same_every_time() {
    let [first, second] = [(); 2].map(|()| decoy(&branch(), 1));

    assert_eq!(first.encode(), second.encode());
}

#[test]
fn v6_a_decoy_is_asked_for_what_its_verifiers_say() {
    let (branch, all) = (branch(), decoy(&branch(), 1));
    for selector in 0..32 {
        let asked = branch.decoy(user(1), KdfParameters::CHEAP).unwrap().asked([selector; 16]).unwrap();

        assert_eq!(bytes_of(&asked), bytes_of(all.asked([selector; 16]).unwrap()));
    }
}

#[test]
fn v6_a_decoy_does_not_change_with_the_code() {
    let sets: Vec<String> = [1, 2]
        .into_iter()
        .flat_map(|number| decoy(&branch(), number).0)
        .map(|verifier| verifier.set().to_string())
        .collect();

    assert_eq!(
        sets[..8],
        [
            "emoji+words+fingerprint",
            "words+fingerprint",
            "emoji+device_secret+fingerprint",
            "colour+words+device_secret",
            "device_secret+fingerprint",
            "colour+device_secret+fingerprint",
            "colour+emoji+fingerprint",
            "colour+fingerprint",
        ]
    );
}

#[test]
fn v6_decoys_of_users_and_tenants_differ() {
    let of_user = |number| decoy(&branch(), number).encode();

    assert_ne!(of_user(1), of_user(2));
    assert_ne!(of_user(1), decoy(&branch_of(2, 1), 1).encode());
}

#[test]
fn v6_a_decoy_has_askable_sets_like_a_real_user() {
    let mut counts = Vec::new();
    for number in 0..=255 {
        let decoy = decoy(&branch(), number);

        let sets: Vec<_> = decoy.sets().collect();

        assert!((1..=MAX_ASKABLE_SETS).contains(&sets.len()));
        assert!(sets.iter().all(|set| (2..=3).contains(&set.len()) && set.categories() >= 2));
        counts.push(sets.len());
    }
    counts.sort_unstable();
    counts.dedup();
    assert!(counts.len() > 4, "{counts:?}");
}

#[tokio::test]
async fn v6_a_decoy_costs_one_derivation_and_matches_nothing() {
    for number in 1..=20 {
        let pool = KdfPool::default();
        let branch = branch();
        let verifier = branch.decoy(user(number), KdfParameters::CHEAP).unwrap().asked([number; 16]).unwrap();
        let types: Vec<(FactorType, u8)> = verifier.set().iter().map(|factor| (factor, number)).collect();

        let outcome = pool.run(move |kdf| branch.check(kdf, user(number), &presented(&types), &verifier)).await;

        assert_eq!((outcome, pool.runs(), pool.comparisons()), (Ok(Outcome::NoMatch), 1, 1));
    }
}
