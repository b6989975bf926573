//! One process of verify on state in memory, with verifications to attempt.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use admission::{Admission, Arrival, CallerKind, Policy, Route};
use audit::{Event, MemorySink, Outcome};
use crypto::{BranchKey, DevelopmentKey, EnrolledFactors, KdfParameters, KdfPool, OutsideLambda, VerifierError};
use denials::Denials;
use domain::{
    AskableSets, Clock, Digest, Enrollment, Entropy, FactorSet, FactorType, Home, IdempotencyKey, PresentedFactors,
    RequestFingerprint, RequestId, SessionSeed, SourceAddress, TenantId, UserId, VERIFICATION_LIFETIME, Verification,
    VerificationId,
};
use jiff::Timestamp;
use keyring::{BranchKeys, SigningKeys, create_branch_key, create_signing_key};
use store::OpenVerification;
use testkit::{FaultStore, FixedClock, MemoryStore, SeededEntropy};
use verify::{AttemptRequest, Ports, Verified, Verify, VerifyError};

/// A user, a process, and everything to look into.
pub(crate) struct Scene {
    pub(crate) store: FaultStore,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) kdf: KdfPool,
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    /// What `store` strikes.
    pub(crate) tables: MemoryStore,
    /// The user's, as it was when the scene began.
    pub(crate) enrollment: Enrollment,
    branch: Arc<BranchKey>,
    verify: Verify<FaultStore, DevelopmentKey, Arc<MemorySink>>,
    keys_used: AtomicU8,
    ticking: Arc<Ticking>,
}

/// The scene's clock, as the process sees it: it goes on by so many milliseconds whenever it is read.
#[derive(Debug)]
struct Ticking {
    clock: Arc<FixedClock>,
    step: AtomicU64,
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.clock.advance(Duration::from_millis(self.step.load(Ordering::Relaxed)));
        self.clock.now()
    }
}

