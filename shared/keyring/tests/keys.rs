//! C3 and T5: how often keys are asked for, and what an outage does to them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crypto::{
    BranchKey, DevelopmentKey, EncryptionContext, KeyError, KeyMaterial, OutsideLambda, UnwrapKey, WrappedKey,
};
use domain::{BranchKeyVersion, Clock, TenantId, UserId};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use keyring::{
    BranchKeys, KeyringError, SigningKeys, VerifyingKeys, create_branch_key, create_signing_key, new_signing_key,
    next_branch_key,
};
use store::{CreateBranchKey, CreateSigningKey, FindBranchKey, StoreErrorKind};
use testkit::{Fault, FixedClock, MemoryStore, RecordingStore, SeededEntropy};

/// A key service that tells when each key was unwrapped, and can be down.
#[derive(Clone)]
struct Service {
    inner: DevelopmentKey,
    clock: Arc<FixedClock>,
    unwrapped: Arc<Mutex<BTreeMap<String, Vec<Timestamp>>>>,
    is_down: Arc<AtomicBool>,
}

impl Service {
    fn goes_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// Every key, with the instants at which it was unwrapped.
    fn unwrapped(&self) -> BTreeMap<String, Vec<Timestamp>> {
        self.unwrapped.lock().unwrap().clone()
    }
}

impl UnwrapKey for Service {
    async fn unwrap_key(&self, wrapped: &WrappedKey, context: &EncryptionContext) -> Result<KeyMaterial, KeyError> {
        self.unwrapped.lock().unwrap().entry(format!("{context:?}")).or_default().push(self.clock.now());
        tokio::task::yield_now().await;
        if self.is_down.load(Ordering::SeqCst) {
            return Err(KeyError::unavailable("down"));
        }
        self.inner.unwrap_key(wrapped, context).await
    }
}

struct Scene {
    clock: Arc<FixedClock>,
    store: RecordingStore<MemoryStore>,
    service: Service,
}

impl Scene {
    /// A tenant whose branch key has three versions, and a signing key.
    async fn new() -> Self {
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let inner = DevelopmentKey::ephemeral(&SeededEntropy::new(1), outside).unwrap();
        let (clock, store, entropy) = (Arc::<FixedClock>::default(), MemoryStore::new(), SeededEntropy::new(2));
        create_signing_key(&store, &inner, &*clock).await.unwrap();
        create_branch_key(&store, &inner, tenant(), (&*clock, &entropy)).await.unwrap();
        for _ in 0..2 {
            let newest = store.find_branch_key(tenant(), None).await.unwrap().unwrap();
            let next = next_branch_key(&inner, &newest, (&*clock, &entropy)).await.unwrap();
            assert!(store.create_branch_key(&next).await.unwrap());
        }
        let (unwrapped, is_down) = (Arc::default(), Arc::default());
        let service = Service { inner, clock: Arc::clone(&clock), unwrapped, is_down };
        Self { clock, store: RecordingStore::new(store), service }
    }

    fn branch_keys(&self) -> BranchKeys<RecordingStore<MemoryStore>, Service> {
        BranchKeys::new(self.store.clone(), self.service.clone(), self.clock())
    }

