//! The program itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};

fn countersign(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    // Nothing of AWS is needed, and nothing else.
    command.env_clear().args(arguments);
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    countersign(arguments).output().unwrap()
}

/// A serving program; it is killed when this is dropped.
pub(crate) struct Serving {
    child: Child,
    lines: Vec<String>,
}

impl Serving {
    /// Starts it and reads what it prints until it has printed all calls.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = countersign(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = Vec::new();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        while !lines.last().is_some_and(|line: &String| line.contains("/attempts ")) {
            lines.push(output.next().unwrap().unwrap());
        }
        Self { child, lines }
    }

    pub(crate) fn api_key(&self) -> &str {
        self.lines[1].strip_prefix("Development API key: ").unwrap()
    }

    pub(crate) fn url(&self) -> &str {
        self.lines[0].split_whitespace().find(|word| word.starts_with("http://")).unwrap()
    }

    /// The printed lines that a person would paste.
    fn pasted(&self) -> String {
        let is_shell =
            |line: &&String| ["AUTH=", "uuid7()", "curl ", "V=$("].iter().any(|start| line.starts_with(start));
        self.lines.iter().filter(is_shell).map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn the_demonstration_succeeds_without_any_environment() {
    let output = run(&["demo", "--kdf", "pbkdf2-sha256-100000"]);

    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let steps: Vec<_> = said.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(
        steps,
        [
            "ok      enrol 4 factors",
            "ok      open a verification of EUR 49.90",
            "ok      present a wrong factor",
            "ok      present the right factors",
            "ok      introspect the token",
            "ok      refresh the session",
            "ok      list the sessions",
            "ok      revoke the session",
            "ok      introspect the token again",
            "ok      step up",
            "ok      export what is stored",
            "ok      erase the user",
            "ok      read the audit trail",
        ]
    );
}

#[test]
fn the_printed_calls_work_when_pasted() {
    let serving = Serving::start(&["serve", "--port", "0", "--ephemeral", "--kdf", "pbkdf2-sha256-100000"]);

    let output = Command::new("bash").args(["-ec", &serving.pasted()]).output().unwrap();

    let said = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [enrolled, opened, verified] = answers.as_slice() else { panic!("{said}") };
    assert_eq!(enrolled["key_version"], 1, "{said}");
    assert_eq!(opened["attempts_allowed"], 3, "{said}");
    assert_eq!(verified["status"], "verified", "{said}");
}

#[test]
fn b2_a_valkey_that_is_down_at_the_start_is_warned_of_and_served_without() {
    // Nobody listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let valkey = format!("redis://127.0.0.1:{port}");
    let arguments = ["serve", "--port", "0", "--ephemeral", "--kdf", "pbkdf2-sha256-100000", "--backend", "valkey"];
    let serving = Serving::start(&[&arguments[..], &["--valkey-url", &valkey]].concat());

    let output = Command::new("bash").args(["-ec", &serving.pasted()]).output().unwrap();

    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.lines().last().is_some_and(|line| line.contains(r#""status":"verified""#)), "{said}");
    let warning = serving.lines.iter().find(|line| line.contains(r#""level":"WARN""#)).unwrap();
    assert!(warning.contains(&format!(r#""cache.port":{port}"#)), "{warning}");
}

#[test]
fn a_restart_prints_the_same_key_and_sigterm_ends_it_well() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["serve", "--port", "0", "--data-dir", folder.path().to_str().unwrap()];

    let mut first = Serving::start(&arguments);
    let killed = Command::new("kill").args(["-TERM", &first.child.id().to_string()]).status().unwrap();
    let ended = first.child.wait().unwrap();
    let second = Serving::start(&arguments);

    // Nobody reads what it prints any more, which must not end it badly.
    assert!(killed.success() && ended.success());
    assert_eq!(first.api_key(), second.api_key());
    assert!(first.api_key().starts_with("csk_test_"));
}

#[test]
fn what_is_at_fault_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let mut table = tempfile::NamedTempFile::new().unwrap();
    table.write_all(br#"{"user": {"quota": 0}}"#).unwrap();
    let limits = table.path().to_str().unwrap();
    let mut odd = tempfile::NamedTempFile::new().unwrap();
    odd.write_all(br#"{"usr": {"quota": 5}}"#).unwrap();
    let odd = odd.path().to_str().unwrap();

    for (arguments, fault) in [
        (["serve", "--ephemeral", "--port", &port].as_slice(), format!("port {port} on 127.0.0.1 can't be had")),
        (&["serve", "--port", "0", "--data-dir", path], format!("{path} can't be used")),
        (&["demo", "--data-dir", path], format!("{path} can't be used")),
        (&["admin", "create-tenant", "--data-dir", path], format!("{path} can't be used")),
        (&["admin", "create-tenant"], "--data-dir, say where".to_owned()),
        (
            &["serve", "--ephemeral", "--port", "0", "--policy", "no-such-file"],
            "no-such-file, can't be read".to_owned(),
        ),
        (&["demo", "--policy", limits], "the field quota of the limit user".to_owned()),
        (&["demo", "--policy", odd], "a limit that does not exist, \"usr\"".to_owned()),
        (&["admin", "show-limits", "--policy", limits], "the field quota of the limit user".to_owned()),
        (
            &["serve", "--ephemeral", "--port", "0", "--valkey-url", "redis://127.0.0.1:1"],
            "--valkey-url is for --backend valkey".to_owned(),
        ),
    ] {
        let output = run(arguments);
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(complaint.contains(&fault), "{complaint}");
    }
}

#[test]
fn the_development_key_is_refused_inside_lambda() {
    let output = countersign(&["demo"]).env("AWS_LAMBDA_FUNCTION_NAME", "verify").output().unwrap();

    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint.contains("the development key is not for use inside AWS Lambda"), "{complaint}");
}

#[test]
fn a_tenant_is_made_where_the_host_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();

    let output = run(&["admin", "create-tenant", "--data-dir", path, "--mode", "live"]);

    let said = String::from_utf8(output.stdout).unwrap();
    let (tenant, key) = said.trim_end().split_once('\n').unwrap();
    assert_eq!(tenant.strip_prefix("tenant_id=").unwrap().len(), 36);
    assert!(key.starts_with("api_key=csk_live_"), "{said}");
}

#[test]
fn the_list_is_changed_where_the_host_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let network = ["--subject", "network/198.51.100.0/24"];
    let entry = ["--access", "denied", "--expires-at", "2127-01-01T00:00:00Z"];

    let put = told(&[&["admin", "put-listing"], &place[..], &network, &entry].concat());
    let shown = told(&[&["admin", "show-limits"], &place[..]].concat());
    let removed = told(&[&["admin", "remove-listing"], &place[..], &network].concat());
    let gone = told(&[&["admin", "show-limits"], &place[..]].concat());

    assert_eq!((&put["did"], &put["replaced"]), (&"listing_put".into(), &serde_json::Value::Null));
    assert_eq!(shown["listings"][0]["subject"], "network/198.51.100.0/24");
    assert_eq!(shown["limits"]["user"]["quota"], 100);
    assert_eq!(removed["removed"]["access"], "denied");
    assert_eq!(gone["listings"], serde_json::json!([]));
}

#[test]
fn t3_a_tenants_sessions_are_revoked_where_the_host_finds_them() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let made = run(&[&["admin", "create-tenant"], &place[..]].concat());
    let said = String::from_utf8(made.stdout).unwrap();
    let tenant = said.lines().next().unwrap().strip_prefix("tenant_id=").unwrap();
    let revoke = [&["admin", "revoke-sessions"], &place[..], &["--tenant-id", tenant]].concat();

    let [first, second] = [told(&revoke), told(&revoke)];

    assert_eq!(first["did"], "sessions_revoked");
    assert_eq!((&first["session_epoch"], &second["session_epoch"]), (&1.into(), &2.into()));
}

#[test]
fn an_operators_keys_are_made_rotated_and_revoked_where_the_host_finds_them() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let made = run(&[&["admin", "create-tenant"], &place[..]].concat());
    let said = String::from_utf8(made.stdout).unwrap();
    let tenant = ["--tenant", said.lines().next().unwrap().strip_prefix("tenant_id=").unwrap()];
    let key_of = |told: &serde_json::Value| told["key"]["key_id"].as_str().unwrap().to_owned();
    let operate = |command: &str, more: &[&str]| told(&[&["admin", command], &place[..], &tenant, more].concat());

    let created = operate("create-key", &["--name", "reports", "--scopes", "verifications:read,audit"]);
    let rotated = operate("rotate-key", &["--key", &key_of(&created), "--overlap-seconds", "60"]);
    let revoked = operate("revoke-key", &["--key", &key_of(&rotated)]);
    let listed = operate("list-keys", &[]);

    assert!(created["api_key"].as_str().unwrap().starts_with("csk_test_"));
    assert_eq!(rotated["replaced"]["replaced_by"], rotated["key"]["key_id"]);
    assert_eq!(revoked["key"]["key_id"], rotated["key"]["key_id"]);
    let [first, old, new] = listed["keys"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(
        (&first["scopes"], &first["name"]),
        (&"enrollments verifications sessions audit".into(), &serde_json::Value::Null)
    );
    assert_eq!(
        (&old["scopes"], &new["scopes"]),
        (&"verifications:read audit".into(), &"verifications:read audit".into())
    );
    assert!(old["expires_at"].is_string() && old["revoked_at"].is_null() && new["revoked_at"].is_string(), "{listed}");
}

#[test]
fn keys_are_rotated_where_the_host_finds_them() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let made = run(&[&["admin", "create-tenant"], &place[..]].concat());
    let said = String::from_utf8(made.stdout).unwrap();
    let tenant = said.lines().next().unwrap().strip_prefix("tenant_id=").unwrap();
    let rotate = |arguments: &[&str]| run(&[&["admin", "rotate-keys"], &place[..], arguments].concat());

    let due = told(&[&["admin", "rotate-keys"], &place[..]].concat());
    let leaked = told(&[&["admin", "rotate-keys"], &place[..], &["--emergency", "--tenant", tenant]].concat());
    let unknown = rotate(&["--emergency", "--kid", "no-such-key"]);

    assert_eq!((&due["signing_keys_made"], &due["branch_keys_rotated"]), (&serde_json::json!([]), &0.into()));
    assert_eq!(leaked["branch_keys_rotated"], 1);
    let complaint = String::from_utf8(unknown.stderr).unwrap();
    assert!(complaint.contains("there is no signing key no-such-key"), "{complaint}");
    for half_said in [&["--emergency"][..], &["--tenant", tenant], &["--kid", "x"]] {
        assert_eq!(rotate(half_said).status.code(), Some(2), "{half_said:?}");
    }
}

#[test]
fn a_table_that_is_printed_can_be_read_again() {
    let printed = told(&["admin", "show-limits"])["limits"].to_string();
    let mut table = tempfile::NamedTempFile::new().unwrap();
    table.write_all(printed.as_bytes()).unwrap();

    let again = told(&["admin", "show-limits", "--policy", table.path().to_str().unwrap()]);

    assert_eq!(again["limits"].to_string(), printed);
}

/// What a command that succeeds prints.
pub(crate) fn told(arguments: &[&str]) -> serde_json::Value {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_operators_mistakes_are_named() {
    let mut command =
        countersign(&["admin", "create-tenant", "--core-table", "no-such-table", "--kms-key-id", "no-such-key"]);
    command.envs([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
    ]);

    let output = command.output().unwrap();

    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint.contains("key no-such-key can't be used"), "{complaint}");
}

#[test]
fn help_tells_every_command() {
    let output = run(&["--help"]);

    let mut said = String::new();
    output.stdout.as_slice().read_to_string(&mut said).unwrap();
    for word in ["serve", "demo", "admin", "--port", "--data-dir", "--ephemeral"] {
        assert!(said.contains(word), "{word}");
    }
}
