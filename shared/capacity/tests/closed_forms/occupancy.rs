//! How many run at once, and how many find no place.

use std::time::Duration;

use capacity::{ByFunction, Capacities, Figures, Function, Limit, simulate};

use crate::world::{count, is_near, load, mean_seconds, no_limits, openings_only, unlimited, with};

#[test]
fn as_many_run_at_once_as_come_in_the_time_that_one_takes() {
    let figures = with(&[("abandoned", 1.0), ("status-questions", 0.0)]);

    let outcome = unlimited(&figures, load(120_000.0));

    let running = outcome.steady(Function::Initiate, Duration::from_secs(60));
    assert!(is_near(running, 2_000.0 * mean_seconds(&outcome), 0.04), "{running}, {}", mean_seconds(&outcome));
}

#[test]
fn an_environment_is_needed_for_each_that_runs_where_all_take_the_same_time() {
    let outcome = unlimited(&openings_only(), load(120_000.0));

    // 92 µs and five calls of 78 µs on 512 of 1,769 MB, then 150 ms, twice.
    let seconds = (92.0 + 5.0 * 78.0) / 1e6 * 1_769.0 / 512.0 + 0.3;
    let running = outcome.steady(Function::Initiate, Duration::from_secs(60));
    assert!(is_near(mean_seconds(&outcome), seconds, 0.01), "{}", mean_seconds(&outcome));
    assert!(is_near(running, 2_000.0 * seconds, 0.03), "{running}");
}

#[test]
fn as_many_are_refused_as_erlangs_formula_says() {
    let mut figures = openings_only();
    figures.set("opening-seconds", 1_200.0).unwrap();

    for environments in [20_u32, 30, 40] {
        let outcome = simulate(&figures, load(120_000.0), &only(&figures, f64::from(environments)));

        let offered = 100.0 * mean_seconds(&outcome);
        let refused = outcome.refused.get(&Limit::Concurrency).map_or(0.0, |refusals| refusals.count);
        let (found, expected) = (refused / outcome.wanted, erlang_b(environments, offered));
        assert!((found - expected).abs() < 0.015, "{environments}: {found}, {expected}");
    }
}

#[test]
fn a_function_grows_by_so_many_environments_in_ten_seconds() {
    let mut figures = openings_only();
    figures.set("table-p50", 600_000.0).unwrap();
    figures.set("table-p99", 600_000.0).unwrap();
    let growing = Capacities { growth: 1_000.0, ..no_limits(&figures) };

    let outcome = simulate(&figures, load(60_000.0), &growing);

    // A thousand a second come and stay: a thousand are there at once, and a hundred more in each second.
    let after_half_a_minute = outcome.seconds.get(30).map(|second| *second.busy.get(Function::Initiate)).unwrap();
    assert!(is_near(after_half_a_minute, 1_000.0 + 31.0 * 100.0, 0.01), "{after_half_a_minute}");
}

/// So many environments, all of them started.
fn only(figures: &Figures, environments: f64) -> Capacities {
    Capacities {
        concurrency: environments,
        provisioned: ByFunction::of(|function| if function == Function::Initiate { environments } else { 0.0 }),
        ..no_limits(figures)
    }
}

/// The share of an offered load that finds all places taken.
fn erlang_b(places: u32, offered: f64) -> f64 {
    (1..=places).fold(1.0, |blocked, place| offered * blocked / (count(place as usize) + offered * blocked))
}
