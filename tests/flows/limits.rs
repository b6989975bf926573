//! A5 to A8: whose requests a limit counts, what its refusals say, and whom it never meets.

use std::time::Duration;

use admission::{CallerKind, Policy, Route, Row, Scope};
use countersign_tests::{Answer, Call, Function, Opened, Person, World};
use domain::{Clock, Penalty};
use serde_json::{Value, json};

use crate::faults::LOST;
use crate::idempotency::NO_LIMITS;
use crate::problems::problem;

#[tokio::test]
async fn a5_headers_change_nothing_about_whose_requests_are_counted() {
    for row in Policy::default().rows() {
        let mut world = World::new().await;
        let scene = Scene::of(&mut world).await;
        world.restart_with(&only(row, 40, 600));

        let mut let_in = 0;
        for number in 0..100 {
            let answer = world.send(spoofed(scene.call(&world, row), number)).await;
            let_in += u32::from(answer.status == Scene::status(row));
            assert!([Scene::status(row), 429].contains(&answer.status), "{}: {answer:?}", row.name);
        }

        assert_eq!(let_in, 40, "{}", row.name);
    }
}

/// The call with every header in which proxies and callers name somebody, somebody else each time.
fn spoofed(call: Call, number: u32) -> Call {
    let (address, user) = (format!("198.51.100.{number}"), Person::new(500 + number, &[]).id);
    let headers = [
        ("x-forwarded-for", address.clone()),
        ("forwarded", format!("for={address};host=a{number}.example;proto=https")),
        ("x-real-ip", address.clone()),
        ("x-client-ip", address.clone()),
        ("true-client-ip", address.clone()),
        ("cf-connecting-ip", address.clone()),
        ("x-amzn-trace-id", format!("Root=1-00000000-{number:024}")),
        ("via", format!("1.1 {address}")),
        ("x-forwarded-host", format!("a{number}.example")),
        ("x-user-id", user.clone()),
        ("x-tenant-id", user),
    ];
    headers.into_iter().fold(call, |call, (name, value)| call.header(name, &value))
}

#[tokio::test]
async fn a5_a_used_up_limit_is_its_subjects_alone() {
    for row in Policy::default().rows() {
        let mut world = World::new().await;
        let scene = Scene::of(&mut world).await;
        world.restart_with(&only(row, 1, 600));
        while world.send(scene.call(&world, row)).await.status != 429 {}
        let of_neighbour = match row.scope {
            Scope::Everybody | Scope::Tenant => scene.call(&world, row),
            Scope::Source(_) => scene.call(&world, row).from_address("198.51.100.77"),
            Scope::User => world.initiating(&Person::new(700, &[]).id),
        };

        let neighbour = world.send(of_neighbour).await;
        let other_tenant = world.send(scene.call(&world, row).bearer(&world.other.api_key)).await;

        let is_shared = matches!(row.scope, Scope::Everybody | Scope::Tenant);
        assert_eq!(neighbour.status == 429, is_shared, "{}: {neighbour:?}", row.name);
        assert_eq!(other_tenant.status == 429, row.scope == Scope::Everybody, "{}: {other_tenant:?}", row.name);
    }
}

/// Whose a capability is, is found out before anything is counted for them.
#[tokio::test]
async fn a5_a_capability_that_does_not_fit_spends_nobodys_permits() {
    let row = row("device");
    let mut world = World::new().await;
    let scene = Scene::of(&mut world).await;
    let other = world.opened(&scene.person).await;
    world.restart_with(&only(&row, 10, 60));

    for _ in 0..10 {
        let asking = world.asking_status(&other).bearer(&scene.opened.capability);
        let attempting = world.attempting(&other, &json!([])).bearer(&scene.opened.capability);
        for call in [asking, attempting] {
            assert!([400, 403].contains(&world.send(call).await.status));
        }
    }

    for _ in 0..10 {
        assert_eq!(world.send(scene.call(&world, &row)).await.status, 200);
    }
}

