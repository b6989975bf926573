//! A load that is simple enough to calculate with.

use capacity::{Backend, Capacities, Figures, Function, Load, Outcome, Stage, simulate};

/// Verifications are opened, and nothing else happens; every call takes as long as every other of its kind.
pub(crate) fn openings_only() -> Figures {
    with(&[
        ("abandoned", 1.0),
        ("status-questions", 0.0),
        ("start-p50", 1.0),
        ("start-p99", 1.0),
        ("table-p50", 150.0),
        ("table-p99", 150.0),
        ("queue-p50", 10.0),
        ("queue-p99", 10.0),
    ])
}

/// The figures, with these replaced.
pub(crate) fn with(replaced: &[(&str, f64)]) -> Figures {
    let mut figures = Figures::default();
    for (name, value) in replaced {
        figures.set(name, *value).unwrap();
    }
    figures
}

/// So many verifications, all of them simulated.
pub(crate) fn load(verifications: f64) -> Load {
    Load { verifications, sample: verifications, seed: 7, backend: Backend::Dynamodb }
}

/// The load where nothing is limited.
pub(crate) fn unlimited(figures: &Figures, load: Load) -> Outcome {
    simulate(figures, load, &no_limits(figures))
}

/// What nothing limits.
pub(crate) fn no_limits(figures: &Figures) -> Capacities {
    Stage::Unlimited.capacities(figures, None)
}

/// The mean time of an initiation, in seconds.
pub(crate) fn mean_seconds(outcome: &Outcome) -> f64 {
    let times = outcome.latencies.get(Function::Initiate);
    times.iter().map(std::time::Duration::as_secs_f64).sum::<f64>() / count(times.len())
}

/// A count, to calculate with.
pub(crate) fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap())
}

/// Whether two numbers differ by at most this share of the second.
pub(crate) fn is_near(found: f64, expected: f64, share: f64) -> bool {
    (found - expected).abs() <= share * expected
}
