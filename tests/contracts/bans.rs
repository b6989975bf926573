//! The bans of `clippy.toml` are real: a misspelt path is silently no ban, so one violation of each is planted in a package
//! made for the purpose, and Clippy has to report every one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::repository::{read, root};

/// A line that breaks each ban.
const PLANTED: [(&str, &str); 10] = [
    ("std::time::SystemTime::now", "let _ = std::time::SystemTime::now();"),
    ("std::time::Instant::now", "let _ = std::time::Instant::now();"),
    ("jiff::Timestamp::now", "let _ = jiff::Timestamp::now();"),
    ("uuid::Uuid::new_v4", "let _ = uuid::Uuid::new_v4();"),
    ("uuid::Uuid::now_v7", "let _ = uuid::Uuid::now_v7();"),
    ("std::env::var", "let _ = std::env::var(\"A\");"),
    ("std::env::var_os", "let _ = std::env::var_os(\"A\");"),
    ("tokio::time::sleep", "drop(tokio::time::sleep(std::time::Duration::ZERO));"),
    ("std::thread::sleep", "std::thread::sleep(std::time::Duration::ZERO);"),
    ("aws_sdk_dynamodb::Client::scan", "drop(client.scan());"),
];

#[test]
fn every_ban_has_a_planted_violation() {
    let planted: BTreeSet<&str> = PLANTED.into_iter().map(|(path, _)| path).collect();
    let configuration = read("clippy.toml");
    let banned = configuration.lines().filter_map(|line| line.trim().strip_prefix("{ path = \"")?.split('"').next());
    assert_eq!(banned.collect::<BTreeSet<_>>(), planted);
}

#[test]
fn every_ban_names_its_replacement() {
    for line in read("clippy.toml").lines().filter(|line| line.trim().starts_with("{ path")) {
        assert!(line.contains("reason = \""), "{line}");
    }
}

#[test]
fn every_planted_violation_is_reported() {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
    plant(&package);

    // The same target folder as ours, so that dependencies are checked once and kept.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let clippy = Command::new(env!("CARGO"))
        .args(["clippy", "--offline", "--quiet", "--message-format=short"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", target)
        .env("CLIPPY_CONF_DIR", root())
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();

    let report = String::from_utf8_lossy(&clippy.stderr).into_owned();
    for (path, line) in PLANTED {
        let complaint = format!("use of a disallowed method `{path}`");
        assert!(report.contains(&complaint), "not reported: {line}\n{report}");
    }
}

/// Makes the package: its own workspace, with our versions of what it breaks bans with.
fn plant(package: &Path) {
    let lines: Vec<String> = PLANTED.iter().map(|(_, line)| format!("    {line}\n")).collect();
    let source = format!("pub fn planted(client: &aws_sdk_dynamodb::Client) {{\n{}}}\n", lines.concat());
    fs::create_dir_all(package.join("src")).unwrap();
    fs::write(package.join("src/lib.rs"), source).unwrap();
    fs::write(package.join("Cargo.toml"), MANIFEST).unwrap();
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
}

const MANIFEST: &str = r#"[package]
name = "planted"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
aws-sdk-dynamodb = { version = "*", default-features = false }
jiff = { version = "*", default-features = false, features = ["std"] }
tokio = { version = "*", features = ["time"] }
uuid = { version = "*", default-features = false, features = ["std", "v4", "v7"] }
"#;
