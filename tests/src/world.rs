//! The World itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use admin::{AdminError, Answer as Told};
use admission::Policy;
use audit::MemorySink;
use authorizer::{AuthorizerRequest, AuthorizerResponse};
use crypto::{ApiKey, DevelopmentKey, KdfParameters, KdfPool, OutsideLambda};
use domain::{ApiKeyMode, Clock, EventId, RequestId, Scopes, TenantId};
use keyring::{create_branch_key, create_signing_key};
use lambda_http::Request;
use lambda_http::request::{LambdaRequest, from_str};
use serde_json::{Value, json};
use store::{ApiKeyRecord, OutboxEvent};
use testkit::{FixedClock, MemoryStore, RecordingStore, SeededEntropy};

use crate::{Answer, Call, Delivery, Function, Functions, Log, ObservedKeys, ObservedQueue, Ports};

/// The tokens' issuer.
pub const ISSUER: &str = "https://auth.example.com";

/// All functions, and the state that they share.
#[derive(Debug)]
pub struct World<S = MemoryStore> {
    /// The time of all functions.
    pub clock: Arc<FixedClock>,
    /// The randomness of all functions.
    pub entropy: Arc<SeededEntropy>,
    /// The tables.
    pub store: RecordingStore<S>,
    /// The key service.
    pub keys: ObservedKeys,
    /// The audit queue: every event that was sent.
    pub sink: Arc<MemorySink>,
    /// When the queue has what was sent to it.
    pub delivery: Delivery,
    /// The audit log, which [`World::trail`] fills.
    pub log: Log,
    /// The tables, unobserved.
    pub tables: S,
    /// Where key derivations are counted.
    pub kdf: KdfPool,
    /// How verifiers are derived from the next restart on.
    pub parameters: KdfParameters,
    /// Which limits hold from the next restart on: the real ones, until a test says otherwise.
    pub policy: Policy,
    /// The tenant of the event files.
    pub tenant: Tenant,
    /// Another one.
    pub other: Tenant,
    pub(crate) functions: Option<Functions<S>>,
    authorized: Mutex<HashMap<String, AuthorizerResponse>>,
    requests: AtomicU64,
    idempotency_keys: AtomicU64,
}

/// A merchant.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// The key of its server.
    pub api_key: String,
}

impl World {
    /// A world in memory.
    pub async fn new() -> Self {
        Self::on(MemoryStore::new()).await
    }
}

impl<S: Ports> World<S> {
    /// A world on these empty tables.
    pub async fn on(tables: S) -> Self {
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let keys = ObservedKeys::new(DevelopmentKey::ephemeral(&SeededEntropy::new(1), outside).unwrap());
        let mut world = Self::with(tables, (keys, Log::new(outside)), SeededEntropy::new(2));
        create_signing_key(&world.store, &world.keys, &*world.clock).await.unwrap();
        for (tenant, seed) in [(&world.tenant, 5), (&world.other, 6)] {
            let randomness = SeededEntropy::new(seed);
            create_branch_key(&world.store, &world.keys, tenant.id, (&*world.clock, &randomness)).await.unwrap();
            let key = ApiKey::parse(&tenant.api_key).unwrap();
            world.add_api_key(&ApiKeyRecord::new(key.hash(), tenant.id, world.clock.now())).await;
        }
        world.restart();
        world
    }

