//! What an operator does about users, by the program itself.

use std::process::Output;

use serde_json::{Value, json};

use crate::program::{run, told};

/// A new tenant's id.
fn tenant_in(place: &[&str]) -> String {
    let made = run(&[&["admin", "create-tenant"], place].concat());
    let said = String::from_utf8(made.stdout).unwrap();
    said.lines().next().unwrap().strip_prefix("tenant_id=").unwrap().to_owned()
}

fn answer(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn v3_an_account_is_unlocked_where_the_host_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let tenant = &tenant_in(&place);
    let user = "3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10";

    let unlocked = told(&[&["admin", "unlock-account"], &place[..], &["--tenant", tenant, "--user", user]].concat());
    let unknown = run(&[&["admin", "unlock-account"], &place[..], &["--tenant", user, "--user", user]].concat());

    assert_eq!((&unlocked["did"], &unlocked["failures_forgotten"]), (&"account_unlocked".into(), &0.into()));
    let complaint = String::from_utf8(unknown.stderr).unwrap();
    assert!(complaint.contains("there is no such tenant"), "{complaint}");
}

#[test]
fn t4_a_user_is_disabled_and_enabled_where_the_host_finds_them() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let tenant = &tenant_in(&place);
    let [users, report] = ["users", "report"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    std::fs::write(&users, user_line(1, 100_000)).unwrap();
    let kdf = ["--kdf", "pbkdf2-sha256-100000"];
    run(&[&["admin", "import", "--tenant-id", tenant, &users, "--report", &report], &place[..], &kdf].concat());
    let of = |number: u32| ["--tenant".to_owned(), tenant.clone(), "--user".to_owned(), user_id(number)];
    let operate = |command: &str, number: u32| {
        let user = of(number);
        let user: Vec<&str> = user.iter().map(String::as_str).collect();
        run(&[&["admin", command], &place[..], &user].concat())
    };

    let [disabled, again] = [(); 2].map(|()| answer(&operate("disable-user", 1)));
    let [enabled, nothing] = [(); 2].map(|()| answer(&operate("enable-user", 1)));
    let unknown = operate("disable-user", 2);

    assert_eq!((&disabled["did"], &disabled["was_disabled"]), (&"user_disabled".into(), &false.into()));
    assert_eq!(again["was_disabled"], true);
    assert_eq!((&enabled["did"], &enabled["was_disabled_since"]), (&"user_enabled".into(), &again["disabled_at"]));
    assert_eq!(nothing["was_disabled_since"], Value::Null);
    let complaint = String::from_utf8(unknown.stderr).unwrap();
    assert!(complaint.contains("nobody of this id is enrolled"), "{complaint}");
}

#[test]
fn t4_a_user_is_erased_where_the_host_finds_them_and_their_id_is_spent() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let tenant = &tenant_in(&place);
    let [users, report, second] =
        ["users", "report", "second"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    std::fs::write(&users, user_line(1, 100_000)).unwrap();
    let import = |report: &str| {
        let kdf = ["--kdf", "pbkdf2-sha256-100000"];
        counts(&run(
            &[&["admin", "import", "--tenant-id", tenant, &users, "--report", report], &place[..], &kdf].concat()
        ))
    };
    let erase = |number: u32| {
        run(&[&["admin", "erase-user"], &place[..], &["--tenant", tenant, "--user", &user_id(number)]].concat())
    };

    let imported = import(&report);
    let [erased, again] = [(); 2].map(|()| answer(&erase(1)));
    let unknown = erase(2);
    let anew = import(&second);

    assert_eq!((&erased["did"], &erased["was_erased"]), (&"user_erased".into(), &false.into()));
    assert_eq!((&again["erased_at"], &again["was_erased"]), (&erased["erased_at"], &true.into()));
    let complaint = String::from_utf8(unknown.stderr).unwrap();
    assert!(complaint.contains("nobody of this id is enrolled"), "{complaint}");
    assert_eq!((imported, anew), ([1, 1, 0, 0, 0], [1, 0, 0, 0, 1]));
}

