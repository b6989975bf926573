//! L1, L3: what was answered is in the log, also when every host is killed; and the log shows what becomes of it.

use std::fs;
use std::path::PathBuf;

use crate::host::{Fleet, Host, audit, audit_anywhere};
use crate::patience::{at_once, eventually};
use crate::state::{Backend, State};
use crate::verification::{Right, enrolled, enrolling, open};
use countersign_tests::Person;

#[test]
fn l1_kill_9_of_every_host_loses_no_event_and_the_log_verifies() {
    let state = State::on(Backend::DynamoDb);
    let fleet = Fleet::start(&state, 2);
    let statuses = at_once(8, |number| {
        let host = fleet.host(number);
        let person = enrolled(host, u32::try_from(number).unwrap());
        let opened = open(host, &person);
        [Right::No, Right::Yes].map(|right| host.ask(&opened.attempt(&person, right)).status)
    });
    fleet.hosts().iter().for_each(Host::kill);
    let recorded = state.engine.recorded();

    let later = Fleet::start(&state, 2);
    let indexed = eventually("everything is in the log", || {
        Some(state.engine.indexed()).filter(|indexed| recorded.keys().all(|id| indexed.contains_key(id)))
    });
    drop(later);
    let (verifies, said) = audit(&state, "verify", &[]);

    assert_eq!(statuses, [[401, 200]; 8]);
    let outcomes = ["enrollment_created", "verification_opened", "attempt_wrong", "verification_succeeded"];
    assert_eq!(outcomes.map(|outcome| state.engine.events(outcome)), [8; 4]);
    assert!(verifies && said.contains(&format!("verified: {} events", indexed.len())), "{said}");
}

#[test]
fn l3_a_flipped_byte_is_found_and_named_and_an_event_is_proved_while_hosts_are_running() {
    let state = State::on(Backend::DynamoDb);
    let fleet = Fleet::start(&state, 2);
    (0..4).for_each(|number| assert_eq!(fleet.host(number).ask(&enrolling(&person(number))).status, 201));
    // And the tenant's beginning.
    let indexed = eventually("everything is in the log", || Some(state.engine.indexed()).filter(|all| all.len() == 5));
    let event = indexed.keys().next().unwrap();
    let (file, key) = (state.engine.data_dir.path().join("proof"), state.engine.data_dir.path().join("audit-log.jwk"));
    let [file, key] = [file, key].map(|path| path.display().to_string());

    let (proved, _) = audit(&state, "prove", &[event, "--out", &file]);
    let (_, tail) = audit(&state, "tail", &["-n", "5"]);
    let checked = audit_anywhere("check", &[&file, "--key", &key]);
    let payload = payload(&state);
    let mut bytes = fs::read(&payload).unwrap();
    bytes[20] ^= 1;
    fs::write(&payload, bytes).unwrap();
    let (verifies, said) = audit(&state, "verify", &[]);

    assert!(proved);
    assert!(checked.0 && checked.1.contains("proved: event"), "{checked:?}");
    assert_eq!(tail.lines().filter(|line| line.contains("enrollment_created")).count(), 4, "{tail}");
    let name = payload.file_name().unwrap().to_str().unwrap();
    assert!(!verifies && said.contains(name) && said.contains("bytes 0 to"), "{said}");
}

fn person(number: usize) -> Person {
    Person::new(u32::try_from(number).unwrap(), &["pin", "nfc"])
}

/// The payload of some batch.
fn payload(state: &State) -> PathBuf {
    let shards = fs::read_dir(state.engine.data_dir.path().join("audit-log")).unwrap();
    let files = shards.flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap()).map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")).min().unwrap()
}
