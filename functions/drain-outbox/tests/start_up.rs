//! The binary refuses to start without its settings, and says which one is at fault.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

fn refusal(environment: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_drain-outbox"))
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn a_missing_variable_stops_the_start() {
    let table = ("COUNTERSIGN_CORE_TABLE", "countersign-core");
    let queue = ("COUNTERSIGN_AUDIT_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/audit");

    assert!(refusal(&[]).contains("COUNTERSIGN_CORE_TABLE"));
    assert!(refusal(&[table]).contains("COUNTERSIGN_AUDIT_QUEUE_URL"));
    assert!(refusal(&[table, queue]).contains("AWS_REGION"));
}
