//! The functions, as one process on ports in memory.

use std::sync::Arc;

use admission::{Admission, Policy};
use audit::{Event, Recorder, SendError, SendEvents};
use crypto::{DevelopmentKey, KdfParameters, KdfPool, OutsideLambda};
use denials::Denials;
use domain::{Clock, Entropy, EventId, TenantId};
use enroll::Enroll;
use initiate::Initiate;
use introspect::Introspect;
use keyring::{BranchKeys, SigningKeys, VerifyingKeys, create_branch_key, create_signing_key};
use status::ReadStatus;
use testkit::{FaultStore, FixedClock, SeededEntropy};
use verify::Verify;

use crate::lambda::Lambda;

/// The functions on the paths, and enroll, which comes before them.
pub(crate) struct Functions {
    pub(crate) enroll: Lambda,
    pub(crate) initiate: Lambda,
    pub(crate) verify: Lambda,
    pub(crate) status: Lambda,
    pub(crate) introspect: Lambda,
}

impl Functions {
    /// Starts them for the tenant of the event files.
    pub(crate) async fn start() -> Self {
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(FixedClock::default()), Arc::new(SeededEntropy::new(1)));
        let store = FaultStore::default();
        let key = DevelopmentKey::ephemeral(&*entropy, OutsideLambda::from_function_name(None).unwrap()).unwrap();
        let tenant: TenantId = TENANT.parse().unwrap();
        create_signing_key(&store, &key, &*clock).await.unwrap();
        create_branch_key(&store, &key, tenant, (&*clock, &*entropy)).await.unwrap();
        Shared { store, key, clock, entropy, kdf: KdfPool::default() }.functions()
    }
}

/// What all functions work with.
struct Shared {
    store: FaultStore,
    key: DevelopmentKey,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    kdf: KdfPool,
}

type Audit = Recorder<Queue, FaultStore>;

impl Shared {
    fn functions(&self) -> Functions {
        Functions {
            enroll: self.run("enroll", Enroll::new(self.enroll())),
            initiate: self.run("initiate", Initiate::new(self.initiate())),
            verify: self.run("verify", Verify::new(self.verify())),
            status: self.run("status", ReadStatus::new(self.status())),
            introspect: self.run("introspect", Introspect::new(self.introspect())),
        }
    }

    fn run(&self, name: &'static str, endpoint: impl countersign_http::Endpoint) -> Lambda {
        Lambda::run(name, endpoint, self.clock.clone())
    }

    fn enroll(&self) -> enroll::Ports<FaultStore, DevelopmentKey, Audit> {
        enroll::Ports {
            store: self.store.clone(),
            admission: self.admission(),
            keys: self.branch_keys(),
            audit: self.audit(),
            denials: self.denials(),
            kdf: self.kdf.clone(),
            parameters: PARAMETERS,
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        }
    }

    fn initiate(&self) -> initiate::Ports<FaultStore, DevelopmentKey, Audit> {
        initiate::Ports {
            store: self.store.clone(),
            admission: self.admission(),
            keys: self.branch_keys(),
            audit: self.audit(),
            denials: self.denials(),
            parameters: PARAMETERS,
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        }
    }

    fn verify(&self) -> verify::Ports<FaultStore, DevelopmentKey, Audit> {
        verify::Ports {
            store: self.store.clone(),
            admission: self.admission(),
            keys: self.branch_keys(),
            signing: SigningKeys::new(self.store.clone(), self.key.clone(), self.clock.clone()),
            audit: self.audit(),
            denials: self.denials(),
            kdf: self.kdf.clone(),
            parameters: PARAMETERS,
            issuer: ISSUER.to_owned(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        }
    }

    fn status(&self) -> status::Ports<FaultStore, DevelopmentKey, Audit> {
        status::Ports {
            store: self.store.clone(),
            admission: self.admission(),
            keys: self.branch_keys(),
            denials: self.denials(),
            clock: self.clock.clone(),
        }
    }

    fn introspect(&self) -> introspect::Ports<FaultStore, Audit> {
        introspect::Ports {
            store: self.store.clone(),
            admission: self.admission(),
            published: VerifyingKeys::new(self.store.clone(), self.clock.clone()),
            denials: self.denials(),
            issuer: ISSUER.to_owned(),
            clock: self.clock.clone(),
        }
    }

    fn admission(&self) -> Admission<FaultStore> {
        Admission::new(admission::Ports {
            store: self.store.clone(),
            policy: Policy::default(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        })
    }

    fn branch_keys(&self) -> BranchKeys<FaultStore, DevelopmentKey> {
        BranchKeys::new(self.store.clone(), self.key.clone(), self.clock.clone())
    }

    fn audit(&self) -> Audit {
        Recorder::new(Queue, self.store.clone(), self.clock.clone())
    }

    fn denials(&self) -> Denials<Audit> {
        Denials::new(self.audit(), self.clock.clone(), self.entropy.clone())
    }
}

/// Writes each event as it would be sent, and keeps none.
#[derive(Debug, Clone)]
struct Queue;

impl SendEvents for Queue {
    async fn send_events(&self, events: &[Event]) -> Result<Vec<EventId>, SendError> {
        let sent = events.iter().map(|event| event.canonical_json().len()).sum::<usize>();
        if sent > 0 { Ok(Vec::new()) } else { Err(SendError::new("an event without a text")) }
    }
}

const TENANT: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

const ISSUER: &str = "https://auth.example.com";

/// The cheapest that a deployed function takes.
const PARAMETERS: KdfParameters = KdfParameters::PBKDF2_100K;