/// Hours in which each request comes a quota's part of the period and a millisecond after the one before, in processes that come and go. Everybody's
/// limit is divided into 16 parts, of which a request meets one: one who stays below a part is below the limit.
#[tokio::test]
async fn a6_a_steady_client_just_below_a_limit_is_never_refused() {
    for (quota, seconds, hours) in [(6, 60, 6), (4, 10, 1)] {
        for row in Policy::default().rows() {
            let mut world = World::new().await;
            let scene = Scene::of(&mut world).await;
            world.restart_with(&only(row, if row.scope == Scope::Everybody { quota * 16 } else { quota }, seconds));
            let pause = Duration::from_millis(u64::from(seconds * 1000 / quota) + 1);

            for sent in 0..hours * 3600 / seconds * quota {
                let answer = world.send(scene.call(&world, row)).await;
                assert_eq!(answer.status, Scene::status(row), "{} {quota}/{seconds}: {sent}: {answer:?}", row.name);
                world.clock.advance(pause);
                if sent % 97 == 0 {
                    world.restart();
                }
            }
        }
    }
}

#[tokio::test]
async fn a7_who_waits_as_long_as_a_429_says_is_let_in_and_no_sooner() {
    for row in Policy::default().rows() {
        for offset in [0, 1, 17_350, 29_999, 59_999] {
            let mut world = World::new().await;
            let scene = Scene::of(&mut world).await;
            world.clock.advance(Duration::from_millis(offset));
            let quota = if row.scope == Scope::Everybody { 1 } else { 2 };
            world.restart_with(&only(row, quota, 60));

            let wait = checked_wait(&limited(&world, &scene, row).await, row, (quota, 60));

            world.clock.advance(wait.saturating_sub(Duration::from_secs(1)));
            let early = world.send(scene.call(&world, row)).await;
            assert_eq!(checked_wait(&early, row, (quota, 60)), Duration::from_secs(1), "{} at {offset}", row.name);
            world.clock.advance(Duration::from_secs(1));
            let after = world.send(scene.call(&world, row)).await;
            assert_eq!(after.status, Scene::status(row), "{} at {offset}: {after:?}", row.name);
        }
    }
}

/// The third violation within a day and those after it: everything is refused for as long as is told, by new processes, too.
#[tokio::test]
async fn a7_penalties_escalate_and_end_when_they_say() {
    for row in Policy::default().rows().iter().filter(|row| is_penalised(row)) {
        let mut world = World::new().await;
        let scene = Scene::of(&mut world).await;
        world.restart_with(&only(row, 2, 60));
        let mut waits = Vec::new();

        for _ in 0..5 {
            let wait = checked_wait(&limited(&world, &scene, row).await, row, (2, 60));
            waits.push(wait.as_secs());
            world.clock.advance(wait.saturating_sub(Duration::from_secs(1)));
            if waits.len() > 2 {
                world.restart();
            }
            assert_eq!(world.send(scene.call(&world, row)).await.status, 429, "{}: {waits:?}", row.name);
            world.clock.advance(Duration::from_secs(1));
            assert_eq!(world.send(scene.call(&world, row)).await.status, 200, "{}: {waits:?}", row.name);
            // Into the next window, so that the next refusal is another violation.
            world.clock.advance(Duration::from_secs(60));
        }

        assert!(waits[0] <= 120 && waits[1] <= 120, "{waits:?}");
        assert_eq!(waits[2..], [30 * 60, 2 * 60 * 60, 24 * 60 * 60]);
    }
}

/// The first answer that says that the row is used up.
async fn limited(world: &World, scene: &Scene, row: &Row) -> Answer {
    for _ in 0..10 {
        let answer = world.send(scene.call(world, row)).await;
        if answer.status == 429 {
            return answer;
        }
    }
    panic!("{} never fires", row.name);
}

/// What a 429 says to wait, once its headers are found exact.
fn checked_wait(limited: &Answer, row: &Row, (quota, seconds): (u32, u32)) -> Duration {
    assert_eq!(limited.told(), problem(429, "rate-limited"), "{limited:?}");
    let [wait] = limited.header("retry-after")[..] else { panic!("{limited:?}") };
    assert_eq!(limited.header("ratelimit-policy"), [format!("\"{}\";q={quota};w={seconds}", row.name)]);
    assert_eq!(limited.header("ratelimit"), [format!("\"{}\";r=0;t={wait}", row.name)]);
    Duration::from_secs(wait.parse().unwrap())
}

