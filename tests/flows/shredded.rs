//! C6: after erasing, nothing stored decrypts to what the user's key had sealed, with all keys that remain.

use audit::Event;
use countersign_tests::{Embedded, Person, Ports, World};
use crypto::{BranchKey, EncryptionContext, SecretKey, UnwrapKey, UserKey, WrappedKey};
use domain::{Account, BranchKeyVersion, Enrollment, Sealed, UserId};
use serde_json::json;
use store::CurrentEnrollment::Enrolled;

use crate::backends::Valkey;
use crate::problems::problem;

#[tokio::test]
async fn c6_what_a_user_had_is_shredded_in_memory() {
    let world = World::new().await;
    let (tables, tenant) = (world.tables.clone(), world.tenant.id);
    let forget_account = async |user| tables.overwrite_account(tenant, user, Account::default());
    shredded(world, async || tables.sealed_values(), forget_account).await;
}

#[tokio::test]
async fn c6_what_a_user_had_is_shredded_on_embedded_dynamodb() {
    let tables = Embedded::start().await;
    let world = World::on(tables.store.clone()).await;
    let tenant = world.tenant.id;
    let stored = async || tables.dump().await.values().to_vec();
    shredded(world, stored, async |user| tables.forget_account(tenant, user).await).await;
}

#[tokio::test]
async fn c6_what_a_user_had_is_shredded_on_valkey() {
    let (valkey, tables) = (Valkey::start().await, Embedded::start().await);
    let world = valkey.world_on(&tables).await;
    let tenant = world.tenant.id;
    let stored = async || [valkey.dump(), tables.dump().await.values().to_vec()].concat();
    Box::pin(shredded(world, stored, async |user| tables.forget_account(tenant, user).await)).await;
}

async fn shredded<S: Ports>(
    mut world: World<S>,
    dump: impl AsyncFn() -> Vec<Vec<u8>>,
    forget_account: impl AsyncFn(UserId),
) {
    let person = Person::new(1, &["pin", "nfc", "face"]);
    let body = json!({ "user_id": person.id, "factors": person.enrolled(), "device_id": "phone-7" });
    world.send(world.enrolling(&person).json(&body).from_address(SOURCE)).await;
    let token = world.stepped_up(&person).await;
    world.send(world.rotating(&person.id, &token, &person.enrolled()).from_address(SOURCE)).await;
    let token = world.stepped_up(&person).await;
    let open = world.opened(&person).await;
    world.enrolled(2, &["pin", "nfc"]).await;
    let user: UserId = person.id.parse().unwrap();
    let current = world.tables.find_current_enrollment(world.tenant.id, user).await.unwrap();
    let Enrolled(enrollment) = current else { panic!("{current:?}") };
    let thief = Thief { branch: branch_key(&world).await, user, enrollment, trail: world.trail().await };
    let stored = [dump().await, objects(&world)].concat();
    let before = thief.readable(&stored);
    assert!(before >= 2 + 2, "the sets, the device, and the addresses of two events: {before}");

    let erased = world.send(world.erasing(&person.id, &token).from_address(SOURCE)).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    world.restart();
    world.opened(&person).await;
    world.trail().await;

    let stored = [dump().await, objects(&world)].concat();
    assert_eq!(thief.readable(&stored), 0);
    let sealed =
        [Some(&thief.enrollment.user_key), Some(&thief.enrollment.askable_sets), thief.enrollment.device_id.as_ref()];
    for sealed in sealed.into_iter().flatten() {
        let part = &sealed.as_bytes()[..24];
        assert!(!stored.iter().any(|value| value.windows(24).any(|window| window == part)), "a copy is left");
    }
    // Nor does verify, which has the tenant's key, find a verifier anywhere: not even when nothing tells it any more that the user was erased.
    for _ in 0..2 {
        let attempted = world.attempt(&open, &person.right(&open.asked)).await;
        assert_eq!(attempted.told(), problem(401, "authentication-failed"));
        forget_account(user).await;
    }
    let _still_verifies = world.log.verified();
}

/// Who has everything: all that is stored, the tenant's key, and what was sealed before.
struct Thief {
    branch: BranchKey,
    user: UserId,
    enrollment: Box<Enrollment>,
    trail: Vec<Event>,
}

impl Thief {
    /// How many sealed values open with any key of the person that the tenant's key opens, wherever that is.
    fn readable(&self, stored: &[Vec<u8>]) -> usize {
        let sealed = stored.iter().flat_map(|value| value.windows(SEALED_KEY_LENGTH));
        let open = |sealed: &[u8]| self.branch.open_user_key(self.user, &Sealed::new(sealed.to_vec())).ok();
        let keys: Vec<UserKey> = sealed.filter_map(open).collect();
        let Enrollment { askable_sets, device_id, key_version, .. } = &*self.enrollment;
        let personal = self.trail.iter().filter_map(|event| Some((event.id, event.personal.as_ref()?.sealed())));
        let addresses =
            personal.filter(|(id, sealed)| keys.iter().any(|key| key.open_personal_data(*id, sealed).is_ok()));
        let sets = keys.iter().any(|key| key.open_verifiers(askable_sets, *key_version).is_ok());
        let device = device_id.as_ref();
        let device =
            device.is_some_and(|device| keys.iter().any(|key| key.open_device_id(device, *key_version).is_ok()));
        addresses.count() + usize::from(sets) + usize::from(device)
    }
}

async fn branch_key<S: Ports>(world: &World<S>) -> BranchKey {
    let tenant = world.tenant.id;
    let record = world.tables.find_branch_key(tenant, None).await.unwrap().unwrap();
    let context = EncryptionContext::branch_key(tenant, BranchKeyVersion::FIRST);
    let material = world.keys.unwrap_key(&WrappedKey::new(record.wrapped), &context).await.unwrap();
    BranchKey::first(tenant, &SecretKey::from_material(&material).unwrap()).unwrap()
}

/// Every object of the log.
fn objects<S: Ports>(world: &World<S>) -> Vec<Vec<u8>> {
    world.log.objects.objects().values().cloned().collect()
}

const SOURCE: &str = "198.51.100.77";

/// A format byte, a nonce, 32 bytes and their tag.
const SEALED_KEY_LENGTH: usize = 1 + 12 + 32 + 16;
