//! What is let in, and how it comes.

use capacity::{Capacities, Function, Limit, Rate, simulate};

use crate::world::{is_near, load, no_limits, openings_only, unlimited};

#[test]
fn a_throttled_gateway_lets_in_its_rate_times_the_time_and_its_burst() {
    let figures = openings_only();
    let throttled = Capacities { gateway_stage: Rate { rate: 500.0, burst: 3_000.0 }, ..no_limits(&figures) };

    let outcome = simulate(&figures, load(120_000.0), &throttled);

    let refused = outcome.refused.get(&Limit::GatewayStage).unwrap().count;
    assert!(is_near(outcome.wanted - refused, 500.0 * 60.0 + 3_000.0, 0.001), "{refused}");
}

#[test]
fn a_mix_of_requests_has_the_shares_that_are_assumed() {
    let figures =
        crate::world::with(&[("abandoned", 0.2), ("wrong", 0.5), ("thinking-p50", 1.0), ("thinking-p99", 2.0)]);

    let outcome = unlimited(&figures, load(100_000.0));

    // Of 80 % that answer, half are right at once, a quarter at the second attempt, an eighth at the third.
    let asked = |function| *outcome.asked.get(function) / outcome.wanted;
    assert!(is_near(asked(Function::Verify), 0.8 * 1.75, 0.01), "{}", asked(Function::Verify));
    assert!(is_near(outcome.succeeded / outcome.wanted, 0.8 * 0.875, 0.01), "{}", outcome.succeeded);
    assert!(is_near(asked(Function::Introspect), 0.8 * 0.875 * 0.5, 0.02), "{}", asked(Function::Introspect));
    assert!(is_near(asked(Function::Status), 1.0, 0.01), "{}", asked(Function::Status));
}

#[test]
fn all_are_live_at_once_if_nobody_answers() {
    let outcome = unlimited(&openings_only(), load(10_000.0));

    assert!((outcome.peak_live() - outcome.wanted).abs() < 0.5, "{} of {}", outcome.peak_live(), outcome.wanted);
}
