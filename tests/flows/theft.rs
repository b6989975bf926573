//! C1 and T6: what the tables, the answers and the logs are worth to a thief.

use std::collections::BTreeSet;

use countersign_tests::{Answer, Dump, Embedded, Logs, Opened, Person, World};
use crypto::{
    ApiKey, BranchKey, EncryptionContext, Kdf, KdfFailed, KdfPool, RefreshToken, SecretKey, UnwrapKey, Verifiers,
    WrappedKey,
};
use domain::{
    ApiKeyMode, BranchKeyVersion, Digest, Enrollment, Entropy, EntropyUnavailable, FactorType, PresentedFactors,
};
use serde_json::json;
use store::{FindBranchKey, FindEnrollment};
use store_dynamodb::{AllTables, DynamoStore};

type Tables = DynamoStore<AllTables>;

/// Everything that there is to steal after one user's whole journey.
struct Loot {
    tables: Embedded,
    world: World<Tables>,
    person: Person,
    opened: Opened,
    verified: Answer,
    transcript: String,
    dump: Dump,
}

async fn loot() -> Loot {
    let logs = Logs::keep();
    let tables = Embedded::start().await;
    let world = World::on(tables.store.clone()).await;
    let person = Person::new(1, &["pin", "nfc"]);
    let body = json!({ "user_id": person.id, "factors": with_pin(&person, PIN) });
    let enrolled = world.send(world.enrolling(&person).json(&body)).await;
    let initiated = world.send(world.initiating(&person.id)).await;
    let opened = Opened::from(&initiated);
    let wrong = world.attempt(&opened, &person.wrong(&opened.asked)).await;
    let verified = world.attempt(&opened, &with_pin(&person, PIN)).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    let answers = [&enrolled, &initiated, &wrong, &verified].map(Answer::transcript).concat();
    let dump = tables.dump().await;
    Loot { tables, world, person, opened, verified, transcript: answers + &logs.text(), dump }
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_without_the_key_service_nothing_stolen_finds_a_pin() {
    let loot = loot().await;
    let enrollment = loot.enrollment().await;
    let stolen: BTreeSet<[u8; 32]> = loot.dump.values().iter().flat_map(|value| windows(value)).collect();
    assert!(stolen.len() > 500, "{}", stolen.len());

    let pool = KdfPool::default();
    let found = pool.run(move |kdf| {
        let mut keys = stolen.iter().map(|bytes| branch_key(&enrollment, &SecretKey::new(*bytes)));
        Ok::<_, KdfFailed>(keys.find_map(|key| guess_pin(kdf, &enrollment, &key)))
    });

    assert_eq!(found.await.unwrap(), None);
}

/// The test of the test: the same thief with the branch key needs no time at all.
#[tokio::test(flavor = "multi_thread")]
async fn c1_with_the_key_service_the_same_guessing_finds_the_pin() {
    let loot = loot().await;
    let enrollment = loot.enrollment().await;
    let tenant = loot.world.tenant.id;
    let record = loot.tables.store.find_branch_key(tenant, None).await.unwrap().unwrap();
    let context = EncryptionContext::branch_key(tenant, BranchKeyVersion::FIRST);
    let material = loot.world.keys.unwrap_key(&WrappedKey::new(record.wrapped), &context).await.unwrap();
    let key = branch_key(&enrollment, &SecretKey::from_material(&material).unwrap());

    let pool = KdfPool::default();
    let found = pool.run(move |kdf| Ok::<_, KdfFailed>(guess_pin(kdf, &enrollment, &key)));

    assert_eq!(found.await.unwrap(), Some(PIN));
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_nothing_stolen_authenticates() {
    let loot = loot().await;
    let opened = loot.world.opened(&loot.person).await;
    let nfc = loot.person.digest("nfc");

    // Every 32 bytes of the dump, presented as the PIN's digest under fresh verifications; the other factor is known.
    let values: Vec<String> = loot.dump.values().iter().filter(|value| value.len() == 32).map(hex::encode).collect();
    for chunk in values.chunks(3) {
        let opened = loot.world.opened(&loot.person).await;
        for digest in chunk {
            let factors = json!([{"type": "pin", "digest": digest}, {"type": "nfc", "digest": nfc}]);
            assert_eq!(loot.world.attempt(&opened, &factors).await.status, 401);
        }
    }
    // Every text of the dump, presented as a credential.
    for text in loot.dump.values().iter().filter_map(|value| std::str::from_utf8(value).ok()) {
        if text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let status = loot.world.send(loot.world.asking_status(&opened).bearer(text)).await;
            assert_eq!(status.status, 403, "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t6_tokens_and_api_keys_are_stored_as_hashes_that_cannot_be_replayed() {
    let loot = loot().await;
    let refresh_token = loot.verified.text("refresh_token");
    let access_token = loot.verified.text("access_token");
    let api_key = loot.world.tenant.api_key.clone();
    let stored = [ApiKey::parse(&api_key).unwrap().hash(), RefreshToken::parse(&refresh_token).unwrap().hash()];
    let session = RefreshToken::parse(&refresh_token).unwrap();

    assert!(loot.dump.holds(hex::encode(stored[0].as_bytes()).as_bytes()), "the API key is found by its hash");
    assert!(loot.dump.holds(stored[1].as_bytes()), "the refresh token is checked by its hash");
    for secret in [&api_key, &refresh_token, &access_token, &loot.opened.capability] {
        assert!(!loot.dump.holds(secret.as_bytes()));
        assert!(!loot.dump.holds(&secret.as_bytes()[12..44]), "nor a part of it");
    }
    for value in loot.dump.values().iter().flat_map(|value| windows(value)).collect::<BTreeSet<_>>() {
        let posing = ApiKey::generate(ApiKeyMode::Test, &Stolen(value)).unwrap();
        let posing = loot.world.send(loot.world.asking_status(&loot.opened).bearer(posing.expose())).await;
        assert_eq!(posing.status, 403);
        let posing = RefreshToken::generate(session.user(), session.session(), &Stolen(value)).unwrap();
        loot.world.send(loot.world.revoking(posing.expose())).await;
        assert_eq!(loot.world.send(loot.world.refreshing(posing.expose())).await.status, 400);
    }
    assert_eq!(loot.world.send(loot.world.introspecting(&access_token)).await.json()["active"], true);
    loot.world.send(loot.world.revoking(&refresh_token)).await;
    assert_eq!(loot.world.send(loot.world.introspecting(&access_token)).await.json()["active"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_the_answers_and_the_logs_hold_no_digest_and_no_key() {
    let loot = loot().await;

    for digest in [pin_digest(PIN), loot.person.digest("nfc")] {
        assert!(!loot.transcript.contains(&digest), "{}", loot.transcript);
        assert!(!loot.dump.holds(digest.as_bytes()) && !loot.dump.holds(&hex::decode(&digest).unwrap()));
    }
    assert!(!loot.transcript.contains(&loot.world.tenant.api_key));
}

impl Loot {
    /// The user's item, as the thief reads it.
    async fn enrollment(&self) -> Enrollment {
        let found = self.tables.store.find_enrollment(self.world.tenant.id, self.person.id.parse().unwrap()).await;
        found.unwrap().unwrap()
    }
}

/// Tries all PINs with the tag that is known, on every verifier that this key opens.
fn guess_pin(kdf: &Kdf, enrollment: &Enrollment, key: &BranchKey) -> Option<u16> {
    let user_key = key.open_user_key(enrollment.user, &enrollment.user_key).ok()?;
    let verifiers = user_key.open_verifiers(&enrollment.askable_sets, enrollment.key_version).ok()?;
    let nfc = Person::new(1, &[]).digest("nfc");
    (0..10_000).find(|pin| matches(kdf, enrollment, key, &verifiers, (&pin_digest(*pin), &nfc)))
}

fn matches(kdf: &Kdf, enrollment: &Enrollment, key: &BranchKey, verifiers: &Verifiers, digests: (&str, &str)) -> bool {
    let pairs = [(FactorType::Pin, digests.0), (FactorType::Nfc, digests.1)];
    let pairs = pairs.map(|(factor, digest)| (factor, Digest::from_hex(digest).unwrap()));
    let presented = PresentedFactors::new(pairs.into()).unwrap();
    let stored = verifiers.asked([0; 16]).unwrap();
    key.check(kdf, enrollment.user, &presented, stored).unwrap() == crypto::Outcome::Match
}

fn branch_key(enrollment: &Enrollment, key: &SecretKey) -> BranchKey {
    BranchKey::first(enrollment.tenant, key).unwrap()
}

/// All runs of 32 bytes in a value.
fn windows(value: &[u8]) -> Vec<[u8; 32]> {
    value.windows(32).map(|window| window.try_into().unwrap()).collect()
}

fn with_pin(person: &Person, pin: u16) -> serde_json::Value {
    json!([{"type": "pin", "digest": pin_digest(pin)}, {"type": "nfc", "digest": person.digest("nfc")}])
}

/// What a client computes from a PIN; the thief knows how.
fn pin_digest(pin: u16) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("pin:{pin:04}").as_bytes()))
}

/// A source of randomness that gives stolen bytes, to write a token around them.
#[derive(Debug)]
struct Stolen([u8; 32]);

impl Entropy for Stolen {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        bytes.iter_mut().zip(self.0).for_each(|(target, byte)| *target = byte);
        Ok(())
    }
}

const PIN: u16 = 4711;
