//! Metrics in CloudWatch's embedded metric format: one JSON line per request, from which CloudWatch makes metrics.
//!
//! ```json
//! {"_aws":{"Timestamp":1793491200000,"CloudWatchMetrics":[{"Namespace":"Countersign","Dimensions":[["function"]],
//!  "Metrics":[{"Name":"Requests","Unit":"Count"},…]}]},"function":"verify","Requests":1,"Succeeded":0,"Refused":1,
//!  "Failed":0,"KdfRuns":1,"Duration":31.25}
//! ```
//! The format is this one object. A library for it would bring its own registry, sinks and macros, and free-form
//! properties, which are what must not exist here.

use std::io::{Stdout, Write};
use std::sync::{Mutex, PoisonError};

use crate::{Measurement, Outcome};

/// Writes measurements of one function.
#[derive(Debug)]
pub struct Metrics<W> {
    function: &'static str,
    writer: Mutex<W>,
}

impl Metrics<Stdout> {
    /// Metrics of this function on standard output.
    #[must_use]
    pub fn to_stdout(function: &'static str) -> Self {
        Self::new(function, std::io::stdout())
    }
}

impl<W: Write> Metrics<W> {
    /// Metrics of this function to this writer.
    pub const fn new(function: &'static str, writer: W) -> Self {
        Self { function, writer: Mutex::new(writer) }
    }

    /// Writes one line. A writer that fails loses it: no request fails for its metrics.
    pub fn record(&self, measurement: &Measurement) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _lost = writer.write_all(self.line(measurement).as_bytes()).and_then(|()| writer.flush());
    }

    /// Written as text: all but a few numbers of it is the same for every request.
    fn line(&self, measurement: &Measurement) -> String {
        let count = |outcome| u32::from(measurement.outcome == outcome);
        let (succeeded, refused, failed) = (count(Outcome::Succeeded), count(Outcome::Refused), count(Outcome::Failed));
        let milliseconds = measurement.duration.as_secs_f64() * 1_000.0;
        let Self { function, .. } = self;
        format!(
            "{{\"_aws\":{{\"Timestamp\":{at},\"CloudWatchMetrics\":[{DIRECTIVE}]}},\"function\":\"{function}\",\"Requests\":1,\
             \"Succeeded\":{succeeded},\"Refused\":{refused},\"Failed\":{failed},\"KdfRuns\":{kdf_runs},\"Duration\":{milliseconds:?}}}\n",
            at = measurement.at.as_millisecond(),
            kdf_runs = measurement.kdf_runs,
        )
    }
}

/// What CloudWatch makes metrics of, and their units. docs/LOGGING.md has the same table.
const DIRECTIVE: &str = concat!(
    r#"{"Namespace":"Countersign","Dimensions":[["function"]],"Metrics":["#,
    r#"{"Name":"Requests","Unit":"Count"},"#,
    r#"{"Name":"Succeeded","Unit":"Count"},"#,
    r#"{"Name":"Refused","Unit":"Count"},"#,
    r#"{"Name":"Failed","Unit":"Count"},"#,
    r#"{"Name":"KdfRuns","Unit":"Count"},"#,
    r#"{"Name":"Duration","Unit":"Milliseconds"}]}"#,
);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn recorded(outcome: Outcome) -> Vec<u8> {
        let metrics = Metrics::new("verify", Vec::new());
        metrics.record(&Measurement {
            at: "2026-11-01T00:00:00Z".parse().unwrap(),
            duration: Duration::from_micros(31_250),
            outcome,
            kdf_runs: 1,
        });
        metrics.writer.into_inner().unwrap()
    }

    /// The directive's metrics and their units.
    fn declared() -> Vec<(String, String)> {
        let directive: Value = serde_json::from_str(DIRECTIVE).unwrap();
        let metrics = directive["Metrics"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        metrics.map(|metric| (text(&metric["Name"]), text(&metric["Unit"]))).collect()
    }

    #[test]
    fn a_measurement_is_one_line_of_the_embedded_metric_format() {
        let line = recorded(Outcome::Refused);

        assert_eq!(line.split_inclusive(|byte| *byte == b'\n').count(), 1);
        assert!(line.ends_with(b"}\n"));
        assert_eq!(
            serde_json::from_slice::<Value>(&line).unwrap(),
            json!({
                "_aws": {
                    "Timestamp": 1_793_491_200_000_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Countersign",
                        "Dimensions": [["function"]],
                        "Metrics": [
                            {"Name": "Requests", "Unit": "Count"},
                            {"Name": "Succeeded", "Unit": "Count"},
                            {"Name": "Refused", "Unit": "Count"},
                            {"Name": "Failed", "Unit": "Count"},
                            {"Name": "KdfRuns", "Unit": "Count"},
                            {"Name": "Duration", "Unit": "Milliseconds"},
                        ],
                    }],
                },
                "function": "verify",
                "Requests": 1,
                "Succeeded": 0,
                "Refused": 1,
                "Failed": 0,
                "KdfRuns": 1,
                "Duration": 31.25,
            })
        );
    }

    #[test]
    fn every_declared_metric_and_dimension_is_a_member() {
        let line: Value = serde_json::from_slice(&recorded(Outcome::Succeeded)).unwrap();

        for (name, _) in declared() {
            assert!(line[&name].is_number(), "{name}");
        }
        assert!(line["function"].is_string());
    }

    #[test]
    fn a_request_counts_under_exactly_one_outcome() {
        for outcome in [200, 204, 399, 400, 499, 500, 503].map(Outcome::of_status) {
            let line: Value = serde_json::from_slice(&recorded(outcome)).unwrap();

            let counted: u64 =
                ["Succeeded", "Refused", "Failed"].iter().map(|name| line[*name].as_u64().unwrap()).sum();

            assert_eq!(counted, 1, "{outcome:?}");
        }
    }

    #[test]
    fn the_documented_metrics_are_the_written_ones() {
        let page = include_str!("../../../docs/LOGGING.md");
        let (_, table) = page.split_once("## Metrics").unwrap();

        let documented: Vec<(&str, &str)> = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .filter_map(|(name, rest)| Some((name, rest.split_once(" |")?.0)))
            .collect();

        let declared = declared();
        let declared: Vec<(&str, &str)> = declared.iter().map(|(name, unit)| (name.as_str(), unit.as_str())).collect();
        assert_eq!(documented, declared);
    }
}
