//! All functions over a store in memory, a clock that stands still, and a tenant.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use admission::Policy;
use audit::{Event, RecordError, RecordEvents};
use bytes::Bytes;
use crypto::{ApiKey, DevelopmentKey, KdfParameters, KdfPool, OsEntropy, OutsideLambda};
use domain::{ApiKeyMode, Clock, TenantId};
use http::{HeaderMap, Method, Request, Response};
use local::{Ports, Service, create_tenant};
use serde_json::Value;
use testkit::{FaultStore, FixedClock};
use uuid::Builder;

/// Takes every event, or panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sink {
    Takes,
    Panics,
}

impl RecordEvents for Sink {
    async fn record_events(&self, _events: &[Event]) -> Result<(), RecordError> {
        assert_eq!(*self, Self::Takes, "told to panic");
        Ok(())
    }

    async fn announce(&self, _event: &Event) {
        assert_eq!(*self, Self::Takes, "told to panic");
    }
}

pub(crate) struct World {
    pub(crate) service: Service<FaultStore, DevelopmentKey, Sink>,
    pub(crate) store: FaultStore,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) api_key: ApiKey,
}

impl World {
    pub(crate) async fn new(sink: Sink) -> Self {
        Self::with(sink, Policy::default()).await
    }

    /// One with these limits.
    pub(crate) async fn with(sink: Sink, policy: Policy) -> Self {
        let store = FaultStore::default();
        let clock = Arc::new(FixedClock::default());
        let outside = OutsideLambda::from_function_name(None).unwrap();
        let key = DevelopmentKey::ephemeral(&OsEntropy, outside).unwrap();
        let api_key = ApiKey::generate(ApiKeyMode::Test, &OsEntropy).unwrap();
        let tenant = TenantId::from_keyed_bytes([7; 16]);
        create_tenant(&store, &key, (tenant, &api_key), (&*clock, &OsEntropy)).await.unwrap();
        let _setup = store.recorder().take();
        let service = Service::new(&Ports {
            store: store.clone(),
            keys: key,
            audit: sink,
            policy,
            kdf: KdfPool::default(),
            parameters: KdfParameters::CHEAP,
            issuer: "https://countersign.localhost".to_owned(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(OsEntropy),
        });
        Self { service, store, clock, api_key }
    }

    /// The request with everything that it needs to succeed.
    pub(crate) fn request(&self, method: Method, target: &str, body: &str) -> Request<Bytes> {
        let mut request = Request::new(Bytes::from(body.to_owned()));
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().unwrap();
        let headers = request.headers_mut();
        headers.insert("authorization", format!("Bearer {}", self.api_key.expose()).parse().unwrap());
        headers.insert("content-type", "application/json".parse().unwrap());
        headers.insert("idempotency-key", self.idempotency_key().parse().unwrap());
        request
    }

    pub(crate) fn idempotency_key(&self) -> String {
        let entropy: &dyn domain::Entropy = &OsEntropy;
        let now = u64::try_from(self.clock.now().as_millisecond()).unwrap();
        Builder::from_unix_timestamp_millis(now, &entropy.array().unwrap()).into_uuid().to_string()
    }

    pub(crate) async fn send(&self, request: Request<Bytes>) -> Answer {
        self.send_from(IpAddr::V4(Ipv4Addr::LOCALHOST), request).await
    }

    /// Sends it as if this peer had.
    pub(crate) async fn send_from(&self, peer: IpAddr, request: Request<Bytes>) -> Answer {
        Answer::from(self.service.handle(request, peer).await)
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send(self.request(Method::GET, target, "")).await
    }

    pub(crate) async fn post(&self, target: &str, body: &str) -> Answer {
        self.send(self.request(Method::POST, target, body)).await
    }
}

/// An answer that has what every answer has.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The last part of the problem's type.
    pub(crate) fn problem(&self) -> (u16, &str) {
        let kind = self.body["type"].as_str().unwrap();
        (self.status, kind.strip_prefix("/problems/").unwrap())
    }
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        let (head, body) = response.into_parts();
        assert_eq!(head.headers.get_all("x-request-id").iter().count(), 1);
        let body: Value = serde_json::from_slice(&body).unwrap();
        if head.status.is_client_error() || head.status.is_server_error() {
            assert_eq!(head.headers["content-type"], "application/problem+json");
            assert_eq!(head.headers["cache-control"], "no-store");
            assert_eq!(body["instance"], head.headers["x-request-id"].to_str().unwrap());
        }
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }
}

/// A body that enrols a user with two factors.
pub(crate) fn enrollment() -> String {
    let digest = "ab".repeat(32);
    format!(r#"{{"factors":[{{"type":"pin","digest":"{digest}"}},{{"type":"nfc","digest":"{digest}"}}]}}"#)
}
