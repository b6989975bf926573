//! L1: every way of being denied leaves an event in the trail, of whoever was denied and for the reason that they were told.

use std::time::Duration;

use audit::{About, Denial, Event, Outcome};
use countersign_tests::{Answer, Call, Function, Opened, Person, Ports, World};
use domain::{Route, Scope, Scopes};
use serde_json::json;

use crate::problems::problem;

#[tokio::test]
async fn l1_every_denial_has_its_event_on_every_route_that_gives_it() {
    for case in CASES {
        let (mut world, person) = scene().await;
        let call = case.prepared(&mut world, &person).await;
        let before = world.trail().await;

        let answer = world.send(call).await;
        let trail = world.trail().await;

        let new: Vec<&Event> = trail.iter().filter(|event| !before.contains(event)).collect();
        let (status, name) = case.told();
        assert_eq!(answer.told(), problem(status, name), "{case:?}: {answer:?}");
        let [event] = new[..] else { panic!("{case:?}: {new:?}") };
        let expected = Outcome::RequestRefused { denial: case.denial, route: Some(case.route), suppressed: 0 };
        assert_eq!((event.outcome, event.about), (expected, About::Tenant(world.tenant.id)), "{case:?}");
        assert_eq!(event.request_id.to_string(), answer.header("x-request-id").concat(), "{case:?}");
        assert_eq!(event.personal, None, "{case:?}");
    }
}

#[tokio::test]
async fn l1_a_credential_that_is_refused_stands_in_the_deployments_trail() {
    let world = World::new().await;

    world.ask_authorizer(&Function::Authorizer.event("unknown-api-key")).await;
    let trail = world.trail().await;

    let [event] = &trail[..] else { panic!("{trail:?}") };
    let denial = Denial::Unauthenticated;
    assert_eq!(event.outcome, Outcome::RequestRefused { denial, route: None, suppressed: 0 });
    assert_eq!(event.about, About::Deployment);
}

#[tokio::test]
async fn l1_a_capability_of_another_verification_is_denied_in_the_trail() {
    let (world, person) = scene().await;
    let (opened, other) = (world.opened(&person).await, world.opened(&person).await);

    let attempt = world.attempting(&opened, &person.right(&opened.asked)).bearer(&other.capability);
    let status = world.asking_status(&opened).bearer(&other.capability);
    let answers = [world.send(attempt).await, world.send(status).await];
    let trail = world.trail().await;

    assert!(answers.iter().all(|answer| answer.told() == problem(403, "forbidden")), "{answers:?}");
    for route in [Route::Verify, Route::Status] {
        let refused = Outcome::RequestRefused { denial: Denial::Forbidden, route: Some(route), suppressed: 0 };
        assert_eq!(trail.iter().filter(|event| event.outcome == refused).count(), 1, "{route:?}: {trail:?}");
    }
}

#[tokio::test]
async fn l1_a_flood_of_denials_leaves_one_event_a_minute_that_says_how_many_there_were() {
    let (world, person) = scene().await;
    let unknown = || describing(&world, &Person::new(99, &[]));

    for _ in 0..50 {
        world.send(unknown()).await;
    }
    let first = refusals(&world.trail().await);
    world.clock.advance(Duration::from_secs(60));
    world.send(unknown()).await;
    world.send(describing(&world, &person)).await;
    let then = refusals(&world.trail().await);

    assert_eq!((first, then), (vec![0], vec![0, 49]));
}

#[tokio::test]
async fn l1_what_was_compared_or_enrolled_twice_is_never_sampled() {
    let (world, person) = scene().await;
    for _ in 0..3 {
        world.send(world.enrolling(&person)).await;
        let opened = world.opened(&person).await;
        let (right, wrong) = (person.right(&opened.asked), person.wrong(&opened.asked));
        world.attempt(&opened, &wrong).await;
        let [first, second] = [world.attempting(&opened, &right), world.attempting(&opened, &right)];
        let answers: [Answer; 2] = tokio::join!(world.send(first), world.send(second)).into();
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    }

    let trail = world.trail().await;

    let count = |wanted: fn(&Outcome) -> bool| trail.iter().filter(|event| wanted(&event.outcome)).count();
    assert_eq!(count(|outcome| matches!(outcome, Outcome::EnrollmentRefused { .. })), 3);
    assert_eq!(count(|outcome| matches!(outcome, Outcome::AttemptWrong { .. })), 3);
    assert_eq!(count(|outcome| matches!(outcome, Outcome::VerificationSucceeded { .. })), 3 + too_late(&trail));
}

/// Who is denied what, where.
#[derive(Debug, Clone, Copy)]
struct Case {
    denial: Denial,
    route: Route,
}

const fn case(denial: Denial, route: Route) -> Case {
    Case { denial, route }
}

