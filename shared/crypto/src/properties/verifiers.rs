//! C5 and what V5 needs: joint verifiers say yes or no, and nothing more.

use domain::{AskableSets, FactorType, MAX_ASKABLE_SETS, PresentedFactors};
use proptest::collection::vec;
use proptest::prelude::*;
use testkit::SeededEntropy;

use super::{branch, branch_of, bytes_of, presented, set, user};
use crate::{BranchKey, EnrolledFactors, KdfParameters, KdfPool, Outcome, StoredVerifier, VerifierError, Verifiers};

const ENROLLED: [(FactorType, u8); 4] =
    [(FactorType::Pin, 1), (FactorType::Words, 2), (FactorType::Nfc, 3), (FactorType::Face, 4)];

async fn enroll(pool: &KdfPool, parameters: KdfParameters) -> Verifiers {
    enroll_factors(pool, parameters, presented(&ENROLLED)).await.unwrap()
}

async fn enroll_factors(
    pool: &KdfPool,
    parameters: KdfParameters,
    presented: PresentedFactors,
) -> Result<Verifiers, VerifierError> {
    pool.run(move |kdf| {
        let entropy = SeededEntropy::new(1);
        let sets = AskableSets::draw(set(&ENROLLED.map(|(factor, _)| factor)), &entropy)?.unwrap();
        let enrolled = EnrolledFactors { user: user(1), presented: &presented, sets: &sets, parameters };
        branch().make_verifiers(kdf, &entropy, &enrolled)
    })
    .await
}

async fn check(
    pool: &KdfPool,
    branch: BranchKey,
    user_number: u8,
    presented: PresentedFactors,
    verifier: &StoredVerifier,
) -> Result<Outcome, VerifierError> {
    let verifier = verifier.clone();
    pool.run(move |kdf| branch.check(kdf, user(user_number), &presented, &verifier)).await
}

/// What was enrolled for the verifier's set, with some digests altered: bit n of `wrong` for the set's nth.
fn answer(verifier: &StoredVerifier, wrong: usize) -> PresentedFactors {
    let pairs: Vec<_> = ENROLLED
        .into_iter()
        .filter(|(factor, _)| verifier.set().contains(*factor))
        .enumerate()
        .map(|(position, (factor, byte))| (factor, if wrong >> position & 1 == 1 { byte + 100 } else { byte }))
        .collect();
    presented(&pairs)
}

#[tokio::test]
async fn every_set_of_right_digests_matches_its_verifier() {
    let pool = KdfPool::default();

    let verifiers = enroll(&pool, KdfParameters::CHEAP).await;

    assert_eq!(pool.runs(), verifiers.0.len() as u64);
    for verifier in &verifiers.0 {
        let outcome = check(&pool, branch(), 1, answer(verifier, 0), verifier).await;
        assert_eq!(outcome, Ok(Outcome::Match));
    }
}

#[tokio::test]
async fn v5_every_subset_of_wrong_digests_costs_one_derivation_and_one_comparison() {
    let enrolling = KdfPool::default();
    let verifiers = enroll(&enrolling, KdfParameters::CHEAP).await;

    for verifier in &verifiers.0 {
        for wrong in 1..(1 << verifier.set().len()) {
            let pool = KdfPool::default();
            let outcome = check(&pool, branch(), 1, answer(verifier, wrong), verifier).await;
            assert_eq!(
                (outcome, pool.runs(), pool.comparisons()),
                (Ok(Outcome::NoMatch), 1, 1),
                "{verifier:?} {wrong:b}"
            );
        }
    }
}

#[tokio::test]
async fn v5_other_types_than_asked_never_match_and_cost_the_same() {
    let verifiers = enroll(&KdfPool::default(), KdfParameters::CHEAP).await;
    for verifier in &verifiers.0 {
        let (asked, others): (Vec<_>, Vec<_>) =
            ENROLLED.into_iter().partition(|(factor, _)| verifier.set().contains(*factor));
        let with_another = |other| presented(&[asked.as_slice(), &[other]].concat());
        let answers = others.into_iter().map(with_another).chain([presented(&[]), presented(&asked[1..])]);

        for answer in answers {
            let pool = KdfPool::default();
            let outcome = check(&pool, branch(), 1, answer, verifier).await;
            assert_eq!((outcome, pool.runs(), pool.comparisons()), (Ok(Outcome::NoMatch), 1, 1), "{verifier:?}");
        }
    }
}

#[tokio::test]
async fn swapped_digests_do_not_match() {
    let pool = KdfPool::default();
    let verifiers = enroll(&pool, KdfParameters::CHEAP).await;
    let verifier = verifiers.0.iter().find(|verifier| verifier.set() == set(&[FactorType::Pin, FactorType::Nfc]));

    let swapped = presented(&[(FactorType::Pin, 3), (FactorType::Nfc, 1)]);

    assert_eq!(check(&pool, branch(), 1, swapped, verifier.unwrap()).await, Ok(Outcome::NoMatch));
}

#[tokio::test]
async fn c2_a_verifier_moved_to_another_user_or_tenant_matches_nothing() {
    let pool = KdfPool::default();
    let verifiers = enroll(&pool, KdfParameters::CHEAP).await;
    let verifier = &verifiers.0[0];

    let other_user = check(&pool, branch(), 2, answer(verifier, 0), verifier).await;
    let other_tenant = check(&pool, branch_of(2, 1), 1, answer(verifier, 0), verifier).await;
    let other_version = check(&pool, branch_of(1, 2), 1, answer(verifier, 0), verifier).await;

    assert_eq!(other_user, Ok(Outcome::NoMatch));
    assert_eq!(other_tenant, Ok(Outcome::NoMatch));
    assert_eq!(other_version, Err(VerifierError::WrongBranchKey));
}

