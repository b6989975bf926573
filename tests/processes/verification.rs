//! People and their verifications.

use std::thread;

use countersign_tests::Person;
use serde_json::{Value, json};

use crate::client::{Answer, Ask};
use crate::host::Host;

/// An open verification.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) id: String,
    pub(crate) capability: String,
    pub(crate) asked: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Yes,
    No,
}

/// Where a verification is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Home {
    Table,
    Cache,
}

impl Opened {
    pub(crate) fn path(&self) -> String {
        format!("/v1/verifications/{}", self.id)
    }

    /// The last bit of its id tells.
    pub(crate) fn home(&self) -> Home {
        let last = u8::from_str_radix(&self.id[self.id.len() - 1..], 16).unwrap();
        if last & 1 == 1 { Home::Cache } else { Home::Table }
    }

    /// An attempt.
    pub(crate) fn attempt(&self, person: &Person, right: Right) -> Ask {
        Ask::post(&format!("{}/attempts", self.path()), &self.factors(person, right))
    }

    pub(crate) fn factors(&self, person: &Person, right: Right) -> Value {
        json!({ "factors": match right {
            Right::Yes => person.right(&self.asked),
            Right::No => person.wrong(&self.asked),
        } })
    }

    pub(crate) fn remaining(&self, host: &Host) -> u64 {
        let status = host.get(&self.path());
        status.body["attempts_remaining"].as_u64().unwrap_or_else(|| panic!("no status: {status:?}"))
    }
}

impl From<&Answer> for Opened {
    fn from(answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{answer:?}");
        let asked = answer.body["factors"].as_array().unwrap().iter();
        Self {
            id: answer.text("verification_id"),
            capability: answer.text("capability"),
            asked: asked.map(|name| name.as_str().unwrap().into()).collect(),
        }
    }
}

pub(crate) fn enrolling(person: &Person) -> Ask {
    Ask::post("/v1/enrollments", &json!({ "user_id": person.id, "factors": person.enrolled() }))
}

pub(crate) fn initiating(person: &Person) -> Ask {
    Ask::post("/v1/verifications", &json!({ "user_id": person.id }))
}

pub(crate) fn introspecting(token: &str) -> Ask {
    Ask::post("/v1/sessions/introspect", &json!({ "token": token }))
}

pub(crate) fn revoking(token: &str) -> Ask {
    Ask::post("/v1/sessions/revoke", &json!({ "token": token }))
}

/// The `number`th person, enrolled.
pub(crate) fn enrolled(host: &Host, number: u32) -> Person {
    let person = Person::new(number, &["pin", "nfc"]);
    let answer = host.ask(&enrolling(&person));
    assert_eq!(answer.status, 201, "{answer:?}");
    person
}

/// An open verification of somebody.
pub(crate) fn open(host: &Host, person: &Person) -> Opened {
    Opened::from(&host.ask(&initiating(person)))
}

/// People whose enrolling keeps a process's places for derivations, one for each processor, busy for a while.
pub(crate) fn crowd() -> impl Iterator<Item = Person> {
    let places: u32 = thread::available_parallelism().unwrap().get().try_into().unwrap();
    (1_000..1_000 + 2 * places).map(|number| Person::new(number, &ALL_BUT_ONE))
}

/// As many factors as can be enrolled: 16 derivations.
const ALL_BUT_ONE: [&str; 10] =
    ["pin", "pattern", "colour", "emoji", "words", "image_tap", "nfc", "device_secret", "fingerprint", "face"];
