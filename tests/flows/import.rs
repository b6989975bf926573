//! Imported users: they verify with the digests that another system hashed, and become like everybody else.

use std::sync::Arc;

use audit::{Outcome, Recorder};
use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use countersign_tests::{Embedded, ObservedAudit, ObservedKeys, Person, Ports, World};
use domain::{Clock, Entropy};
use futures_util::future::join_all;
use keyring::BranchKeys;
use local::{Import, ImportPorts, LineOutcome, LineRefused};
use serde_json::json;
use testkit::RecordingStore;

use crate::backends::Valkey;

#[tokio::test]
async fn c5_an_imported_user_verifies_and_is_upgraded_on_success_in_memory() {
    verify_and_upgrade(World::new().await).await;
}

#[tokio::test]
async fn c5_an_imported_user_verifies_and_is_upgraded_on_success_on_embedded_dynamodb() {
    verify_and_upgrade(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn c5_an_imported_user_verifies_and_is_upgraded_on_success_on_valkey() {
    Box::pin(verify_and_upgrade(Valkey::start().await.world().await)).await;
}

/// Two factors of two categories have one askable set, so that every verification asks for the same one.
async fn verify_and_upgrade<S: Ports>(world: World<S>) {
    for (number, hashed) in [(1, "hex"), (2, "bytes")] {
        let person = Person::new(number, &["pin", "nfc"]);
        let imported = import(&world, &line(&person, hashed)).await;

        let wrong = derivations_of(&world, &person, u32::MAX).await;
        let first = derivations_of(&world, &person, 0).await;
        let second = derivations_of(&world, &person, 0).await;
        let wrong_again = derivations_of(&world, &person, u32::MAX).await;

        assert_eq!(imported, LineOutcome::Imported);
        assert_eq!(wrong, (401, 3), "a hash of each factor and the joint one");
        assert_eq!(first, (200, 4), "the imported one verifies, and is made again");
        assert_eq!(second, (200, 1), "the new one is like everybody's");
        assert_eq!(wrong_again, (401, 1), "and refuses what is wrong");
    }
}

#[tokio::test]
async fn c5_every_set_of_an_imported_user_is_upgraded_when_it_succeeds() {
    let world = World::new().await;
    let person = Person::new(1, &["pin", "nfc", "face"]);
    import(&world, &line(&person, "hex")).await;

    let mut upgraded = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let opened = world.opened(&person).await;
        let before = world.kdf.runs();
        let answer = world.attempt(&opened, &person.right(&opened.asked)).await;
        let expected = if upgraded.insert(opened.asked.clone()) { opened.asked.len() as u64 + 2 } else { 1 };
        assert_eq!((answer.status, world.kdf.runs() - before), (200, expected), "{:?}", opened.asked);
        world.clock.advance(std::time::Duration::from_secs(600));
    }

    assert_eq!(upgraded.len(), 4, "each of the sets was asked for");
}

#[tokio::test]
async fn v5_the_answer_at_an_imported_user_tells_nothing_about_which_factor_was_wrong() {
    let world = World::new().await;
    let person = Person::new(1, &["pin", "nfc"]);
    import(&world, &line(&person, "bytes")).await;

    let mut answers = Vec::new();
    for wrong in 1..=3 {
        let opened = world.opened(&person).await;
        let before = (world.kdf.runs(), world.kdf.comparisons());
        let answer = world.attempt(&opened, &person.wrong_at(&opened.asked, wrong)).await;
        assert_eq!((world.kdf.runs() - before.0, world.kdf.comparisons() - before.1), (3, 1), "{wrong:b}");
        let answer = answer.but_request_id();
        answers.push((answer.status, answer.body));
    }

    answers.dedup();
    assert_eq!((answers.len(), answers[0].0), (1, 401));
}

#[tokio::test]
async fn import_leaves_enrolled_users_as_they_are_in_memory() {
    enrolled_once(World::new().await).await;
}

#[tokio::test]
async fn import_leaves_enrolled_users_as_they_are_on_embedded_dynamodb() {
    enrolled_once(World::on(Embedded::start().await.store).await).await;
}

async fn enrolled_once<S: Ports>(world: World<S>) {
    let native = world.enrolled(1, &["pin", "nfc"]).await;
    let new = Person::new(2, &["pin", "nfc"]);
    let text = line(&new, "hex");

    let of_native = import(&world, &line(&native, "hex")).await;
    let at_once = join_all((0..8).map(|_| import(&world, &text))).await;
    let again = import(&world, &text).await;
    let otherwise = import(&world, &line(&new, "bytes")).await;
    let enrolling = world.send(world.enrolling(&new)).await;

    assert_eq!(of_native, LineOutcome::AlreadyEnrolled);
    assert_eq!(at_once.iter().filter(|outcome| **outcome == LineOutcome::Imported).count(), 1, "{at_once:?}");
    assert_eq!(at_once.iter().filter(|outcome| **outcome == LineOutcome::ImportedBefore).count(), 7, "{at_once:?}");
    assert_eq!((again, otherwise), (LineOutcome::ImportedBefore, LineOutcome::AlreadyEnrolled));
    assert_eq!(enrolling.status, 409);
    assert_eq!(derivations_of(&world, &native, 0).await, (200, 1), "still the verifiers that it had");
    let trail = world.trail().await;
    let created = trail.iter().filter(|event| matches!(event.outcome, Outcome::EnrollmentCreated { .. })).count();
    assert_eq!(created, 2, "an event for each user");
}

#[tokio::test]
async fn i6_an_erased_user_is_not_imported_and_nothing_is_said_to_be() {
    let world = World::new().await;
    let person = Person::new(1, &["pin", "nfc"]);
    import(&world, &line(&person, "hex")).await;
    let erase = json!({ "command": "erase_user", "tenant_id": world.tenant.id.to_string(), "user_id": person.id });
    world.tell(&erase.to_string()).await.unwrap();

    let anew = import(&world, &line(&person, "hex")).await;

    assert_eq!(anew, LineOutcome::Refused(LineRefused::UserErased));
    let events = world.handed_over().await;
    assert_eq!(events.count(|outcome| matches!(outcome, Outcome::EnrollmentCreated { .. })), 1);
}

#[tokio::test]
async fn import_a_user_who_is_enrolled_costs_no_derivation() {
    let world = World::new().await;
    let text = line(&Person::new(1, &["pin", "nfc"]), "hex");
    import(&world, &text).await;
    let before = world.kdf.runs();

    import(&world, &text).await;

    assert_eq!(world.kdf.runs(), before);
}

#[tokio::test]
async fn import_an_attempt_without_further_turns_is_given_up_and_can_be_made_again() {
    let world = World::new().await;
    let person = Person::new(1, &["pin", "nfc"]);
    import(&world, &line(&person, "hex")).await;
    let opened = world.opened(&person).await;
    let attempt = world.attempting(&opened, &person.right(&opened.asked));
    let mut turns: Vec<_> = std::iter::from_fn(|| world.kdf.turn(1).ok()).collect();
    // One is left, which is enough for everybody else.
    turns.pop();

    let busy = world.send(attempt.clone()).await;
    let runs = world.kdf.runs();
    drop(turns);
    let answered = world.send(attempt).await;

    assert_eq!((busy.status, busy.header("retry-after").len()), (503, 1));
    assert_eq!((answered.status, world.kdf.runs() - runs), (200, 4));
}

#[tokio::test]
async fn e5_no_imported_hash_is_stored_in_the_clear() {
    let tables = Embedded::start().await;
    let world = World::on(tables.store.clone()).await;
    let person = Person::new(1, &["pin", "nfc"]);
    import(&world, &line(&person, "hex")).await;
    world.opened(&person).await;

    let dump = tables.dump().await;

    for factor in ["pin", "nfc"] {
        let (salt, hash) = hashed(&person, factor, "hex");
        assert!(!dump.holds(&hash) && !dump.holds(&salt), "{factor}");
        assert!(!dump.holds(STANDARD_NO_PAD.encode(hash).as_bytes()), "{factor}");
    }
}

type Importing<S> = Import<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>;

/// What comes of a line, in a process of its own.
pub(crate) async fn import<S: Ports>(world: &World<S>, line: &str) -> LineOutcome {
    let clock = || Arc::clone(&world.clock) as Arc<dyn Clock>;
    let import: Importing<S> = Import::new(ImportPorts {
        store: world.store.clone(),
        keys: BranchKeys::new(world.store.clone(), world.keys.clone(), clock()),
        audit: Recorder::new(world.observed_queue(), world.store.clone(), clock()),
        kdf: world.kdf.clone(),
        parameters: world.parameters,
        clock: clock(),
        entropy: Arc::clone(&world.entropy) as Arc<dyn Entropy>,
    });
    import.import(world.tenant.id, line.as_bytes()).await.unwrap()
}

/// A line of the file.
pub(crate) fn line(person: &Person, text: &str) -> String {
    let factors = person.factors.iter().map(|factor| {
        let (salt, hash) = hashed(person, factor, text);
        let phc = format!("$pbkdf2-sha256$i=1${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
        json!({ "type": factor, "phc": phc })
    });
    json!({ "user_id": person.id, "hashed": text, "factors": factors.collect::<Vec<_>>() }).to_string()
}

/// The other system's salt and hash of a right digest. One iteration is all that tests can afford.
fn hashed(person: &Person, factor: &str, text: &str) -> (Vec<u8>, [u8; 32]) {
    let digest = person.digest(factor);
    let secret = if text == "hex" { digest.clone().into_bytes() } else { hex::decode(&digest).unwrap() };
    let (salt, mut hash) = (format!("salt of {factor}").into_bytes(), [0; 32]);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, std::num::NonZeroU32::MIN, &salt, &secret, &mut hash);
    (salt, hash)
}

/// The status of one attempt in a verification of its own, and how many derivations it cost.
async fn derivations_of<S: Ports>(world: &World<S>, person: &Person, wrong: u32) -> (u16, u64) {
    let opened = world.opened(person).await;
    let before = world.kdf.runs();
    let answer = world.attempt(&opened, &person.wrong_at(&opened.asked, wrong)).await;
    (answer.status, world.kdf.runs() - before)
}