    fn signing_keys(&self) -> SigningKeys<RecordingStore<MemoryStore>, Service> {
        SigningKeys::new(self.store.clone(), self.service.clone(), self.clock())
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// How many reads there were since the last question.
    fn reads(&self) -> usize {
        self.store.recorder().take().calls().len()
    }
}

#[tokio::test]
async fn c3_a_key_is_unwrapped_at_most_once_in_five_minutes_by_a_process() {
    let scene = Scene::new().await;
    let (branch, signing) = (scene.branch_keys(), scene.signing_keys());

    for second in 0..1_200_u32 {
        let versions =
            join_all((0..8).map(|number| branch.version(tenant(), version(1 + (second + number) % 3)))).await;
        assert!(versions.iter().all(Result::is_ok));
        let current = join_all((0..8).map(|_| branch.current(tenant()))).await;
        assert!(current.iter().all(|key| key.as_ref().unwrap().version() == version(3)));
        signing.current().await.unwrap();
        scene.wait(1);
    }

    let unwrapped = scene.service.unwrapped();
    assert_eq!(unwrapped.len(), 4, "three versions and a signing key: {unwrapped:?}");
    for (key, instants) in unwrapped {
        let pairs = instants.iter().zip(instants.iter().skip(1));
        let apart = pairs.map(|(one, next)| next.duration_since(*one)).min();
        assert_eq!((instants.len(), apart), (4, Some(SignedDuration::from_secs(300))), "{key}: {instants:?}");
    }
}

#[tokio::test]
async fn c3_an_outage_of_the_key_service_is_served_until_the_hard_age_then_closed() {
    let scene = Scene::new().await;
    let (branch, signing) = (scene.branch_keys(), scene.signing_keys());
    branch.version(tenant(), version(2)).await.unwrap();
    let served = async || {
        let mut served = vec![branch.current(tenant()).await.is_ok(), signing.current().await.is_ok()];
        for number in 1..=3 {
            served.push(branch.version(tenant(), version(number)).await.is_ok());
        }
        served
    };
    assert_eq!(served().await, [true; 5]);
    scene.service.goes_down(true);

    scene.wait(899);
    let during = served().await;
    scene.wait(1);
    let after = served().await;
    scene.service.goes_down(false);

    assert_eq!((during, after), (vec![true; 5], vec![false; 5]));
    assert_eq!(served().await, [true; 5], "it is over");
}

#[tokio::test]
async fn every_version_gives_the_names_of_the_first() {
    let scene = Scene::new().await;
    let user = UserId::from_keyed_bytes([7; 16]);
    let name = |key: &BranchKey| key.subject_pseudonym(user);

    let first = name(&scene.branch_keys().version(tenant(), BranchKeyVersion::FIRST).await.unwrap());

    for number in [2, 3] {
        assert_eq!(name(&scene.branch_keys().version(tenant(), version(number)).await.unwrap()), first);
    }
    assert_eq!(name(&scene.branch_keys().current(tenant()).await.unwrap()), first);
}

#[tokio::test]
async fn b5_the_newest_key_and_its_names_are_one_read() {
    let scene = Scene::new().await;
    let keys = scene.branch_keys();

    keys.current(tenant()).await.unwrap();
    keys.version(tenant(), BranchKeyVersion::FIRST).await.unwrap();
    assert_eq!(scene.reads(), 1);

    keys.version(tenant(), version(2)).await.unwrap();
    assert_eq!(scene.reads(), 1, "an older version");
}

#[tokio::test]
async fn b5_a_made_up_tenant_costs_one_read_whatever_version_is_asked_for() {
    let scene = Scene::new().await;
    let (keys, made_up) = (scene.branch_keys(), TenantId::from_keyed_bytes([2; 16]));

    for number in [1, 2, 7] {
        let found = keys.version(made_up, version(number)).await;
        assert!(matches!(found, Err(KeyringError::Missing(_))), "{found:?}");
        assert_eq!(scene.reads(), 1, "version {number}");
    }
}

#[tokio::test]
async fn b5_a_version_is_found_while_the_newest_is_not_to_be_had() {
    let scene = Scene::new().await;
    scene.store.faults().plan("FindBranchKey", 1, Fault::FailBefore(StoreErrorKind::Unavailable));

    let found = scene.branch_keys().version(tenant(), version(2)).await.unwrap();

    assert_eq!((found.version(), scene.reads()), (version(2), 2));
}

#[tokio::test]
async fn t5_a_key_that_a_token_names_is_asked_for_at_most_once_in_ten_seconds() {
    let scene = Scene::new().await;
    let keys = VerifyingKeys::new(scene.store.clone(), scene.clock());
    let known = keys.published().await.unwrap();
    let new = new_signing_key(&scene.service.inner, (scene.clock.now(), scene.clock.now())).await.unwrap();
    scene.store.create_signing_key(&new).await.unwrap();
    let _before = scene.reads();

    for second in 0..60 {
        let found = keys.for_token(&token_of(new.id.as_str())).await.unwrap();
        assert_eq!(found.len(), if second < 10 { 1 } else { 2 }, "{second}");
        for number in 0..20 {
            keys.for_token(&token_of(&format!("made-up-{number}"))).await.unwrap();
        }
        scene.wait(1);
    }
    let asked = scene.reads();
    for other in [&token_of(known.iter().next().unwrap().id().as_str()), "eyJhbGciOiJub25lIn0.e30.", "", "csr_x", "."] {
        keys.for_token(other).await.unwrap();
    }

    assert_eq!(asked, 5);
    assert_eq!(scene.reads(), 0, "none of these can be under a newer key");
}

/// The form of a token under this key.
fn token_of(kid: &str) -> String {
    use base64::Engine;
    let header = format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#);
    format!("{}.e30.AA", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header))
}

fn tenant() -> TenantId {
    TenantId::from_keyed_bytes([1; 16])
}

fn version(number: u32) -> BranchKeyVersion {
    BranchKeyVersion::new(number).unwrap()
}