#[tokio::test]
async fn a7_only_a_429_tells_of_limits() {
    let mut world = World::new().await;
    let scene = Scene::of(&mut world).await;
    world.restart_with("");

    for row in Policy::default().rows() {
        let answer = world.send(scene.call(&world, row)).await;

        assert_eq!(answer.status, Scene::status(row), "{}: {answer:?}", row.name);
        let names = ["ratelimit", "ratelimit-policy", "retry-after"];
        assert!(names.iter().all(|name| answer.header(name).is_empty()), "{answer:?}");
    }
}

#[tokio::test]
async fn a7_who_waits_as_long_as_a_503_says_is_answered() {
    for row in Policy::default().rows() {
        for (port, fault) in
            ["DrawPermits", "FindListings"].into_iter().flat_map(|port| LOST.map(|fault| (port, fault)))
        {
            let mut world = World::new().await;
            let scene = Scene::of(&mut world).await;
            world.restart_with(&only(row, 1600, 60));
            let call = scene.call(&world, row);
            world.store.faults().plan(port, 1, fault);

            let failed = world.send(call.clone()).await;
            assert_eq!(failed.told(), problem(503, "unavailable"), "{} {port} {fault:?}: {failed:?}", row.name);
            let [wait] = failed.header("retry-after")[..] else { panic!("{failed:?}") };
            world.clock.advance(Duration::from_secs(wait.parse().unwrap()));
            let after = world.send(call).await;

            assert_eq!(after.status, Scene::status(row), "{} {port} {fault:?}: {after:?}", row.name);
            assert_eq!(world.store.faults().still_planned(), 0);
        }
    }
}

#[tokio::test]
async fn an_allowed_tenant_meets_no_limit_and_a_denied_one_is_refused_until_the_entry_ends() {
    let mut world = World::new().await;
    let scene = Scene::of(&mut world).await;
    let row = row("source");
    world.restart_with(&only(&row, 2, 60));
    limited(&world, &scene, &row).await;

    let mut told = Vec::new();
    for access in ["allowed", "denied"] {
        let subject = format!("tenant/{}", world.tenant.id);
        let expires_at = (world.clock.now() + Duration::from_secs(600)).to_string();
        let command =
            json!({ "command": "put_listing", "subject": subject, "access": access, "expires_at": expires_at });
        world.tell(&command.to_string()).await.unwrap();
        // A process reads the list once in a minute.
        world.clock.advance(Duration::from_secs(60));
        for _ in 0..4 {
            told.push(world.send(scene.call(&world, &row)).await.told());
        }
    }
    world.clock.advance(Duration::from_secs(600));
    let after = world.send(scene.call(&world, &row)).await;

    assert!(told[..4].iter().all(|told| told.0 == 200), "{told:?}");
    assert!(told[4..].iter().all(|told| *told == problem(403, "forbidden")), "{told:?}");
    assert_eq!(after.status, 200);
}