    /// Another world that goes on from here, at the start of time: on these tables, which hold what this one's do, and with other
    /// randomness.
    #[must_use]
    pub fn twin<T: Ports>(&self, tables: T, entropy: SeededEntropy) -> World<T> {
        let keys = ObservedKeys::new(self.keys.unobserved());
        let mut twin = World::with(tables, (keys, self.log.another()), entropy);
        let counters = [(&twin.requests, &self.requests), (&twin.idempotency_keys, &self.idempotency_keys)];
        for (of_twin, of_this) in counters {
            of_twin.store(of_this.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        twin.restart();
        twin
    }

    fn with(tables: S, (keys, log): (ObservedKeys, Log), entropy: SeededEntropy) -> Self {
        Self {
            clock: Arc::default(),
            entropy: Arc::new(entropy),
            store: RecordingStore::new(tables.clone()),
            tables,
            keys,
            sink: Arc::default(),
            delivery: Delivery::default(),
            log,
            kdf: KdfPool::default(),
            parameters: KdfParameters::CHEAP,
            policy: Policy::default(),
            tenant: tenant("0192f0c1-2345-7abc-8def-0123456789ab", 3),
            other: tenant("0192f0c1-2345-7abc-8def-ba9876543210", 4),
            functions: None,
            authorized: Mutex::default(),
            requests: AtomicU64::new(0),
            idempotency_keys: AtomicU64::new(0),
        }
    }

    /// Ends all functions' processes and starts new ones, which have nothing cached. The gateway forgets whom it let
    /// through, too.
    pub fn restart(&mut self) {
        self.delivery.forget();
        self.functions = Some(Functions::start(self));
        self.authorized.lock().unwrap().clear();
        let _before = self.store.recorder().take();
        let _before = self.keys.observation.recorder.take();
    }

    /// The running functions.
    #[must_use]
    pub fn functions(&self) -> &Functions<S> {
        self.functions.as_ref().expect("started with the world")
    }

    /// The answer to a call, as the gateway gives it: the authorizer's permission comes first.
    pub async fn send(&self, call: Call) -> Answer {
        let function = call.function();
        match self.permit(call).await {
            Ok(event) => {
                let event = serde_json::from_value(self.named(event)).expect("an event that the runtime can read");
                self.functions().serve(function, LambdaRequest::ApiGatewayV2(event).into()).await
            }
            Err(refusal) => refusal,
        }
    }

    /// The event that the gateway delivers for a call, with what the authorizer said of its caller.
    ///
    /// # Errors
    /// The gateway's answer if the authorizer refused.
    pub async fn permitted(&self, call: Call) -> Result<String, Answer> {
        Ok(self.permit(call).await?.to_string())
    }

    /// A function's answer to an event as it stands, but for a request id of its own.
    pub async fn deliver(&self, function: Function, event: &str) -> Answer {
        let event = self.named(serde_json::from_str(event).unwrap());
        let request: Request = from_str(&event.to_string()).expect("an event that the runtime can read");
        self.functions().serve(function, request).await
    }

    /// The authorizer's answer to its event.
    pub async fn ask_authorizer(&self, event: &str) -> AuthorizerResponse {
        let request: AuthorizerRequest = serde_json::from_str(event).unwrap();
        self.functions().authorize.answer(&request).await.unwrap()
    }

    /// Restarts all functions with these limits, written as `COUNTERSIGN_LIMITS` is.
    pub fn restart_with(&mut self, limits: &str) {
        self.policy = limits.parse().unwrap();
        self.restart();
    }

    /// What admin did of an operator's command, in the JSON of `events/admin/`.
    ///
    /// # Errors
    /// What admin says against it.
    pub async fn tell(&self, command: &str) -> Result<Told, AdminError> {
        self.functions().administer.answer(command, &RequestId::from_transport("operator")).await
    }

    /// A further API key of the tenant, for these uses.
    pub async fn api_key_for(&self, scopes: Scopes) -> String {
        let key = ApiKey::generate(ApiKeyMode::Test, &*self.entropy).unwrap();
        let record = ApiKeyRecord::new(key.hash(), self.tenant.id, self.clock.now());
        self.add_api_key(&ApiKeyRecord { scopes, ..record }).await;
        key.expose().to_owned()
    }

    /// A fresh idempotency key.
    #[must_use]
    pub fn key(&self) -> String {
        let number = self.idempotency_keys.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut random = [0x5a; 10];
        random.iter_mut().skip(2).zip(number).for_each(|(byte, digit)| *byte = digit);
        EventId::at(self.clock.now(), &random).to_string()
    }

    /// The audit queue as functions have it.
    #[must_use]
    pub fn observed_queue(&self) -> ObservedQueue {
        let observation = self.store.observation().clone();
        ObservedQueue { inner: Arc::clone(&self.sink), delivery: self.delivery.clone(), observation }
    }

    async fn permit(&self, call: Call) -> Result<Value, Answer> {
        let Call { function, mut event } = call;
        if !function.is_open() {
            event["requestContext"]["authorizer"] = json!({ "lambda": self.authorize(&event).await? });
        }
        Ok(event)
    }

    /// The event under a request id of its own.
    fn named(&self, mut event: Value) -> Value {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        event["requestContext"]["requestId"] = json!(format!("Request{number:08}="));
        event
    }

    /// Whom the authorizer takes the caller for. The gateway keeps its answers; here, until the next restart.
    async fn authorize(&self, event: &Value) -> Result<Value, Answer> {
        let Some(source) = event["headers"]["authorization"].as_str() else {
            return Err(gateway_refusal(401, "Unauthorized"));
        };
        let kept = self.authorized.lock().unwrap().get(source).cloned();
        let response = if let Some(response) = kept {
            response
        } else {
            let mut question: Value = serde_json::from_str(&Function::Authorizer.event("api-key")).unwrap();
            question["identitySource"] = json!([source]);
            question["headers"]["authorization"] = json!(source);
            let response = self.ask_authorizer(&question.to_string()).await;
            self.authorized.lock().unwrap().insert(source.to_owned(), response.clone());
            response
        };
        if response.is_authorized {
            Ok(serde_json::to_value(&response.context).unwrap())
        } else {
            Err(gateway_refusal(403, "Forbidden"))
        }
    }

    async fn add_api_key(&self, record: &ApiKeyRecord) {
        // The event of somebody else: the trail that tests read is about what they do.
        let event = OutboxEvent { id: EventId::NIL, payload: vec![0] };
        self.tables.create_api_key(record, &event).await.unwrap();
        self.tables.remove_outbox_events(&[event.id]).await.unwrap();
    }
}

fn tenant(id: &str, seed: u64) -> Tenant {
    let api_key = ApiKey::generate(ApiKeyMode::Test, &SeededEntropy::new(seed)).unwrap();
    Tenant { id: id.parse().unwrap(), api_key: api_key.expose().to_owned() }
}

/// What API Gateway answers by itself.
fn gateway_refusal(status: u16, message: &str) -> Answer {
    Answer { status, headers: Vec::new(), body: json!({ "message": message }).to_string() }
}
