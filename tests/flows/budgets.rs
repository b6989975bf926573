//! B5: what each step costs, within DESIGN's budgets, on both backends.
//!
//! | step | waits on stores | items written | derivations |
//! |---|---|---|---|
//! | initiate | 2 | 2: the user's limit, the verification | 0 |
//! | verify | 3 | 3 if wrong, 4 if right | 1 |
//! | refresh | 3 | 4: the request, the session with its event, the answer | 0 |
//! | a repeated attempt, revocation, refresh or enrollment | 1 | 1, whose condition fails | 0 |
//! | a repeated initiation | 1 | 1, the user's limit, which knows the draw again | 0 |
//! | a malformed request, or one that is known to be limited | 0; 1 for an initiation, which may be a repeated one | 0 | 0 |
//! | describe-enrollment, status, introspect, list-sessions | 1 | 0 | 0 |
//!
//! A request that finds a lease used up draws permits for those after it: one item more for each such limit, of which there
//! are three at most, and one wait more but for an initiation. A new process draws all of them, and fetches its keys.
//!
//! Sending an audit event is no wait on a store, but a store call after it would count as one more.

use countersign_tests::{Call, Embedded, Function, Opened, Person, Ports, World};
use testkit::Trace;

use crate::backends::Valkey;

#[tokio::test]
async fn b5_every_step_is_within_its_budget_in_memory() {
    every_step(World::new().await).await;
}

