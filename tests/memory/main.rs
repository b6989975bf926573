//! B6: the memory of a warm process is flat over a million requests.
//!
//! The functions are mounted as everywhere in these tests, in a process of this test alone. Requests come from addresses and are
//! about users of which there are a hundred thousands; whatever is kept for each of those would grow. Of a hundred requests there are
//!
//! | requests | answered |
//! |---|---|
//! | 4 | 201: verifications, each of another user |
//! | 4 | 401: wrong attempts in them, each with its derivation |
//! | 22 | 200: how they stand, asked by devices at as many addresses |
//! | 30 | 429: the same users and addresses beyond their limits |
//! | 40 | 400: stale keys, bodies that are not JSON, unknown members |
//!
//! The store and the audit sink forget, as DynamoDB and SQS do in their own processes; so it is the functions' own memory that is
//! measured: keys, leases, refusals, the operator's list, buffers.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use countersign_tests::{Answer, Call, Function, Opened, Person, World};
use lambda_http::request::{RequestContext, from_str};
use lambda_http::{Body, Request, RequestExt};
use serde_json::json;
use testkit::MemoryStore;

#[tokio::test]
async fn b6_memory_is_flat_over_a_million_requests() {
    let mut load = Load::new().await;

    load.run(EARLY).await;
    let early = resident_kilobytes();
    load.run(LATE - EARLY).await;
    let late = resident_kilobytes();

    assert!(late <= early + ALLOWANCE_KILOBYTES, "{early} kB after {EARLY} requests, {late} kB after {LATE}");
}

/// A world under requests that are all different.
struct Load {
    world: World,
    tables: MemoryStore,
    opening: Template,
    attempting: Template,
    asking: Template,
    malformed: [Template; 3],
    hundreds: u32,
}

impl Load {
    async fn new() -> Self {
        let tables = MemoryStore::new();
        let mut world = World::on(tables.clone()).await;
        world.restart_with(r#"{"user": {"quota": 1, "period_seconds": 86400}, "device": {"quota": 1, "lease": 1}}"#);
        let (person, stale) = (Person::new(0, &[]), world.key());
        world.clock.advance(Duration::from_secs(600));
        let opened = world.opened(&person).await;
        let opening = world.initiating(&person.id);
        let unknown = opening.body().to_string().replace('{', r#"{"unknown":1,"#);
        let template = async |call: Call| Template::of(&world, call).await;
        Self {
            malformed: [
                template(opening.clone().key(&stale)).await,
                template(opening.clone().text("{")).await,
                template(opening.clone().text(&unknown)).await,
            ],
            opening: template(opening).await,
            attempting: template(world.attempting(&opened, &json!([]))).await,
            asking: template(world.asking_status(&opened).bearer(&opened.capability).text("")).await,
            world,
            tables,
            hundreds: 0,
        }
    }

    async fn run(&mut self, requests: u32) {
        for _ in 0..requests / 100 {
            self.hundreds += 1;
            self.hundred().await;
            self.world.clock.advance(Duration::from_millis(10));
            if self.hundreds.is_multiple_of(100) {
                self.forget();
            }
        }
    }

    async fn hundred(&self) {
        let mut opened = Vec::new();
        for number in 0..4 {
            let body = format!(r#"{{"user_id":"{}"}}"#, Person::new(self.hundreds * 4 + number, &[]).id);
            for status in [201, 429, 429] {
                let answer = self.send(status, self.opening.request().body(&body).key(&self.world.key())).await;
                opened.extend((status == 201).then(|| Opened::from(&answer)));
            }
        }
        for opened in &opened {
            let factors = Person::new(0, &[]).wrong(&opened.asked);
            let request = self.attempting.request().verification(&opened.id).key(&self.world.key());
            self.send(401, request.body(&json!({ "factors": factors }).to_string())).await;
        }
        for number in 0..22_u32 {
            let opened = &opened[usize::try_from(number % 4).unwrap()];
            let address = Ipv4Addr::from(0x0a00_0000 + self.hundreds * 22 + number).to_string();
            for status in [200, 429] {
                let request = self.asking.request().verification(&opened.id).capability(&opened.capability);
                self.send(status, request.address(&address)).await;
            }
        }
        for number in 0..40 {
            let request = self.malformed[number % 3].request();
            let request = if number % 3 == 0 { request } else { request.key(&self.world.key()) };
            self.send(400, request).await;
        }
    }

    async fn send(&self, status: u16, Sent { function, request }: Sent) -> Answer {
        let answer = self.world.functions().serve(function, request).await;
        assert_eq!(answer.status, status, "{answer:?}");
        answer
    }

    /// What other processes keep, and what the test itself records.
    fn forget(&self) {
        self.tables.forget();
        self.world.sink.forget();
        let _recorded = (self.world.store.recorder().take(), self.world.keys.observation.recorder.take());
    }
}

/// A request as the runtime hands it over, to be sent again and again with parts replaced.
struct Template {
    function: Function,
    request: Request,
}

impl Template {
    async fn of(world: &World, call: Call) -> Self {
        let function = call.function();
        let event = world.permitted(call).await.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        Self { function, request: from_str(&event).unwrap() }
    }

    fn request(&self) -> Sent {
        let Body::Text(body) = self.request.body() else { panic!("a body of text") };
        let mut request = Request::new(Body::Text(body.clone()));
        *request.method_mut() = self.request.method().clone();
        *request.uri_mut() = self.request.uri().clone();
        *request.headers_mut() = self.request.headers().clone();
        *request.extensions_mut() = self.request.extensions().clone();
        Sent { function: self.function, request }
    }
}

/// A request on its way.
struct Sent {
    function: Function,
    request: Request,
}

impl Sent {
    fn body(mut self, body: &str) -> Self {
        *self.request.body_mut() = Body::Text(body.to_owned());
        self
    }

    fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    fn capability(self, capability: &str) -> Self {
        self.header("authorization", &format!("Bearer {capability}"))
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    fn verification(self, id: &str) -> Self {
        let parameters = HashMap::from([("verification_id".to_owned(), id.to_owned())]);
        Self { request: self.request.with_path_parameters(parameters), ..self }
    }

    fn address(mut self, address: &str) -> Self {
        let Some(RequestContext::ApiGatewayV2(context)) = self.request.extensions_mut().get_mut() else {
            panic!("a context of the gateway");
        };
        context.http.source_ip = Some(address.to_owned());
        self
    }
}

fn resident_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

const EARLY: u32 = 200_000;
const LATE: u32 = 1_000_000;

/// Ten bytes a request would be too much.
const ALLOWANCE_KILOBYTES: u64 = 8_000;