const CASES: [Case; 60] = [
    // By the operator's list.
    case(Denial::Forbidden, Route::Enroll),
    case(Denial::Forbidden, Route::DescribeEnrollment),
    case(Denial::Forbidden, Route::Initiate),
    case(Denial::Forbidden, Route::Verify),
    case(Denial::Forbidden, Route::Status),
    case(Denial::Forbidden, Route::Introspect),
    case(Denial::Forbidden, Route::Revoke),
    case(Denial::Forbidden, Route::Refresh),
    case(Denial::Forbidden, Route::ListSessions),
    case(Denial::Forbidden, Route::AuditQuery),
    case(Denial::Forbidden, Route::RotateFactors),
    case(Denial::Forbidden, Route::Erase),
    case(Denial::Forbidden, Route::Export),
    case(Denial::InsufficientScope, Route::Enroll),
    case(Denial::InsufficientScope, Route::DescribeEnrollment),
    case(Denial::InsufficientScope, Route::RotateFactors),
    case(Denial::InsufficientScope, Route::Erase),
    case(Denial::InsufficientScope, Route::Export),
    case(Denial::InsufficientScope, Route::Initiate),
    case(Denial::InsufficientScope, Route::Verify),
    case(Denial::InsufficientScope, Route::Status),
    case(Denial::InsufficientScope, Route::Introspect),
    case(Denial::InsufficientScope, Route::Revoke),
    case(Denial::InsufficientScope, Route::Refresh),
    case(Denial::InsufficientScope, Route::ListSessions),
    case(Denial::InsufficientScope, Route::AuditQuery),
    case(Denial::RateLimited, Route::Enroll),
    case(Denial::RateLimited, Route::DescribeEnrollment),
    case(Denial::RateLimited, Route::Initiate),
    case(Denial::RateLimited, Route::Verify),
    case(Denial::RateLimited, Route::Status),
    case(Denial::RateLimited, Route::Introspect),
    case(Denial::RateLimited, Route::Revoke),
    case(Denial::RateLimited, Route::Refresh),
    case(Denial::RateLimited, Route::ListSessions),
    case(Denial::RateLimited, Route::AuditQuery),
    case(Denial::RateLimited, Route::RotateFactors),
    case(Denial::RateLimited, Route::Erase),
    case(Denial::RateLimited, Route::Export),
    case(Denial::StepUpRequired, Route::RotateFactors),
    case(Denial::StepUpRequired, Route::Erase),
    case(Denial::StepUpRequired, Route::Export),
    case(Denial::InvalidGrant, Route::Refresh),
    case(Denial::EnrollmentNotFound, Route::DescribeEnrollment),
    case(Denial::VerificationNotFound, Route::Verify),
    case(Denial::VerificationNotFound, Route::Status),
    case(Denial::VerificationClosed, Route::Verify),
    case(Denial::FactorsMismatch, Route::Verify),
    case(Denial::IdempotencyKeyReused, Route::Enroll),
    case(Denial::IdempotencyKeyReused, Route::Initiate),
    case(Denial::IdempotencyKeyReused, Route::Verify),
    case(Denial::IdempotencyKeyReused, Route::Revoke),
    case(Denial::IdempotencyKeyReused, Route::Refresh),
    case(Denial::IdempotencyKeyStale, Route::Enroll),
    case(Denial::IdempotencyKeyStale, Route::Initiate),
    case(Denial::IdempotencyKeyStale, Route::Verify),
    case(Denial::IdempotencyKeyStale, Route::Revoke),
    case(Denial::IdempotencyKeyStale, Route::RotateFactors),
    case(Denial::IdempotencyKeyStale, Route::Erase),
    case(Denial::IdempotencyKeyStale, Route::Refresh),
];

impl Case {
    /// The problem that it is told as.
    const fn told(self) -> (u16, &'static str) {
        match self.denial {
            Denial::InvalidGrant => (400, "invalid-grant"),
            Denial::Unauthenticated => (401, "unauthenticated"),
            Denial::StepUpRequired => (401, "step-up-required"),
            Denial::Forbidden => (403, "forbidden"),
            Denial::InsufficientScope => (403, "insufficient-scope"),
            Denial::RateLimited => (429, "rate-limited"),
            Denial::EnrollmentNotFound => (404, "enrollment-not-found"),
            Denial::VerificationNotFound => (404, "verification-not-found"),
            Denial::VerificationClosed => (409, "verification-closed"),
            Denial::FactorsMismatch => (422, "factors-mismatch"),
            Denial::IdempotencyKeyReused => (422, "idempotency-key-reused"),
            Denial::IdempotencyKeyStale => (400, "idempotency-key-stale"),
        }
    }

