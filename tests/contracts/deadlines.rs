//! E4: a function answers 503 by itself before Lambda or the gateway gives up on it.

use std::time::Duration;

use countersign_http::ANSWER_DEADLINE;

use crate::repository::{table_rows, yaml};
use crate::template::functions;

/// One row of `docs/RUNBOOK.md`'s table of deadlines.
struct Row {
    function: String,
    calls: u32,
    derivations: u32,
    worst_case: Duration,
    timeout: Duration,
}

#[test]
fn e4_every_functions_worst_case_is_shorter_than_its_timeout() {
    let rows = rows();

    for function in functions() {
        let row = rows.iter().find(|row| row.function == function.binary);
        let row = row.unwrap_or_else(|| panic!("docs/RUNBOOK.md has no deadline for {}", function.binary));
        assert_eq!(row.timeout, function.timeout, "{}", function.binary);
        assert_eq!(row.worst_case, config::worst_case(row.calls, row.derivations), "{}", function.binary);
        assert!(row.worst_case < function.timeout, "{}", function.binary);
    }
    assert_eq!(rows.len(), functions().len());
}

#[test]
fn e4_a_function_behind_the_api_answers_before_lambda_ends_it() {
    let rows = rows();

    for function in functions().into_iter().filter(|function| !function.routes.is_empty()) {
        let row = rows.iter().find(|row| row.function == function.binary).unwrap();
        assert!(row.worst_case < ANSWER_DEADLINE, "{}: it would be cut short", function.binary);
        assert!(ANSWER_DEADLINE < function.timeout, "{}", function.binary);
    }
}

#[test]
fn e4_the_gateway_waits_longer_than_any_function_behind_it() {
    for function in functions() {
        let longest = match function.binary.as_str() {
            "authorizer" => AUTHORIZER_LIMIT,
            _ if function.routes.is_empty() => continue,
            _ => INTEGRATION_LIMIT,
        };
        assert!(function.timeout < longest, "{}", function.binary);
    }
}

#[test]
fn a_message_stays_hidden_for_longer_than_the_writer_may_take() {
    let resources = &yaml("template.yaml")["Resources"];
    let writer = functions().into_iter().find(|function| function.binary == "audit-writer").unwrap();
    let hidden = resources["AuditQueue"]["Properties"]["VisibilityTimeout"].as_u64().unwrap();
    assert!(Duration::from_secs(hidden) >= writer.timeout * 6);
}

#[test]
fn the_queue_asks_for_no_more_writers_than_are_reserved() {
    let writer = &yaml("template.yaml")["Resources"]["AuditWriter"]["Properties"];
    let asked = writer["Events"]["Events"]["Properties"]["ScalingConfig"]["MaximumConcurrency"].as_u64().unwrap();
    let reserved = writer["ReservedConcurrentExecutions"][1].as_u64().unwrap();
    assert!(asked <= reserved);
}

fn rows() -> Vec<Row> {
    let rows = table_rows("docs/RUNBOOK.md").into_iter().filter(|row| row.len() == 6 && row[4].ends_with(" s"));
    rows.map(|row| Row {
        function: row[0].trim_matches('`').to_owned(),
        calls: row[1].parse().unwrap(),
        derivations: row[2].parse().unwrap(),
        worst_case: seconds(&row[3]),
        timeout: seconds(&row[4]),
    })
    .collect()
}

fn seconds(cell: &str) -> Duration {
    Duration::from_secs_f64(cell.trim_end_matches(" s").parse().unwrap())
}

/// API Gateway's longest wait for a function of an HTTP API.
const INTEGRATION_LIMIT: Duration = Duration::from_secs(30);

/// API Gateway's longest wait for an authorizer.
const AUTHORIZER_LIMIT: Duration = Duration::from_secs(10);
