//! A seed decides everything, and a part of a load stands for the whole.

use capacity::{Backend, Figures, Function, Load, Outcome, Stage, simulate};

use crate::world::is_near;

#[test]
fn the_same_seed_has_the_same_outcome() {
    let [one, same, other] = [1, 1, 2].map(|seed| deployed(20_000.0, 20_000.0, seed));

    assert_eq!(told(&one), told(&same));
    assert_ne!(told(&one), told(&other));
}

#[test]
fn a_tenth_of_a_load_under_a_tenth_of_everything_is_refused_as_much() {
    let whole = deployed(400_000.0, 400_000.0, 3);
    let tenth = deployed(400_000.0, 40_000.0, 3);

    assert!((whole.refused_share() - tenth.refused_share()).abs() < 0.02, "{:?}", (&whole.refused, &tenth.refused));
    assert!(is_near(tenth.usage.writes, whole.usage.writes, 0.05), "{} {}", tenth.usage.writes, whole.usage.writes);
    let p50 = |outcome: &Outcome| outcome.percentile(Function::Verify, 50.0).unwrap().as_secs_f64();
    assert!(is_near(p50(&tenth), p50(&whole), 0.05), "{} {}", p50(&tenth), p50(&whole));
}

fn deployed(verifications: f64, sample: f64, seed: u64) -> Outcome {
    let figures = Figures::default();
    let load = Load { verifications, sample, seed, backend: Backend::Dynamodb };
    simulate(&figures, load, &Stage::Deployed.capacities(&figures, None))
}

fn told(outcome: &Outcome) -> String {
    format!("{outcome:?}")
}