#[tokio::test]
async fn b5_every_step_is_within_its_budget_on_embedded_dynamodb() {
    every_step(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn b5_every_step_is_within_its_budget_on_valkey() {
    Box::pin(every_step(Valkey::start().await.world().await)).await;
}

async fn every_step<S: Ports>(mut world: World<S>) {
    world.restart_with(LONG_LEASES);
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    Box::pin(warm_up(&world)).await;

    let known = cost(&world, world.initiating(&person.id)).await;
    let unknown = cost(&world, world.initiating(&Person::new(2, &[]).id)).await;
    let opened = world.opened(&person).await;
    let wrong = cost(&world, world.attempting(&opened, &person.wrong(&opened.asked))).await;
    let right = cost(&world, world.attempting(&opened, &person.right(&opened.asked))).await;
    assert_eq!((known, unknown), (Cost::of(2, 2, 0), Cost::of(2, 2, 0)));
    assert_eq!((wrong, right), (Cost::of(3, 3, 1), Cost::of(3, 4, 1)));

    let enrolling = world.enrolling(&Person::new(3, &["pin", "nfc"]));
    let initiating = world.initiating(&person.id);
    let repeated = [enrolling, initiating, attempt(&world, &person, Right::No).await];
    let verified = world.opened(&person).await;
    let verifying = world.attempting(&verified, &person.right(&verified.asked));
    let tokens = world.send(verifying.clone()).await;
    let token = tokens.text("access_token");
    let refreshing = world.refreshing(&tokens.text("refresh_token"));
    assert_eq!(cost(&world, refreshing.clone()).await, Cost::of(3, 4, 0));
    let revoking = [world.revoking(&token), world.revoking_all(&person.id)];
    for call in repeated.into_iter().chain([verifying, refreshing]).chain(revoking) {
        world.send(call.clone()).await;
        let again = cost(&world, call.clone()).await;
        assert_eq!(again, Cost::of(1, 1, 0), "{:?}", call.function());
    }

    let opened = world.opened(&person).await;
    let describing = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
    let reading = [
        describing.path("user_id", &person.id),
        world.asking_status(&opened),
        world.asking_status(&opened).bearer(&opened.capability),
        world.introspecting(&token),
        world.listing_sessions(&person.id),
    ];
    for call in reading {
        world.send(call.clone()).await;
        assert_eq!(cost(&world, call.clone()).await, Cost::of(1, 0, 0), "{:?}", call.function());
    }

    for call in [world.initiating(&person.id), attempt(&world, &person, Right::Yes).await] {
        world.restart();
        world.permitted(call.clone()).await.unwrap();
        let cold = cost(&world, call.clone()).await;
        assert!(cold.waits <= 4 && cold.writes <= 4 + 3, "{:?}: {cold:?}", call.function());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    Yes,
    No,
}

/// An attempt in a verification of its own.
async fn attempt<S: Ports>(world: &World<S>, person: &Person, right: Right) -> Call {
    let opened = world.opened(person).await;
    let factors = if right == Right::Yes { person.right(&opened.asked) } else { person.wrong(&opened.asked) };
    world.attempting(&opened, &factors)
}

#[tokio::test]
async fn b5_the_costs_do_not_depend_on_how_much_is_stored_in_memory() {
    grow(World::new().await).await;
}

#[tokio::test]
async fn b5_the_costs_do_not_depend_on_how_much_is_stored_on_embedded_dynamodb() {
    grow(World::on(Embedded::start().await.store).await).await;
}

#[tokio::test]
async fn b5_the_costs_do_not_depend_on_how_much_is_stored_on_valkey() {
    Box::pin(grow(Valkey::start().await.world().await)).await;
}

/// A whole verification before and after those of 200 more users.
async fn grow<S: Ports>(mut world: World<S>) {
    let few = whole_verification(&mut world, 1).await;
    for number in 100..300 {
        let person = world.enrolled(number, &["pin", "nfc"]).await;
        let opened = world.opened(&person).await;
        world.attempt(&opened, &person.right(&opened.asked)).await;
    }

    let many = whole_verification(&mut world, 2).await;

    assert_eq!(few, many);
}

/// The calls of an enrollment, an initiation, a wrong and a right attempt, in processes that are new, then in such as are not.
async fn whole_verification<S: Ports>(world: &mut World<S>, number: u32) -> Vec<Trace> {
    let mut traces = Vec::new();
    world.restart();
    for number in [1000 + number, 2000 + number] {
        let person = Person::new(number, &["pin", "words", "nfc", "face"]);
        let enrolling = world.enrolling(&person);
        world.permitted(enrolling.clone()).await.unwrap();
        let _before = world.store.recorder().take();
        world.send(enrolling).await;
        traces.push(world.store.recorder().take());
        let opened = world.opened(&person).await;
        traces.push(world.store.recorder().take());
        for factors in [person.wrong(&opened.asked), person.right(&opened.asked)] {
            world.attempt(&opened, &factors).await;
            traces.push(world.store.recorder().take());
        }
        warm_up(world).await;
    }
    traces
}

/// What the cache itself counts. It counts the commands in scripts, too: one GET in each, and one SET in each that changes something.
#[tokio::test]
async fn b5_the_cache_is_asked_once_for_each_call_of_its_ports() {
    let valkey = Valkey::start().await;
    let mut world = valkey.world().await;
    world.restart_with(LONG_LEASES);
    let person = world.enrolled(1, &["pin", "nfc"]).await;
    Box::pin(warm_up(&world)).await;
    let opened = world.opened(&person).await;
    let wrong = world.attempting(&opened, &person.wrong(&opened.asked));
    let right = world.attempting(&opened, &person.right(&opened.asked));

    let mut asked = Vec::new();
    // A server that has not seen a script before is sent its text: each is seen here once.
    let earlier = world.opened(&person).await;
    let success = world.attempting(&earlier, &person.right(&earlier.asked));
    let steps = [
        (4, success),
        (3, world.initiating(&person.id)),
        (3, wrong.clone()),
        (1, wrong),
        (4, right.clone()),
        (1, right),
    ];
    for (gets, call) in steps {
        let before = valkey.calls();
        let moved = || {
            let after = valkey.calls();
            ["evalsha", "get", "set"].map(|name| after.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0))
        };
        world.send(call).await;
        // After a success, the cache is told that the session is open, while the caller goes on.
        while moved()[1] < gets {
            tokio::task::yield_now().await;
        }
        asked.push(moved());
    }

    let [_, initiated, attempted @ ..] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(
        *initiated,
        [1, 2 + 1, 1 + 1],
        "the user's permit; copy of the enrollment, the key's verification; a new one"
    );
    assert_eq!(
        attempted,
        [[2, 2 + 1, 2], [1, 1, 0], [3, 3 + 1, 2], [1, 1, 0]],
        "claimed, copy of the enrollment, and decided; or found"
    );
}

/// Lets processes work, so that they have keys, connections, and permits for all that follows.
async fn warm_up<S: Ports>(world: &World<S>) {
    let person = Person::new(900, &[]);
    let opened = world.opened(&person).await;
    let unknown = Opened::from(&world.send(world.initiating(&person.id).bearer(&world.other.api_key)).await);
    let describing = Call::new(Function::DescribeEnrollment, "enrolled").bearer(&world.tenant.api_key);
    let calls = [
        world.attempting(&unknown, &person.wrong(&unknown.asked)),
        world.asking_status(&opened),
        world.asking_status(&opened).bearer(&opened.capability),
        world.introspecting("unknown"),
        world.revoking("unknown"),
        world.refreshing("unknown"),
        world.listing_sessions(&person.id),
        describing,
    ];
    for call in calls {
        world.send(call).await;
    }
}

/// The default limits with leases that last for a hundred requests from the first on, so that what a request costs does not depend on
/// how many there were before.
pub(crate) const LONG_LEASES: &str = r#"{
    "global": {"lease": 1000}, "tenant_enroll": {"lease": 1000}, "tenant_describe_enrollment": {"lease": 1000},
    "tenant_initiate": {"lease": 1000}, "tenant_verify": {"lease": 1000}, "tenant_status": {"lease": 1000},
    "tenant_introspect": {"lease": 1000}, "tenant_revoke": {"lease": 1000},
    "tenant_refresh": {"lease": 1000}, "tenant_list_sessions": {"lease": 1000}, "source": {"lease": 1000},
    "device": {"lease": 1000}
}"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    waits: usize,
    writes: usize,
    derivations: u64,
}

impl Cost {
    const fn of(waits: usize, writes: usize, derivations: u64) -> Self {
        Self { waits, writes, derivations }
    }
}

/// What a call costs whose sender the gateway knows.
async fn cost<S: Ports>(world: &World<S>, call: Call) -> Cost {
    let runs = world.kdf.runs();
    let _before = world.store.recorder().take();
    world.send(call).await;
    let trace = world.store.recorder().take();
    let on_stores = trace.calls().iter().filter(|call| call.port != "SendEvents");
    Cost {
        waits: on_stores.map(|call| call.depth).max().unwrap_or(0),
        writes: trace.writes(),
        derivations: world.kdf.runs() - runs,
    }
}
