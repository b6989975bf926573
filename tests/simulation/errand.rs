//! What one process does in a step, and what is known of it whenever it dies.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign_tests::{Answer, Call, Opened, Person, World};
use domain::{IdempotencyKey, VerificationId};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;

use crate::interleaving::give_way;
use crate::operation::Presented;
use crate::planted::Planted;

/// One process's work.
pub(crate) enum Errand {
    /// Opens a verification of a person, and then makes an attempt on it if it is told to.
    Open { person: usize, call: Call, then: Option<Presented> },
    /// Makes an attempt on the verification at this position; perhaps one that was made before.
    Attempt { verification: usize, sent: Sent, repeats: Option<usize> },
    /// Sends a call that changes nothing but what its kind says.
    Ask { kind: Asked, call: Call },
    /// Has the operator unlock a person's account.
    Unlock { person: usize },
    /// Destroys a person's key.
    Shred { person: usize },
    /// Lets time pass while others are at work.
    Pass(Duration),
}

/// What an errand's only call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Enroll {
        person: usize,
    },
    /// Another attempt under the key of this one.
    OtherBody {
        verification: usize,
        attempt: usize,
    },
    Status {
        verification: usize,
    },
    Introspect {
        token: usize,
    },
    Refresh {
        token: usize,
    },
    Revoke {
        revocation: usize,
    },
}

/// An attempt that was made, perhaps several times.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) call: Call,
    pub(crate) person: usize,
    pub(crate) verification: VerificationId,
    pub(crate) key: IdempotencyKey,
    pub(crate) presented: Presented,
    /// The answer that decided it, once somebody was told.
    pub(crate) decided: Option<Answer>,
}

/// What a process leaves behind, however it ends.
#[derive(Default)]
pub(crate) struct Desk(Mutex<Papers>);

#[derive(Default)]
pub(crate) struct Papers {
    /// The answer to an opening.
    pub(crate) opened: Option<Answer>,
    /// The attempt that it makes.
    pub(crate) attempt: Option<Sent>,
    /// How often something was compared for it.
    pub(crate) comparisons: u64,
    /// The answer to its last call.
    pub(crate) answer: Option<Answer>,
    /// Whether the operator was told that it is done.
    pub(crate) done: Option<bool>,
    /// What was taken from the store.
    pub(crate) shredded: Option<domain::Enrollment>,
}

impl Sent {
    /// An attempt on a verification that was just opened.
    pub(crate) fn new(
        world: &World<Planted>,
        (number, person): (usize, &Person),
        opened: &Opened,
        presented: Presented,
    ) -> Self {
        let factors = match presented {
            Presented::Right => person.right(&opened.asked),
            Presented::Wrong => person.wrong_at(&opened.asked, 1),
            Presented::Mismatched => json!([{ "type": "emoji", "digest": person.digest("emoji") }]),
        };
        let key = world.key();
        Self {
            call: world.attempting(opened, &factors).key(&key).from_address(&address(number)),
            person: number,
            verification: opened.id.parse().unwrap(),
            key: key.parse().unwrap(),
            presented,
            decided: None,
        }
    }

    /// Whether its key is too old or too new by now.
    pub(crate) fn is_stale(&self, now: Timestamp) -> bool {
        now.duration_since(self.key.made_at()).unsigned_abs() > domain::IDEMPOTENCY_WINDOW
    }
}

impl Desk {
    pub(crate) fn papers(&self) -> MutexGuard<'_, Papers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_papers(self) -> Papers {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Errand {
    /// The position of the verification that it works on.
    pub(crate) const fn verification(&self) -> Option<usize> {
        match self {
            Self::Attempt { verification, .. }
            | Self::Ask { kind: Asked::OtherBody { verification, .. } | Asked::Status { verification }, .. } => {
                Some(*verification)
            }
            _ => None,
        }
    }

    /// Does it.
    pub(crate) async fn run(&self, world: &World<Planted>, people: &[Person], desk: &Desk) {
        match self {
            Self::Open { person, call, then } => {
                let answer = world.send(call.clone()).await;
                desk.papers().opened = Some(answer.clone());
                if let (Some(presented), 201) = (then, answer.status) {
                    let sent = Sent::new(world, (*person, &people[*person]), &Opened::from(&answer), *presented);
                    attempt(world, sent, desk).await;
                }
            }
            Self::Attempt { sent, .. } => attempt(world, sent.clone(), desk).await,
            Self::Ask { call, .. } => {
                let answer = world.send(call.clone()).await;
                desk.papers().answer = Some(answer);
            }
            Self::Unlock { person } => {
                let (tenant, user) = (world.tenant.id.to_string(), &people[*person].id);
                let command = json!({ "command": "unlock_account", "tenant_id": tenant, "user_id": user });
                let told = timeout(Duration::from_secs(15), world.tell(&command.to_string())).await;
                desk.papers().done = Some(matches!(told, Ok(Ok(_))));
            }
            Self::Shred { person } => {
                give_way(TURNS).await;
                desk.papers().shredded = world.tables.shred(world.tenant.id, people[*person].id.parse().unwrap());
            }
            Self::Pass(duration) => {
                give_way(TURNS).await;
                world.clock.advance(*duration);
            }
        }
    }
}

async fn attempt(world: &World<Planted>, sent: Sent, desk: &Desk) {
    let call = sent.call.clone();
    desk.papers().attempt = Some(sent);
    let answer = world.send(call).await;
    desk.papers().answer = Some(answer);
}

/// Where a person's requests come from.
pub(crate) fn address(person: usize) -> String {
    format!("198.51.100.{}", 10 + person)
}

/// So that others are in the middle of something when it happens.
const TURNS: u32 = 6;