/// 200 users behind one address, each at its own limit and not above it, beside an attacker at 20 times the limit.
#[tokio::test]
async fn a8_200_users_behind_one_address_pass_beside_an_attacker_at_20_times_the_limit() {
    let mut world = World::new().await;
    let people: Vec<Person> = (1..=200).map(|number| Person::new(number, &[])).collect();
    let attacker = Person::new(999, &[]);
    world.restart_with(r#"{"user": {"quota": 5, "period_seconds": 100}}"#);
    world.opened(&Person::new(998, &[])).await;

    let (mut sent, mut let_in) = (0, 0);
    for _ in 0..5 {
        for (position, person) in people.iter().enumerate() {
            if position % 10 == 0 {
                let answer = world.send(world.initiating(&attacker.id)).await;
                assert!([201, 429].contains(&answer.status), "{answer:?}");
                sent += 1;
                let_in += u32::from(answer.status == 201);
            }
            let _before = world.store.recorder().take();
            let answer = world.send(world.initiating(&person.id)).await;
            let trace = world.store.recorder().take();
            assert_eq!(answer.status, 201, "user {position}: {answer:?}");
            assert!(trace.serial_waits() <= 2 && trace.writes() <= 5, "user {position} waits longer: {trace:?}");
        }
        world.clock.advance(Duration::from_secs(20));
    }

    assert_eq!((sent, let_in), (20 * 5, 5 + 4), "the quota, and what the bucket gained in 80 seconds");
}

#[tokio::test]
async fn a8_an_attacker_at_another_address_spends_nobody_elses_permits() {
    for name in ["source", "device"] {
        let row = row(name);
        let mut world = World::new().await;
        let scene = Scene::of(&mut world).await;
        world.restart_with(&only(&row, 10, 60));

        let mut refused = 0;
        for _ in 0..10 {
            for _ in 0..20 {
                let answer = world.send(scene.call(&world, &row).from_address("198.51.100.66")).await;
                refused += u32::from(answer.status == 429);
            }
            assert_eq!(world.send(scene.call(&world, &row)).await.status, 200, "{name}");
        }

        assert_eq!(refused, 190, "{name}");
    }
}

/// What calls are made of: a person, an open verification, and one of another tenant's.
pub(crate) struct Scene {
    person: Person,
    opened: Opened,
    elsewhere: Opened,
}

impl Scene {
    /// Made while nothing is counted.
    pub(crate) async fn of(world: &mut World) -> Self {
        world.restart_with(NO_LIMITS);
        let person = world.enrolled(1, &["pin", "nfc"]).await;
        let opened = world.opened(&person).await;
        let elsewhere = world.send(world.initiating(&person.id).bearer(&world.other.api_key)).await;
        Self { person, opened, elsewhere: Opened::from(&elsewhere) }
    }

    /// A request that this row counts, new each time.
    pub(crate) fn call(&self, world: &World, row: &Row) -> Call {
        if row.scope == Scope::Source(CallerKind::Device) {
            return world.asking_status(&self.opened).bearer(&self.opened.capability);
        }
        match row.routes {
            [Route::Enroll] => {
                world.enrolling(&self.person).json(&json!({ "factors": self.person.right(&self.person.factors) }))
            }
            [Route::DescribeEnrollment] => {
                let call = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
                call.path("user_id", &self.person.id)
            }
            [Route::RotateFactors] => world.rotating(&self.person.id, "no-token", &self.person.enrolled()),
            [Route::Erase] => world.erasing(&self.person.id, "no-token"),
            [Route::Export] => world.exporting(&self.person.id, "no-token"),
            [Route::Initiate] => world.initiating(&self.person.id),
            [Route::Verify] => world.attempting(&self.elsewhere, &self.person.right(&self.elsewhere.asked)),
            [Route::Introspect] => world.introspecting("unknown"),
            [Route::Revoke] => world.revoking("unknown"),
            [Route::Refresh] => world.refreshing("unknown"),
            [Route::ListSessions] => world.listing_sessions(&self.person.id),
            [Route::AuditQuery] => world.reading_trail(),
            _ => world.asking_status(&self.opened),
        }
    }

    /// The status of its answer, if it is let in.
    pub(crate) fn status(row: &Row) -> u16 {
        match row.routes {
            [Route::Enroll | Route::Initiate] => 201,
            [Route::RotateFactors | Route::Erase | Route::Export] => 401,
            [Route::Verify] => 404,
            [Route::Refresh] => 400,
            _ => 200,
        }
    }
}

/// A table with this row only.
pub(crate) fn only(row: &Row, quota: u32, seconds: u32) -> String {
    let mut table: Value = serde_json::from_str(NO_LIMITS).unwrap();
    table[row.name] = json!({ "quota": quota, "period_seconds": seconds, "lease": 1 });
    table.to_string()
}

fn row(name: &str) -> Row {
    *Policy::default().rows().iter().find(|row| row.name == name).unwrap()
}

fn is_penalised(row: &Row) -> bool {
    row.limit.is_some_and(|limit| limit.penalty == Penalty::Escalating)
}
