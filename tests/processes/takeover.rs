//! A3: what a process that is killed leaves behind is taken over by the same request.

use std::thread;
use std::time::Duration;

use countersign_tests::Person;
use domain::{Clock, IN_FLIGHT_FOR, SystemClock};
use jiff::Timestamp;
use serde_json::json;

use crate::client::{Answer, Ask};
use crate::host::{Fleet, Host};
use crate::lockout::admin_unlock;
use crate::patience::eventually;
use crate::state::{Backend, State};
use crate::verification::{Opened, Right, crowd, enrolled, enrolling, open};

#[test]
fn a3_after_kill_9_the_same_key_works_again_and_counts_once() {
    after_kill_9_the_same_key_works_again_and_counts_once(&State::on(Backend::DynamoDb));
}

#[test]
fn a3_after_kill_9_the_same_key_works_again_and_counts_once_on_redis() {
    after_kill_9_the_same_key_works_again_and_counts_once(&State::on(Backend::Redis));
}

/// Really waits for the 20 seconds after which a request is no longer in flight.
fn after_kill_9_the_same_key_works_again_and_counts_once(state: &State) {
    let fleet = Fleet::start(state, 2);
    let (dying, living) = (fleet.host(0), fleet.host(1));
    let flight = Flight::begin(living);
    let asked_at = SystemClock.now();
    flight.is_cut_off(state, dying, living);

    let soon = flight.asks().map(|ask| living.ask(ask));
    let other = flight.asks().map(|ask| living.ask(&ask.saying(&flight.other_body(ask))));
    let late = eventually("all of them work again", || {
        let answers = flight.asks().map(|ask| living.ask(ask));
        answers.iter().all(|answer| answer.status != 409).then_some(answers)
    });
    let repeated = flight.asks().map(|ask| living.ask(ask));

    for answer in &soon {
        assert_eq!((answer.status, answer.problem()), (409, "request-in-progress"), "{answer:?}");
        assert!(answer.retry_after.is_some(), "{answer:?}");
    }
    assert_eq!(other.map(|answer| answer.status), [422; 3]);
    assert_eq!(late.each_ref().map(|answer| answer.status), [401, 200, 201]);
    assert!(waited(&late, asked_at) >= IN_FLIGHT_FOR, "{:?} after it was asked", waited(&late, asked_at));
    assert_eq!(late[0].body["attempts_remaining"], json!(2));
    assert_eq!(repeated.map(|answer| answer.comparable()), late.map(|answer| answer.comparable()));
    assert_eq!(flight.wrong.1.remaining(living), 2);
    let outcomes = ["attempt_wrong", "verification_succeeded"];
    assert_eq!(outcomes.map(|outcome| state.engine.events(outcome)), [1, 1]);
    let failures = [&flight.wrong, &flight.right].map(|(person, _)| admin_unlock(state, &person.id));
    assert_eq!(failures.map(|unlocked| unlocked["failures_forgotten"].clone()), [json!(1), json!(0)]);
}

/// A wrong attempt, a right one and an enrollment.
struct Flight {
    wrong: (Person, Opened),
    right: (Person, Opened),
    newcomer: Person,
    asks: [Ask; 3],
}

impl Flight {
    fn begin(living: &Host) -> Self {
        let [wrong, right] = [1, 2].map(|number| {
            let person = enrolled(living, number);
            let opened = open(living, &person);
            (person, opened)
        });
        let newcomer = Person::new(3, &["pin", "nfc"]);
        let asks = [wrong.1.attempt(&wrong.0, Right::No), right.1.attempt(&right.0, Right::Yes), enrolling(&newcomer)];
        Self { wrong, right, newcomer, asks }
    }

    fn asks(&self) -> [&Ask; 3] {
        self.asks.each_ref()
    }

    fn other_body(&self, ask: &Ask) -> serde_json::Value {
        let [wrong, right, _] = self.asks();
        if ask.key() == wrong.key() {
            self.wrong.1.factors(&self.wrong.0, Right::Yes)
        } else if ask.key() == right.key() {
            self.right.1.factors(&self.right.0, Right::No)
        } else {
            json!({ "user_id": self.newcomer.id, "factors": self.right.0.enrolled() })
        }
    }

    /// All three are begun in a process that has no place to derive for them, and then is no more.
    fn is_cut_off(&self, state: &State, dying: &Host, living: &Host) {
        thread::scope(|scope| {
            for other in crowd() {
                scope.spawn(move || dying.try_ask(&enrolling(&other)));
            }
            (0..50).for_each(|_| assert_eq!(dying.get(&self.wrong.1.path()).status, 200));
            let asked = self.asks().map(|ask| scope.spawn(move || dying.try_ask(ask)));
            eventually("all three are begun", || {
                let claimed = [&self.wrong, &self.right].map(|(_, opened)| opened.remaining(living));
                (claimed == [2, 2] && state.has_begun(self.asks[2].key())).then_some(())
            });
            dying.kill();
            for asked in asked {
                let answer = asked.join().unwrap();
                assert!(answer.is_err(), "it was answered before its process was killed: {answer:?}");
            }
        });
    }
}

fn waited(answers: &[Answer; 3], since: Timestamp) -> Duration {
    answers.iter().map(|answer| answer.answered.duration_since(since).unsigned_abs()).max().unwrap_or_default()
}