/// An attempt: its verification, its key and what it presents.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) verification: VerificationId,
    pub(crate) key: IdempotencyKey,
    right: bool,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Policy::default()).await
    }

    pub(crate) async fn with(policy: Policy) -> Self {
        let (tenant, user) = (TenantId::from_keyed_bytes([1; 16]), UserId::from_keyed_bytes([2; 16]));
        let tables = MemoryStore::new();
        let store = FaultStore::new(tables.clone());
        let clock: Arc<FixedClock> = Arc::default();
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let service = DevelopmentKey::ephemeral(&*entropy, outside).unwrap();
        create_signing_key(&store, &service, &*clock).await.unwrap();
        create_branch_key(&store, &service, tenant, (&*clock, &*entropy)).await.unwrap();
        let read = Arc::new(Ticking { clock: Arc::clone(&clock), step: AtomicU64::new(0) });
        let ticking = || Arc::clone(&read) as Arc<dyn Clock>;
        let keys = BranchKeys::new(store.clone(), service.clone(), ticking());
        let branch = keys.current(tenant).await.unwrap();
        let (kdf, sink) = (KdfPool::default(), Arc::<MemorySink>::default());
        let limits = admission::Ports { store: store.clone(), policy, clock: ticking(), entropy: Arc::clone(&entropy) };
        let verify = Verify::new(Ports {
            store: store.clone(),
            admission: Admission::new(limits),
            keys,
            signing: SigningKeys::new(store.clone(), service, ticking()),
            denials: Denials::new(Arc::clone(&sink), ticking(), Arc::clone(&entropy)),
            audit: Arc::clone(&sink),
            kdf: kdf.clone(),
            parameters: KdfParameters::PBKDF2_100K,
            issuer: "https://auth.example.com".to_owned(),
            clock: ticking(),
            entropy: Arc::clone(&entropy),
        });
        let enrollment = enrollment(&branch, user, entropy).await;
        tables.overwrite_enrollment(enrollment.clone());
        Self {
            store,
            sink,
            clock,
            kdf,
            tenant,
            user,
            tables,
            enrollment,
            branch,
            verify,
            keys_used: AtomicU8::new(0),
            ticking: read,
        }
    }

    /// A new attempt of a new verification.
    pub(crate) async fn attempt(&self, right: bool) -> Attempt {
        self.attempt_of_version(self.enrollment.key_version, right).await
    }

    /// One of a verification that was opened when the factors had this version.
    pub(crate) async fn attempt_of_version(&self, key_version: u32, right: bool) -> Attempt {
        let key = self.key();
        let verification = self.branch.verification_id(&key, Home::Table);
        let now = self.clock.now();
        let opened = Verification {
            tenant: self.tenant,
            id: verification,
            user: self.user,
            asked: self.asked(),
            key_version,
            branch_key_version: self.branch.version(),
            seed: SessionSeed::new([9; 16]),
            further_turns: 0,
            transaction: None,
            created_at: now,
            expires_at: now + VERIFICATION_LIFETIME,
            attempts: BTreeMap::new(),
            verified: None,
            request: self.branch.fingerprint(key, "initiate", b"{}"),
        };
        self.store.open_verification(&opened).await.unwrap();
        Attempt { verification, key: self.key(), right }
    }

    /// The same factors as another version.
    pub(crate) fn rotated(&self) -> Enrollment {
        let Enrollment { user_key, askable_sets, key_version, .. } = &self.enrollment;
        let user_key = self.branch.open_user_key(self.user, user_key).unwrap();
        let verifiers = user_key.open_verifiers(askable_sets, *key_version).unwrap();
        let key_version = key_version + 1;
        let askable_sets = user_key.seal_verifiers(&verifiers, key_version, &SeededEntropy::new(9)).unwrap();
        Enrollment { key_version, askable_sets, ..self.enrollment.clone() }
    }

    /// From now on, time passes while a request is served.
    pub(crate) fn tick(&self, step: u64) {
        self.ticking.step.store(step, Ordering::Relaxed);
    }

    /// Another attempt of the same verification.
    pub(crate) fn another(&self, of: &Attempt, right: bool) -> Attempt {
        Attempt { key: self.key(), right, ..of.clone() }
    }

    pub(crate) async fn send(&self, attempt: &Attempt) -> Result<Verified, VerifyError> {
        let body: &[u8] = if attempt.right { b"right" } else { b"wrong" };
        self.send_body(attempt, body).await
    }

    pub(crate) async fn send_body(&self, attempt: &Attempt, body: &[u8]) -> Result<Verified, VerifyError> {
        let source = SourceAddress::from_transport(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let (key, caller) = (attempt.key, CallerKind::Server);
        let request = AttemptRequest {
            arrival: Arrival { route: Route::Verify, tenant: self.tenant, caller, source, user: None, key: Some(key) },
            verification: attempt.verification,
            factors: presented(if attempt.right { 1 } else { 2 }),
            key,
            body,
            request_id: &RequestId::from_transport("r-1"),
        };
        self.verify.verify(request).await
    }

    /// What tells the attempt's request from others under its key.
    pub(crate) fn fingerprint(&self, attempt: &Attempt) -> RequestFingerprint {
        let body: &[u8] = if attempt.right { b"right" } else { b"wrong" };
        self.branch.fingerprint(attempt.key, "attempt", body)
    }

    pub(crate) fn asked(&self) -> FactorSet {
        self.enrollment.factors
    }

    /// The outcomes in the trail.
    pub(crate) fn trail(&self) -> Vec<Outcome> {
        self.sink.events().into_iter().map(|event: Event| event.outcome).collect()
    }

    fn key(&self) -> IdempotencyKey {
        let number = self.keys_used.fetch_add(1, Ordering::Relaxed);
        format!("01a19467-e800-7abc-8def-0123456789{number:02x}").parse().unwrap()
    }
}

fn presented(byte: u8) -> PresentedFactors {
    let digest = || Digest::from_hex(&format!("{byte:02x}").repeat(32)).unwrap();
    PresentedFactors::new(vec![(FactorType::Pin, digest()), (FactorType::Nfc, digest())]).unwrap()
}

/// Two factors, so that there is one askable set.
async fn enrollment(branch: &Arc<BranchKey>, user: UserId, entropy: Arc<dyn Entropy>) -> Enrollment {
    let (tenant, key_version) = (branch.tenant(), 1);
    let user_key = branch.new_user_key(user, &*entropy).unwrap();
    let sealed_key = branch.seal_user_key(&user_key, &*entropy).unwrap();
    let (version, factors) = (branch.version(), presented(1).types());
    let key = "01a19467-e800-7abc-8def-0123456789ff".parse().unwrap();
    let request = branch.fingerprint(key, "enroll", b"{}");
    let (peppering, drawing) = (Arc::clone(branch), Arc::clone(&entropy));
    let pool = KdfPool::default();
    let made = pool.run(move |kdf| -> Result<_, VerifierError> {
        let sets = AskableSets::draw(factors, &*drawing)?.unwrap();
        let parameters = KdfParameters::PBKDF2_100K;
        let enrolled = EnrolledFactors { user, presented: &presented(1), sets: &sets, parameters };
        peppering.make_verifiers(kdf, &*drawing, &enrolled)
    });
    Enrollment {
        tenant,
        user,
        key_version,
        branch_key_version: version,
        factors,
        created_at: Timestamp::UNIX_EPOCH,
        user_key: sealed_key,
        askable_sets: user_key.seal_verifiers(&made.await.unwrap(), key_version, &*entropy).unwrap(),
        device_id: None,
        request,
    }
}