#[tokio::test]
async fn c1_equal_digests_of_two_sets_or_enrollments_share_no_bytes() {
    let pool = KdfPool::default();
    let entropy = SeededEntropy::new(9);
    let factors = presented(&ENROLLED);
    let sets = AskableSets::draw(factors.types(), &entropy).unwrap().unwrap();
    let both = pool
        .run(move |kdf| {
            let enrolled =
                EnrolledFactors { user: user(1), presented: &factors, sets: &sets, parameters: KdfParameters::CHEAP };
            let make = || branch().make_verifiers(kdf, &entropy, &enrolled);
            Ok::<_, VerifierError>([make()?, make()?])
        })
        .await
        .unwrap();

    let mut tags: Vec<Vec<u8>> = both
        .iter()
        .flat_map(|verifiers| &verifiers.0)
        .map(|verifier| bytes_of(verifier).iter().rev().take(48).copied().collect())
        .collect();
    let made = tags.len();
    tags.sort();
    tags.dedup();

    assert_eq!(tags.len(), made);
}

#[tokio::test]
async fn c5_an_old_record_still_verifies_and_asks_for_an_upgrade() {
    let pool = KdfPool::default();
    let cheap = enroll(&pool, KdfParameters::CHEAP).await;
    let old = enroll(&pool, KdfParameters::pbkdf2(2)).await;
    let current = KdfParameters::CHEAP;

    let stored = Verifiers::parse(&old.encode()).unwrap();

    for verifier in &stored.0 {
        assert_eq!(check(&pool, branch(), 1, answer(verifier, 0), verifier).await, Ok(Outcome::Match));
        assert_eq!(check(&pool, branch(), 1, answer(verifier, 1), verifier).await, Ok(Outcome::NoMatch));
        assert!(verifier.needs_upgrade(current));
    }
    assert!(cheap.0.iter().all(|verifier| !verifier.needs_upgrade(current)));
}

#[tokio::test]
async fn c5_every_configurable_derivation_verifies() {
    let pool = KdfPool::default();
    for name in ["argon2id", "pbkdf2-sha256-100000"] {
        let parameters = KdfParameters::from_name(name).unwrap();
        let factors = presented(&[(FactorType::Pin, 1), (FactorType::Nfc, 3)]);
        let sets = AskableSets::draw(factors.types(), &SeededEntropy::new(1)).unwrap().unwrap();
        let enrolling = factors.clone();
        let verifiers = pool
            .run(move |kdf| {
                let enrolled = EnrolledFactors { user: user(1), presented: &enrolling, sets: &sets, parameters };
                branch().make_verifiers(kdf, &SeededEntropy::new(1), &enrolled)
            })
            .await
            .unwrap();

        assert_eq!(check(&pool, branch(), 1, factors, &verifiers.0[0]).await, Ok(Outcome::Match), "{name}");
    }
}

#[tokio::test]
async fn a_set_with_a_factor_that_was_not_presented_is_refused() {
    let outcome = enroll_factors(&KdfPool::default(), KdfParameters::CHEAP, presented(&ENROLLED[..3])).await;

    assert_eq!(outcome.map(|_| ()), Err(VerifierError::MissingFactor));
}

#[tokio::test]
async fn the_verifier_of_a_set_is_found_among_all() {
    let verifiers = enroll(&KdfPool::default(), KdfParameters::CHEAP).await;

    for verifier in &verifiers.0 {
        assert_eq!(verifiers.of_set(verifier.set()).map(bytes_of), Some(bytes_of(verifier)));
    }
    assert!(verifiers.of_set(set(&[FactorType::Pin, FactorType::Voice])).is_none());
}

#[tokio::test]
async fn sixteen_verifiers_take_less_than_2_kb() {
    let longest = [FactorType::DeviceSecret, FactorType::Fingerprint, FactorType::ImageTap];
    let pool = KdfPool::default();
    let verifier = pool
        .run(move |kdf| {
            let recipe = crate::verifier::Recipe {
                set: set(&longest),
                parameters: KdfParameters::CHEAP,
                salt: crate::Salt::new([1; 16]),
            };
            branch().make_verifier(kdf, user(1), &presented(&longest.map(|factor| (factor, 1))), recipe)
        })
        .await
        .unwrap();

    let verifiers = Verifiers::new(vec![verifier; MAX_ASKABLE_SETS]).unwrap();

    assert!(verifiers.encode().len() < 2000, "{}", verifiers.encode().len());
    assert_eq!(Verifiers::parse(&verifiers.encode()).unwrap().encode(), verifiers.encode());
}

#[tokio::test]
async fn only_what_was_encoded_parses() {
    let verifiers = enroll(&KdfPool::default(), KdfParameters::CHEAP).await;
    let bytes = verifiers.encode();

    for length in 0..bytes.len() {
        assert!(Verifiers::parse(&bytes[..length]).is_none(), "{length}");
    }
    let followed = |bytes: &[u8]| [bytes, &[0]].concat();
    let altered_format = |bytes: &[u8]| [&[9], &bytes[1..]].concat();
    assert!(Verifiers::parse(&followed(&bytes)).is_none());
    assert!(Verifiers::parse(&altered_format(&bytes)).is_none());
    assert!(Verifiers::parse(&[1, 0]).is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_without_a_panic_and_have_one_form(bytes in vec(any::<u8>(), 0..300)) {
        if let Some(verifiers) = Verifiers::parse(&bytes) {
            prop_assert_eq!(&*verifiers.encode(), &bytes);
        }
    }
}
