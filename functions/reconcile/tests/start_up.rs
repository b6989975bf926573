//! The binary refuses to start without its settings, and says which one is at fault.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

fn refusal(environment: &[(&str, &str)]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_reconcile")).env_clear().envs(environment.iter().copied()).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn a_missing_variable_stops_the_start() {
    assert!(refusal(&[]).contains("COUNTERSIGN_CORE_TABLE"));
    assert!(refusal(&ENVIRONMENT).contains("AWS_REGION"));
}

#[test]
fn a_malformed_variable_stops_the_start_and_its_value_is_not_printed() {
    let said = [
        refusal(&[("COUNTERSIGN_CORE_TABLE", "canary 4711")]),
        refusal(&[("COUNTERSIGN_CORE_TABLE", "countersign-core"), ("COUNTERSIGN_LOG", "verify=canary-4711")]),
    ];

    assert!(said[0].contains("COUNTERSIGN_CORE_TABLE"));
    assert!(said[1].contains("COUNTERSIGN_LOG"));
    assert!(!said.concat().contains("4711"));
}

const ENVIRONMENT: [(&str, &str); 5] = [
    ("COUNTERSIGN_CORE_TABLE", "countersign-core"),
    ("COUNTERSIGN_EPHEMERAL_TABLE", "countersign-ephemeral"),
    ("COUNTERSIGN_AUDIT_TABLE", "countersign-audit"),
    ("COUNTERSIGN_AUDIT_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/countersign-audit"),
    ("COUNTERSIGN_KMS_KEY_ID", "arn:aws:kms:eu-central-1:123456789012:key/0192f0c1-2345-7abc-8def-0123456789ab"),
];
