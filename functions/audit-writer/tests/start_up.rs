//! The binary refuses to start without its settings, and says which one is at fault.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

const SETTINGS: [(&str, &str); 4] = [
    ("COUNTERSIGN_AUDIT_TABLE", "countersign-audit"),
    ("COUNTERSIGN_AUDIT_BUCKET", "countersign-audit-log"),
    ("COUNTERSIGN_AUDIT_KEY_ID", "arn:aws:kms:eu-central-1:123456789012:key/0192f0c1-2345-7abc-8def-0123456789ab"),
    ("COUNTERSIGN_RECONCILE_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/reconcile"),
];

fn refusal(environment: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_audit-writer"))
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn a_missing_variable_stops_the_start() {
    for (set, (missing, _)) in SETTINGS.iter().enumerate() {
        assert!(refusal(&SETTINGS[..set]).contains(missing), "{missing}");
    }
    assert!(refusal(&SETTINGS).contains("AWS_REGION"));
}

#[test]
fn a_malformed_variable_stops_the_start_and_its_value_is_not_printed() {
    let mut malformed = SETTINGS.to_vec();
    for (place, (variable, _)) in SETTINGS.iter().enumerate() {
        malformed[place].1 = "c\u{e4}nary 4711";
        let said = refusal(&malformed);
        malformed[place].1 = SETTINGS[place].1;

        assert!(said.contains(variable), "{said}");
        assert!(!said.contains("4711"), "{said}");
    }
    let said = refusal(&[SETTINGS[0], ("COUNTERSIGN_LOG", "verify=canary-4711")]);
    assert!(said.contains("COUNTERSIGN_LOG") && !said.contains("4711"), "{said}");
}