    /// A call that is denied so, in a world that is made to.
    async fn prepared(self, world: &mut World, person: &Person) -> Call {
        let opened = world.opened(person).await;
        let call = self.call(world, person, &opened);
        match self.denial {
            Denial::Forbidden => {
                let subject = format!("tenant/{}", world.tenant.id);
                let expires_at = "2027-01-01T00:00:00Z";
                let deny =
                    json!({"command": "put_listing", "subject": subject, "access": "denied", "expires_at": expires_at});
                world.tell(&deny.to_string()).await.unwrap();
                world.restart();
                call
            }
            Denial::InsufficientScope => {
                let other = Scope::ALL.into_iter().find(|scope| !Scopes::only(*scope).allow(self.route.scope()));
                call.bearer(&world.api_key_for(Scopes::only(other.unwrap())).await)
            }
            Denial::RateLimited => {
                let name = self.route.name().replace('-', "_");
                world.restart_with(&format!(
                    r#"{{"tenant_{name}": {{"quota": 1, "period_seconds": 600, "lease": 1}}}}"#
                ));
                while world.send(self.call(world, person, &opened)).await.status != 429 {}
                // A process that has recorded no refusal yet.
                world.restart();
                self.call(world, person, &opened)
            }
            Denial::EnrollmentNotFound => describing(world, &Person::new(99, &[])),
            Denial::VerificationNotFound => {
                let elsewhere = world.send(world.initiating(&person.id).bearer(&world.other.api_key)).await;
                self.call(world, person, &Opened::from(&elsewhere))
            }
            Denial::VerificationClosed => {
                world.send(call).await;
                self.call(world, person, &opened)
            }
            Denial::FactorsMismatch => {
                world.attempting(&opened, &person.right(&["voice".to_owned(), "pin".to_owned()]))
            }
            Denial::IdempotencyKeyReused if self.route == Route::Refresh => {
                let first = world.refreshing(&refresh_token(world, person).await);
                world.send(first.clone()).await;
                first.json(&json!({ "refresh_token": refresh_token(world, person).await }))
            }
            Denial::IdempotencyKeyReused => {
                world.send(call.clone()).await;
                self.with_other_body(world, person, &opened, call)
            }
            Denial::IdempotencyKeyStale => {
                world.clock.advance(Duration::from_secs(301));
                call
            }
            // What the calls present is no token.
            Denial::StepUpRequired | Denial::InvalidGrant => call,
            Denial::Unauthenticated => call.bearer("nobody's"),
        }
    }

    fn call(self, world: &World, person: &Person, opened: &Opened) -> Call {
        succeeding(self.route, world, (person, opened))
    }

    /// The same call, but for what it asks for.
    fn with_other_body(self, world: &World, person: &Person, opened: &Opened, call: Call) -> Call {
        let other = match self.route {
            Route::Enroll => world.enrolling(&Person::new(3, &["pin", "nfc"])).body(),
            Route::Initiate => world.initiating(&Person::new(3, &[]).id).body(),
            Route::Verify => json!({ "factors": person.wrong(&opened.asked) }),
            _ => json!({ "token": "another" }),
        };
        call.json(&other)
    }
}

/// A call of the route that would succeed, but for a missing step-up or refresh token.
pub(crate) fn succeeding<S: Ports>(route: Route, world: &World<S>, (person, opened): (&Person, &Opened)) -> Call {
    match route {
        Route::Enroll => world.enrolling(&Person::new(2, &["pin", "nfc"])),
        Route::DescribeEnrollment => describing(world, person),
        Route::RotateFactors => world.rotating(&person.id, "no-token", &person.enrolled()),
        Route::Erase => world.erasing(&person.id, "no-token"),
        Route::Export => world.exporting(&person.id, "no-token"),
        Route::Initiate => world.initiating(&person.id),
        Route::Verify => world.attempting(opened, &person.right(&opened.asked)),
        Route::Status => world.asking_status(opened),
        Route::Introspect => world.introspecting("unknown"),
        Route::Revoke => world.revoking("unknown"),
        Route::Refresh => world.refreshing("unknown"),
        Route::ListSessions => world.listing_sessions(&person.id),
        Route::AuditQuery => world.reading_trail(),
    }
}

async fn scene() -> (World, Person) {
    let world = World::new().await;
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    (world, person)
}

/// The refresh token of a new session.
async fn refresh_token(world: &World, person: &Person) -> String {
    let opened = world.opened(person).await;
    world.attempt(&opened, &person.right(&opened.asked)).await.text("refresh_token")
}

fn describing<S: Ports>(world: &World<S>, person: &Person) -> Call {
    let call = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
    call.path("user_id", &person.id)
}

/// How many each refusal in the trail stands for besides itself, in their order.
fn refusals(trail: &[Event]) -> Vec<u32> {
    let suppressed = trail.iter().filter_map(|event| match event.outcome {
        Outcome::RequestRefused { suppressed, .. } => Some(suppressed),
        _ => None,
    });
    suppressed.collect()
}

fn too_late(trail: &[Event]) -> usize {
    trail.iter().filter(|event| matches!(event.outcome, Outcome::CompletionRefused { .. })).count()
}
