//! The README's walk.

use std::path::Path;
use std::process::Command;

use serde_json::{Deserializer, Value, json};

use crate::program::Serving;

#[test]
fn the_readmes_walk_works_when_pasted() {
    let serving = Serving::start(&["serve", "--port", "0", "--ephemeral", "--kdf", "pbkdf2-sha256-100000"]);
    let walk = walk().replace(NEWCOMERS, &format!("API={} API_KEY={}", serving.url(), serving.api_key()));
    assert!(walk.contains(serving.api_key()), "the walk begins as it is known here");

    let output = Command::new("bash").args(["-euo", "pipefail", "-c", &walk]).output().unwrap();

    let said = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = Deserializer::from_str(&said).into_iter().collect::<Result<_, _>>().unwrap();
    let [opened, wrong, verified, active, listed, revoked, ended, exported, erased] = answers.as_slice() else {
        panic!("{said}{}", String::from_utf8_lossy(&output.stderr))
    };
    assert_eq!((&opened["attempts_allowed"], &wrong["attempts_remaining"]), (&json!(3), &json!(2)));
    assert_eq!((&verified["status"], &active["active"]), (&json!("verified"), &json!(true)));
    assert_eq!(listed["sessions"][0]["session_id"], verified["session_id"]);
    assert_eq!((revoked, ended), (&json!({}), &json!({ "active": false })));
    assert_eq!(exported["enrollment"]["factors"].as_array().map(Vec::len), Some(2));
    assert_eq!(erased["status"], "erased");
}

/// The block of its section.
fn walk() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("## A verification by hand").nth(1).unwrap();
    section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

/// Its first line.
const NEWCOMERS: &str = "API=http://127.0.0.1:3000 API_KEY=csk_test_…";
