//! The binary refuses to start without its settings, and says which one is at fault.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

fn refusal(environment: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_publish-checkpoints"))
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn a_missing_variable_stops_the_start() {
    let table = ("COUNTERSIGN_AUDIT_TABLE", "countersign-audit");
    let topic = ("COUNTERSIGN_CHECKPOINT_TOPIC_ARN", "arn:aws:sns:eu-central-1:123456789012:countersign-checkpoints");

    assert!(refusal(&[]).contains("COUNTERSIGN_AUDIT_TABLE"));
    assert!(refusal(&[table]).contains("COUNTERSIGN_CHECKPOINT_TOPIC_ARN"));
    assert!(refusal(&[table, topic]).contains("AWS_REGION"));
}
