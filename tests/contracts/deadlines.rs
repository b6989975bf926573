//! E4: a function answers 503 by itself before Lambda or the gateway gives up on it.

use std::time::Duration;

use countersign_http::ANSWER_DEADLINE;
use serde_json::json;

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
fn a_message_stays_hidden_for_longer_than_its_reader_may_take() {
    let resources = &yaml("template.yaml")["Resources"];
    for (queue, reader, _) in QUEUES {
        let reader = functions().into_iter().find(|function| function.binary == reader).unwrap();
        let hidden = resources[queue]["Properties"]["VisibilityTimeout"].as_u64().unwrap();
        assert!(Duration::from_secs(hidden) >= reader.timeout * 6, "{queue}");
    }
}

#[test]
fn a_queue_asks_for_no_more_readers_than_are_reserved() {
    let resources = &yaml("template.yaml")["Resources"];
    for (queue, _, reader) in QUEUES {
        let reader = &resources[reader]["Properties"];
        let events = reader["Events"].as_object().unwrap().values().next().unwrap();
        assert_eq!(events["Properties"]["Queue"], format!("{queue}.Arn"));
        let asked = events["Properties"]["ScalingConfig"]["MaximumConcurrency"].as_u64().unwrap();
        let reserved = reader["ReservedConcurrentExecutions"][1].as_u64().unwrap();
        assert!(asked <= reserved, "{queue}");
    }
}

#[test]
fn a_reader_says_which_messages_failed_and_they_end_as_dead_letters() {
    let resources = &yaml("template.yaml")["Resources"];
    for (queue, _, reader) in QUEUES {
        let events = resources[reader]["Properties"]["Events"].as_object().unwrap().values().next().unwrap();
        assert_eq!(events["Properties"]["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{queue}");
        let redrive = &resources[queue]["Properties"]["RedrivePolicy"];
        let dead_letters = redrive["deadLetterTargetArn"].as_str().unwrap().trim_end_matches(".Arn");
        assert_eq!(resources[dead_letters]["DeletionPolicy"], "Retain", "{queue}");
        assert!(redrive["maxReceiveCount"].as_u64().unwrap() >= 5, "{queue}");
    }
}

#[test]
fn a_verification_is_reconciled_after_its_end() {
    let queue = &yaml("template.yaml")["Resources"]["ReconcileQueue"]["Properties"];
    let delay = Duration::from_secs(queue["DelaySeconds"].as_u64().unwrap());
    assert!(delay >= domain::VERIFICATION_LIFETIME + ANSWER_DEADLINE, "what it causes may not be written yet");
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

/// Every queue that a function reads, with the function and its resource.
const QUEUES: [(&str, &str, &str); 2] =
    [("AuditQueue", "audit-writer", "AuditWriter"), ("ReconcileQueue", "reconcile", "Reconcile")];
