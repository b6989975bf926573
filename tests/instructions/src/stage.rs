//! What comes before the requests that are counted: a user is enrolled, verifications are opened.

use domain::Clock;
use serde_json::{Value, json};
use testkit::FixedClock;

use crate::event::{Event, answer};
use crate::functions::Functions;
use crate::lambda::Lambda;

/// The functions, and the idempotency keys that were used.
pub(crate) struct Stage {
    pub(crate) functions: Functions,
    keys: u64,
}

impl Stage {
    /// Functions with the user of the event files.
    pub(crate) async fn new() -> Self {
        let mut stage = Self { functions: Functions::start().await, keys: 0 };
        let enrolling = stage.fresh(Event::new(ENROLL));
        told(&stage.functions.enroll, &enrolling, 201).await;
        stage
    }

    /// Opens a verification for the user.
    pub(crate) fn initiating(&mut self) -> Event {
        self.fresh(Event::new(INITIATE))
    }

    /// The user's limit on initiations is used up.
    pub(crate) async fn use_up_limit(&mut self) {
        for _ in 0..USERS_LIMIT {
            let initiating = self.initiating();
            told(&self.functions.initiate, &initiating, 201).await;
        }
    }

    /// Asks how an open verification stands.
    pub(crate) async fn asking_status(&mut self) -> Event {
        let initiating = self.initiating();
        let opened = told(&self.functions.initiate, &initiating, 201).await;
        Event::new(STATUS).about(id(&opened))
    }

    /// Presents the user's factors to a verification of its own.
    pub(crate) async fn right_attempt(&mut self) -> Event {
        let initiating = self.initiating();
        let opened = told(&self.functions.initiate, &initiating, 201).await;
        let enrolled = Event::new(ENROLL).json()["factors"].take();
        let is_asked = |factor: &Value| asked(&opened).contains(&factor["type"]);
        let factors: Vec<Value> = enrolled.as_array().unwrap().iter().filter(|it| is_asked(it)).cloned().collect();
        self.fresh(Event::new(VERIFY).about(id(&opened)).body(&json!({ "factors": factors })))
    }

    /// Presents factors that are wrong, of a user of its own: nobody enrols that many, and nobody can tell.
    pub(crate) async fn wrong_attempt(&mut self, user: usize) -> Event {
        let body = json!({ "user_id": format!("7c9e6679-7425-40de-944b-{user:012x}") });
        let initiating = self.initiating().body(&body);
        let opened = told(&self.functions.initiate, &initiating, 201).await;
        let wrong = |kind: &Value| json!({ "type": kind, "digest": "5a".repeat(32) });
        let factors: Vec<Value> = asked(&opened).iter().map(wrong).collect();
        self.fresh(Event::new(VERIFY).about(id(&opened)).body(&json!({ "factors": factors })))
    }

    /// Asks about a token that counts.
    pub(crate) async fn introspecting(&mut self) -> Event {
        let right = self.right_attempt().await;
        let tokens = told(&self.functions.verify, &right, 200).await;
        Event::new(INTROSPECT).body(&json!({ "token": tokens["access_token"] }))
    }

    fn fresh(&mut self, event: Event) -> Event {
        self.keys += 1;
        event.key(FixedClock::default().now(), self.keys)
    }
}

/// The body of the answer, which has this status.
async fn told(lambda: &Lambda, event: &Event, status: u64) -> Value {
    let text = lambda.answer(&event.text()).await;
    let (answered, body) = answer(&text);
    assert_eq!(answered, status, "{text}");
    body
}

fn id(opened: &Value) -> &str {
    opened["verification_id"].as_str().unwrap()
}

fn asked(opened: &Value) -> &Vec<Value> {
    opened["factors"].as_array().unwrap()
}

const ENROLL: &str = include_str!("../../../events/enroll/two-factors.json");
const INITIATE: &str = include_str!("../../../events/initiate/payment.json");
const VERIFY: &str = include_str!("../../../events/verify/wrong.json");
const STATUS: &str = include_str!("../../../events/status/by-api-key.json");
const INTROSPECT: &str = include_str!("../../../events/introspect/access-token.json");

/// The quota of the limit `user` in docs/LIMITS.md.
const USERS_LIMIT: usize = 100;
