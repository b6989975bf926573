//! L6: erasure shreds personal data, and the log still verifies.
//!
//! Erasing a person is destroying their key, which only their enrollment holds.

use audit::Event;
use audit_log::{EventProof, Listed, ReadLog};
use countersign_tests::{Embedded, Opened, Person, World};
use crypto::{BranchKey, EncryptionContext, SecretKey, UnwrapKey, UserKey, WrappedKey};
use domain::{BranchKeyVersion, Sealed, SourceAddress, UserId};
use serde_json::Value;
use store::{FindBranchKey, FindEnrollment};
use store_dynamodb::{AllTables, DynamoStore};

/// A world in which a person was enrolled and verified from [`SOURCE`], and all that there is of it in tables and log.
struct Scene {
    tables: Embedded,
    world: World<DynamoStore<AllTables>>,
    person: Person,
    trail: Vec<Event>,
}

impl Scene {
    async fn new() -> Self {
        let tables = Embedded::start().await;
        let world = World::on(tables.store.clone()).await;
        let person = Person::new(1, &["pin", "nfc"]);
        let enrolled = world.send(world.enrolling(&person).from_address(SOURCE)).await;
        assert_eq!(enrolled.status, 201, "{enrolled:?}");
        let opened = Opened::from(&world.send(world.initiating(&person.id).from_address(SOURCE)).await);
        let attempt = world.attempting(&opened, &person.right(&opened.asked)).from_address(SOURCE);
        let verified = world.send(attempt).await;
        assert_eq!(verified.status, 200, "{verified:?}");
        let trail = world.trail().await;
        Self { tables, world, person, trail }
    }

    fn user(&self) -> UserId {
        self.person.id.parse().unwrap()
    }

    /// The key of the tenant, which remains.
    async fn branch_key(&self) -> BranchKey {
        let tenant = self.world.tenant.id;
        let record = self.tables.store.find_branch_key(tenant, None).await.unwrap().unwrap();
        let context = EncryptionContext::branch_key(tenant, BranchKeyVersion::FIRST);
        let material = self.world.keys.unwrap_key(&WrappedKey::new(record.wrapped), &context).await.unwrap();
        BranchKey::first(tenant, &SecretKey::from_material(&material).unwrap()).unwrap()
    }

    /// Every value of every item, and every object of the log.
    async fn stored(&self) -> Vec<Vec<u8>> {
        self.stored_in(&["core", "ephemeral", "audit"]).await
    }

    async fn stored_in(&self, tables: &[&str]) -> Vec<Vec<u8>> {
        let mut stored = self.tables.dump_of(tables).await.values().to_vec();
        stored.extend(self.world.log.objects.objects().values().cloned());
        stored
    }

    /// The addresses that can be read with the key of the tenant and every key of the person that it opens, wherever that is.
    async fn readable(&self) -> Vec<SourceAddress> {
        let (branch, stored) = (self.branch_key().await, self.stored().await);
        let sealed = stored.iter().flat_map(|value| value.windows(SEALED_KEY_LENGTH));
        let keys: Vec<UserKey> =
            sealed.filter_map(|sealed| branch.open_user_key(self.user(), &Sealed::new(sealed.to_vec())).ok()).collect();
        let personal = self.trail.iter().filter_map(|event| Some((event.id, event.personal.as_ref()?.sealed())));
        personal
            .filter_map(|(id, sealed)| keys.iter().find_map(|key| key.open_personal_data(id, sealed).ok()))
            .collect()
    }

    /// The person's trail, as their tenant reads it.
    async fn read(&self) -> Vec<Value> {
        let answer = self.world.send(self.world.reading_trail().query("user_id", &self.person.id)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["events"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn l6_erasure_shreds_personal_data_and_the_log_still_verifies() {
    let mut scene = Scene::new().await;
    let enrollment = scene.tables.store.find_enrollment(scene.world.tenant.id, scene.user()).await.unwrap().unwrap();
    assert_eq!(enrollment.user_key.as_bytes().len(), SEALED_KEY_LENGTH);
    let before = (scene.world.log.verified(), objects(&scene), scene.read().await);
    let addresses = scene.readable().await;
    assert_eq!(addresses.len(), 2, "of the enrollment and of the opening");
    assert!(addresses.iter().all(|address| address.address().to_canonical().to_string() == SOURCE));
    assert_eq!(before.2.iter().filter(|event| event["personal"]["source_address"] == SOURCE).count(), 2);

    scene.tables.erase(scene.world.tenant.id, scene.user()).await;
    scene.world.restart();

    assert_eq!(scene.readable().await, []);
    let after = scene.read().await;
    assert!(after.iter().all(|event| event.get("personal").is_none()), "{after:?}");
    let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before.2), "the trail itself stays");
    assert_eq!((scene.world.log.verified(), objects(&scene)), (before.0, before.1));
}

/// Only the counters of its limit know the address, in the ephemeral table, until their day is over.
#[tokio::test(flavor = "multi_thread")]
async fn l6_no_address_is_kept_in_the_clear() {
    let scene = Scene::new().await;

    let octets = SOURCE.parse::<std::net::Ipv4Addr>().unwrap().to_ipv6_mapped().octets();
    for value in scene.stored_in(&["core", "audit"]).await {
        for form in [SOURCE.as_bytes(), &octets] {
            assert!(!value.windows(form.len()).any(|window| window == form), "{}", String::from_utf8_lossy(&value));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn l6_an_erased_persons_events_can_still_be_proved() {
    let scene = Scene::new().await;
    scene.tables.erase(scene.world.tenant.id, scene.user()).await;

    for event in &scene.trail {
        let proof = scene.world.log.proof(event.id).to_bytes();
        let proved = EventProof::parse(&proof).unwrap().check(&scene.world.log.keys());
        assert_eq!(proved.as_ref(), Ok(event));
    }
}

fn objects(scene: &Scene) -> Vec<Listed> {
    scene.world.log.objects.list().unwrap()
}

const SOURCE: &str = "198.51.100.77";

/// A format byte, a nonce, 32 bytes and their tag.
const SEALED_KEY_LENGTH: usize = 1 + 12 + 32 + 16;