#[test]
fn import_enrols_users_names_what_it_refuses_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let tenant = &tenant_in(&place);
    let [users, report, second] =
        ["users", "report", "second"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let lines: Vec<String> = (1..=20).map(|number| user_line(number, if number == 3 { 0 } else { 100_000 })).collect();
    std::fs::write(&users, lines.join("\n")).unwrap();
    let import = |tenant: &str, report: &str| {
        let kdf = ["--kdf", "pbkdf2-sha256-100000"];
        run(&[&["admin", "import", "--tenant-id", tenant, &users, "--report", report], &place[..], &kdf].concat())
    };

    let first = counts(&import(tenant, &report));
    let written = std::fs::read_to_string(&report).unwrap();
    let chunk: Vec<&str> = written.split_inclusive('\n').take(4).collect();
    std::fs::write(&report, chunk.concat() + "{\"entry\":").unwrap();
    let resumed = counts(&import(tenant, &report));
    let anew = counts(&import(tenant, &second));
    let unknown = import("3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10", &format!("{report}-of-nobody"));

    assert_eq!(first, [20, 19, 0, 0, 1]);
    assert_eq!(written.lines().nth(2), Some(r#"{"entry":"line","line":3,"reason":"weak-parameters"}"#));
    assert_eq!(resumed, [20, 15, 4, 0, 1], "the last four lines were imported before");
    assert_eq!(anew, [20, 0, 19, 0, 1]);
    let complaint = String::from_utf8(unknown.stderr).unwrap();
    assert!(complaint.contains("there is no such tenant"), "{complaint}");
    assert!(!std::fs::exists(format!("{report}-of-nobody")).unwrap());
}

#[test]
fn import_a_file_that_was_corrected_in_place_needs_another_report() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--data-dir", folder.path().to_str().unwrap()];
    let tenant = &tenant_in(&place);
    let [users, report, second] =
        ["users", "report", "second"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let import = |text: &str, report: &str| {
        std::fs::write(&users, text).unwrap();
        let kdf = ["--kdf", "pbkdf2-sha256-100000"];
        run(&[&["admin", "import", "--tenant-id", tenant, &users, "--report", report], &place[..], &kdf].concat())
    };
    let (wrong, corrected) = (user_line(1, 100_000).replace("nfc", "nfd"), user_line(1, 100_000));

    let first = counts(&import(&wrong, &report));
    let written = std::fs::read(&report).unwrap();
    let refused = import(&corrected, &report);
    let second = counts(&import(&corrected, &second));

    assert_eq!((wrong.len(), first), (corrected.len(), [1, 0, 0, 0, 1]));
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && complaint.contains("a file that has changed since"), "{complaint}");
    assert_eq!(std::fs::read(&report).unwrap(), written);
    assert_eq!(second, [1, 1, 0, 0, 0], "nothing of it was imported before");
}

/// Another system's user, whose hashes are anything.
fn user_line(number: u32, iterations: u32) -> String {
    let phc =
        format!("$pbkdf2-sha256$i={iterations}$EBESExQVFhcYGRobHB0eHw$LL0lrH7iGoeAEm3XcPS90jsTlfPjGnNZeIBpG0cVcYc");
    let factors = ["pin", "nfc"].map(|name| json!({ "type": name, "phc": phc }));
    json!({ "user_id": user_id(number), "hashed": "bytes", "factors": factors }).to_string()
}

fn user_id(number: u32) -> String {
    format!("7c9e6679-7425-40de-944b-{number:012x}")
}

/// Lines that are done, and of those: imported, imported before, already enrolled, refused.
fn counts(output: &Output) -> [u64; 5] {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    ["lines", "imported", "imported_before", "already_enrolled", "refused"]
        .map(|name| told["so_far"][name].as_u64().unwrap())
}
