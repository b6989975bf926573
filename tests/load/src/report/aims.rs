//! What a run has to reach, and by how much it did not.

use clap::Args;

use crate::report::Summary;

/// A run that misses one of these ends with exit code 1.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Aims")]
pub(crate) struct Aims {
    /// The share of requests that are not answered as the scenario expects; 0.01 is one of a hundred
    #[arg(long, value_name = "SHARE")]
    pub(crate) max_error_rate: Option<f64>,
    /// What 95 of 100 latencies do not exceed
    #[arg(long, value_name = "MS")]
    pub(crate) max_p95_ms: Option<f64>,
    /// What 99 of 100 latencies do not exceed
    #[arg(long, value_name = "MS")]
    pub(crate) max_p99_ms: Option<f64>,
    /// Iterations a second
    #[arg(long, value_name = "N")]
    pub(crate) min_rate: Option<f64>,
}

impl Aims {
    /// A line for each aim that was missed.
    pub(crate) fn missed(&self, summary: &Summary) -> Vec<String> {
        let at_most = [
            ("error rate", self.max_error_rate, summary.error_rate),
            ("p95 in ms", self.max_p95_ms, summary.latency.p95_ms),
            ("p99 in ms", self.max_p99_ms, summary.latency.p99_ms),
        ];
        let too_much = at_most.into_iter().filter_map(|(name, aim, seen)| {
            let aim = aim.filter(|aim| seen > *aim)?;
            Some(format!("{name}: {seen:.4}, aim at most {aim}, missed by {:.4}{}", seen - aim, percent(seen, aim)))
        });
        let seen = summary.achieved_per_second;
        let too_slow = self.min_rate.filter(|aim| seen < *aim).map(|aim| {
            format!("rate: {seen:.0} a second, aim at least {aim}, missed by {:.0}{}", aim - seen, percent(seen, aim))
        });
        let lost = summary.sample.filter(|sample| sample.lost > 0);
        let lost =
            lost.map(|sample| format!("{} of {} verifications of the sample are lost", sample.lost, sample.taken));
        too_much.chain(too_slow).chain(lost).collect()
    }
}

/// What is missed, as a share of the aim.
fn percent(seen: f64, aim: f64) -> String {
    if aim > 0.0 { format!(" ({:.1} %)", 100.0 * (seen - aim).abs() / aim) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::tests::summary;

    #[test]
    fn an_aim_that_is_missed_says_by_how_much() {
        let aims =
            Aims { max_error_rate: Some(0.0), max_p95_ms: Some(4.0), max_p99_ms: Some(5.0), min_rate: Some(200.0) };

        let missed = aims.missed(&summary());

        let p95 = "p95 in ms: 5.0000, aim at most 4, missed by 1.0000 (25.0 %)";
        let rate = "rate: 100 a second, aim at least 200, missed by 100 (50.0 %)";
        assert_eq!(missed.len(), 4, "{missed:?}");
        assert_eq!((missed[1].as_str(), missed[3].as_str()), (p95, rate));
        assert_eq!(missed[0], "error rate: 0.0100, aim at most 0, missed by 0.0100");
    }

    #[test]
    fn aims_that_are_met_or_absent_say_nothing() {
        let met = Aims { max_error_rate: Some(0.01), max_p95_ms: Some(5.0), max_p99_ms: None, min_rate: Some(100.0) };

        assert_eq!(met.missed(&summary()), Vec::<String>::new());
        assert_eq!(Aims::default().missed(&summary()), Vec::<String>::new());
    }
}
