//! V5's timing: the time of a comparison does not tell which factor was wrong.

use std::time::{Duration, Instant};

use crypto::{
    BranchKey, EnrolledFactors, Kdf, KdfFailed, KdfParameters, KdfPool, Outcome, SecretKey, StoredVerifier, Verifiers,
};
use domain::{AskableSets, Digest, Entropy, FactorSet, FactorType, PresentedFactors, TenantId, UserId};
use testkit::SeededEntropy;

/// As dudect does (Reparaz, Balasch, Verbauwhede, 2017): the classes in random order, fresh inputs for each measurement, the
/// slowest tenth cropped, Welch's t.
#[tokio::test]
async fn v5_the_time_does_not_tell_which_factor_was_wrong() {
    let samples = KdfPool::default().run(|kdf| Ok::<_, KdfFailed>(measure(kdf, SAMPLES))).await.unwrap();

    let t = welch(&samples);

    assert!(t.abs() < 4.5, "t = {t}");
}

/// The test of the test: a difference of a twentieth would be found.
#[tokio::test]
async fn a_difference_of_a_twentieth_would_show_in_t() {
    let mut samples = KdfPool::default().run(|kdf| Ok::<_, KdfFailed>(measure(kdf, SAMPLES))).await.unwrap();

    for (class, nanoseconds) in &mut samples {
        *nanoseconds *= if *class == Class::LastWrong { 1.05 } else { 1.0 };
    }

    assert!(welch(&samples).abs() > 4.5);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    FirstWrong,
    LastWrong,
}

/// The times of this many comparisons, in nanoseconds.
fn measure(kdf: &Kdf, count: usize) -> Vec<(Class, f64)> {
    let source = SeededEntropy::new(7);
    let entropy: &dyn Entropy = &source;
    let (user, right) = (UserId::from_keyed_bytes([1; 16]), [[1; 32], [2; 32], [3; 32]]);
    let branch = BranchKey::first(TenantId::from_keyed_bytes([2; 16]), &SecretKey::draw(entropy).unwrap()).unwrap();
    let stored = stored_verifier(&branch, kdf, user, right);

    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let class = if entropy.below(2).unwrap() == 0 { Class::FirstWrong } else { Class::LastWrong };
        let mut digests = right;
        digests[if class == Class::FirstWrong { 0 } else { 2 }] = entropy.array().unwrap();
        let presented = presented(digests);
        let outcome = time(|| branch.check(kdf, user, &presented, &stored).unwrap());
        assert_eq!(outcome.0, Outcome::NoMatch);
        samples.push((class, outcome.1.as_secs_f64() * 1e9));
    }
    samples
}

/// The verifier of all three factors together.
fn stored_verifier(branch: &BranchKey, kdf: &Kdf, user: UserId, right: [[u8; 32]; 3]) -> StoredVerifier {
    let all = FactorSet::of(FACTORS).unwrap();
    let sets = AskableSets::draw(all, &SeededEntropy::new(8)).unwrap().unwrap();
    let presented = presented(right);
    let enrolled = EnrolledFactors { user, presented: &presented, sets: &sets, parameters: KdfParameters::CHEAP };
    let verifiers: Verifiers = branch.make_verifiers(kdf, &SeededEntropy::new(9), &enrolled).unwrap();
    let position = verifiers.sets().position(|set| set == all).unwrap();
    verifiers.asked(u128::try_from(position).unwrap().to_be_bytes()).unwrap().clone()
}

fn presented(digests: [[u8; 32]; 3]) -> PresentedFactors {
    let pairs = FACTORS.into_iter().zip(digests.map(|digest| Digest::from_hex(&hex::encode(digest)).unwrap()));
    PresentedFactors::new(pairs.collect()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the time that an attacker would measure")]
fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    (result, start.elapsed())
}

/// Welch's t of the two classes, without the samples that are slower than nine tenths of all.
fn welch(samples: &[(Class, f64)]) -> f64 {
    let mut times: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    times.sort_by(f64::total_cmp);
    let limit = times[times.len() * 9 / 10];
    let of = |wanted: Class| {
        let times: Vec<f64> =
            samples.iter().filter(|(class, time)| *class == wanted && *time <= limit).map(|(_, time)| *time).collect();
        let count = f64::from(u32::try_from(times.len()).unwrap());
        let mean = times.iter().sum::<f64>() / count;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((first, first_error), (last, last_error)) = (of(Class::FirstWrong), of(Class::LastWrong));
    (first - last) / (first_error + last_error).sqrt()
}

/// In the order in which they are sorted, so that the first is the first to be hashed.
const FACTORS: [FactorType; 3] = [FactorType::Pin, FactorType::Nfc, FactorType::Fingerprint];
const SAMPLES: usize = 20_000;
