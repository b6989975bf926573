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

use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use countersign_tests::{Answer, Call, Function, Opened, Person, World};
use lambda_http::request::from_str;
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
        let opening = world.initiating(&person.id).key(KEY);
        let factors = person.wrong(&["pin".to_owned(), "nfc".to_owned()]);
        let attempting = world.attempting(&opened, &factors).key(KEY);
        let unknown = opening.body().to_string().replace('{', r#"{"unknown":1,"#);
        let template = async |call: Call| Template::of(&world, &opened, call).await;
        Self {
            malformed: [
                template(opening.clone().key(&stale)).await,
                template(opening.clone().text("{")).await,
                template(opening.clone().text(&unknown)).await,
            ],
            opening: template(opening).await,
            attempting: template(attempting).await,
            asking: template(world.asking_status(&opened).bearer(&opened.capability)).await,
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
            let user = Person::new(self.hundreds * 4 + number, &[]).id;
            let answer = self.send(&self.opening, 201, &[(USER, &user), (KEY, &self.world.key())]).await;
            opened.push(Opened::from(&answer));
            for _ in 0..2 {
                self.send(&self.opening, 429, &[(USER, &user), (KEY, &self.world.key())]).await;
            }
        }
        for opened in &opened {
            let asked = opened.asked.iter();
            let digest = "00".repeat(32);
            let factors: Vec<_> =
                asked.map(|name| format!(r#"{{\"type\":\"{name}\",\"digest\":\"{digest}\"}}"#)).collect();
            let body = format!(r#"{{\"factors\":[{}]}}"#, factors.join(","));
            let parts = [(VERIFICATION, opened.id.as_str()), (KEY, &self.world.key()), (BODY, &body)];
            self.send(&self.attempting, 401, &parts).await;
        }
        for number in 0..22_u32 {
            let opened = &opened[(number % 4) as usize];
            let address = Ipv4Addr::from(0x0a00_0000 + self.hundreds * 22 + number).to_string();
            let parts = [(VERIFICATION, opened.id.as_str()), (CAPABILITY, &opened.capability), (ADDRESS, &address)];
            for status in [200, 429] {
                self.send(&self.asking, status, &parts).await;
            }
        }
        for number in 0..40 {
            self.send(&self.malformed[number % 3], 400, &[(KEY, &self.world.key())]).await;
        }
    }

    async fn send(&self, template: &Template, status: u16, parts: &[(&str, &str)]) -> Answer {
        let mut event = template.event.clone();
        for (name, value) in parts {
            event = event.replace(name, value);
        }
        let answer = self.world.functions().serve(template.function, from_str(&event).unwrap()).await;
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

/// An event with places in it.
struct Template {
    function: Function,
    event: String,
}

impl Template {
    async fn of(world: &World, opened: &Opened, call: Call) -> Self {
        let function = call.function();
        let body = serde_json::to_string(&call.body().to_string()).unwrap();
        let event = world.permitted(call).await.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let event = event.replace(&opened.id, VERIFICATION).replace(&opened.capability, CAPABILITY);
        let event = event.replace("192.0.2.7", ADDRESS).replace(&Person::new(0, &[]).id, USER);
        let event = if function == Function::Verify { event.replace(&body, &format!("\"{BODY}\"")) } else { event };
        Self { function, event }
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

const USER: &str = "(user)";
const KEY: &str = "(key)";
const VERIFICATION: &str = "(verification)";
const CAPABILITY: &str = "(capability)";
const ADDRESS: &str = "(address)";
const BODY: &str = "(body)";
