//! From an operation to what its processes do.

use domain::Clock;
use serde_json::json;

use crate::errand::{Asked, Errand, Sent, address};
use crate::operation::Operation;
use crate::simulation::{Revocation, Simulation};

impl Simulation {
    /// The errands of an operation; none if there is nothing yet that it could be about.
    pub(crate) fn errands(&mut self, operation: &Operation) -> Vec<Errand> {
        match operation {
            Operation::AtOnce(operations) => operations.iter().flat_map(|operation| self.errands(operation)).collect(),
            Operation::Enroll { person } => {
                let call = self.world.enrolling(&self.people[*person]).from_address(&address(*person));
                vec![Errand::Ask { kind: Asked::Enroll { person: *person }, call }]
            }
            Operation::Initiate { person } => {
                vec![Errand::Open { person: *person, call: self.opening(*person), then: None }]
            }
            Operation::Hurry { person, presented } => {
                let call = self.opening(*person);
                let open = |presented: &_| Errand::Open { person: *person, call: call.clone(), then: Some(*presented) };
                presented.iter().map(open).collect()
            }
            Operation::RepeatInitiate { verification, at_once } => {
                let Some(position) = self.position(*verification) else { return Vec::new() };
                let known = &self.verifications[position];
                let open = |_| Errand::Open { person: known.person, call: known.opening.clone(), then: None };
                (0..*at_once).map(open).collect()
            }
            Operation::Attempt { verification, presented, at_once } => {
                let Some(position) = self.position(*verification) else { return Vec::new() };
                let known = &self.verifications[position];
                let person = (known.person, &self.people[known.person]);
                let sent = |_| Sent::new(&self.world, person, &known.opened, *presented);
                let attempt = |sent| Errand::Attempt { verification: position, sent, repeats: None };
                (0..*at_once).map(sent).map(attempt).collect()
            }
            Operation::RepeatAttempt { verification, attempt, at_once } => {
                let Some((position, index)) = self.attempt_at(*verification, *attempt) else { return Vec::new() };
                let sent = &self.verifications[position].attempts[index];
                let repeat = |_| Errand::Attempt { verification: position, sent: sent.clone(), repeats: Some(index) };
                (0..*at_once).map(repeat).collect()
            }
            Operation::Unlock { person } => vec![Errand::Unlock { person: *person }],
            Operation::Shred { person } => vec![Errand::Shred { person: *person }],
            Operation::Wait(duration) => vec![Errand::Pass(*duration)],
            Operation::Restart => Vec::new(),
            operation => self.question(operation).into_iter().collect(),
        }
    }

    /// Those that are one call about something that is there.
    fn question(&mut self, operation: &Operation) -> Option<Errand> {
        let (kind, call) = match *operation {
            Operation::ReuseKey { verification, attempt } => {
                let (verification, attempt) = self.attempt_at(verification, attempt)?;
                let (sent, known) =
                    (&self.verifications[verification].attempts[attempt], &self.verifications[verification]);
                let factors = self.people[known.person].wrong(&known.opened.asked);
                let is_claimed = self.look(verification).verification.attempts.contains_key(&sent.key);
                if !is_claimed || sent.call.body()["factors"] == factors {
                    return None;
                }
                (Asked::OtherBody { verification, attempt }, sent.call.clone().json(&json!({ "factors": factors })))
            }
            Operation::Status { verification } => {
                let verification = self.position(verification)?;
                (Asked::Status { verification }, self.world.asking_status(&self.verifications[verification].opened))
            }
            Operation::Introspect { token } => {
                let token = token.checked_rem(self.tokens.len())?;
                (Asked::Introspect { token }, self.world.introspecting(&self.tokens[token].text))
            }
            Operation::Refresh { token } => {
                let token = token.checked_rem(self.tokens.len())?;
                (Asked::Refresh { token }, self.world.refreshing(&self.tokens[token].refresh))
            }
            Operation::Revoke { token } => {
                let token = self.tokens[token.checked_rem(self.tokens.len())?].text.clone();
                let call = self.world.revoking(&token);
                let made_at = self.world.clock.now();
                self.revocations.push(Revocation { call: call.clone(), made_at, token, answer: None });
                (Asked::Revoke { revocation: self.revocations.len() - 1 }, call)
            }
            Operation::RepeatRevoke { revocation } => {
                let revocation = revocation.checked_rem(self.revocations.len())?;
                (Asked::Revoke { revocation }, self.revocations[revocation].call.clone())
            }
            _ => return None,
        };
        Some(Errand::Ask { kind, call })
    }

    fn opening(&self, person: usize) -> countersign_tests::Call {
        self.world.initiating(&self.people[person].id).from_address(&address(person))
    }

    fn position(&self, verification: usize) -> Option<usize> {
        verification.checked_rem(self.verifications.len())
    }

    fn attempt_at(&self, verification: usize, attempt: usize) -> Option<(usize, usize)> {
        let position = self.position(verification)?;
        Some((position, attempt.checked_rem(self.verifications[position].attempts.len())?))
    }
}
