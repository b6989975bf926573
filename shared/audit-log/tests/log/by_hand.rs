//! docs/AUDIT_LOG.md has a program that checks a log without anything of ours: it says what we say.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use audit_log::{FolderObjects, KeepObjects};

use crate::sample::Sample;

#[tokio::test]
async fn the_log_is_checked_by_hand_as_the_page_says() {
    let (log, folder) = (Sample::new().await, tempfile::tempdir().unwrap());
    let objects = FolderObjects::new(folder.path().join("log"));
    for name in log.names() {
        objects.put_object(&name, &log.bytes(&name)).await.unwrap();
    }
    let prefix = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    fs::write(folder.path().join("key.der"), [&prefix, log.key.verifying_key().public_bytes().as_slice()].concat())
        .unwrap();
    fs::write(folder.path().join("check.py"), program()).unwrap();
    run(folder.path(), "openssl", &["pkey", "-pubin", "-inform", "DER", "-in", "key.der", "-out", "key.pem"]);

    let whole = run(folder.path(), "python3", &["check.py", "log", "key.pem"]);
    let changed = folder.path().join("log").join(log.headers[2].header().payload_name().to_string());
    let text = fs::read_to_string(&changed).unwrap().replacen("JKJaXmPLvHcESHA=", "XXXXXXXXXXXXXXXX", 1);
    fs::write(&changed, text).unwrap();
    let damaged = run(folder.path(), "python3", &["check.py", "log", "key.pem"]);

    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let last = log.headers.last().unwrap().hash().to_string();
    assert!(String::from_utf8_lossy(&whole.stdout).contains(&last));
    assert!(!damaged.status.success());
    let name = log.headers[2].header().header_name().to_string();
    assert!(String::from_utf8_lossy(&damaged.stderr).contains(&name));
}

/// The page's Python.
fn program() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/AUDIT_LOG.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, program) = page.split_once("```python\n").unwrap();
    program.split_once("```").unwrap().0.to_owned()
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}
