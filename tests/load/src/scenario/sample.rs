//! Verifications that are remembered, to be looked for at the end.

use serde::Serialize;

use crate::client::{Answer, Connection};
use crate::random::Random;
use crate::scenario::{Shared, Step};

/// Some of the verifications that were opened, spread evenly.
#[derive(Debug)]
pub(crate) struct Sample {
    every: u64,
    kept: Vec<(u64, String)>,
}

/// What became of a sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SampleOutcome {
    /// How many were looked for.
    pub(crate) taken: u64,
    /// Of these, how many stand as they were left: open.
    pub(crate) open: u64,
    /// Every tenth is presented its factors: how many of these were verified.
    pub(crate) verified: u64,
    /// How many were neither.
    pub(crate) lost: u64,
}

impl Sample {
    /// So many out of so many iterations; none if their number is not known.
    pub(crate) fn of(size: u64, iterations: Option<u64>) -> Self {
        let every = match iterations {
            Some(iterations) if size > 0 => (iterations / size).max(1),
            _ => 0,
        };
        Self { every, kept: Vec::new() }
    }

    /// Remembers what an iteration opened, if it is one of those.
    pub(crate) fn offer(&mut self, iteration: u64, user: u64, answer: &Answer) {
        if self.every > 0 && iteration.is_multiple_of(self.every) {
            let verification = answer.text("verification_id").unwrap_or_default().to_owned();
            self.kept.push((user, verification));
        }
    }
}

/// Looks for the sample.
pub(crate) async fn look_for(shared: &Shared) -> SampleOutcome {
    let plan = &shared.plan;
    let (mut random, mut connection) = (Random::fresh(), Connection::new(plan.address.clone(), plan.timeout));
    let kept = std::mem::take(&mut shared.sample().kept);
    let mut outcome = SampleOutcome::default();
    for (position, (user, verification)) in kept.iter().enumerate() {
        outcome.taken += 1;
        let standing = connection.send(plan.calls.render(plan.calls.status(verification))).await;
        if !standing.is_ok_and(|standing| standing.text("status") == Some("open")) {
            outcome.lost += 1;
            continue;
        }
        if !position.is_multiple_of(10) {
            outcome.open += 1;
            continue;
        }
        let attempt = plan.calls.verify(&mut random, verification, &plan.users.digests(*user));
        match connection.send(plan.calls.render(attempt)).await {
            Ok(answer) if Step::Verify.expects(&answer) => outcome.verified += 1,
            _ => outcome.lost += 1,
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;

    use super::*;

    #[test]
    fn a_sample_is_spread_over_all_iterations() {
        let body = Bytes::from_static(br#"{"verification_id":"6c1f"}"#);
        let answer = Answer { status: StatusCode::CREATED, body };
        let mut sample = Sample::of(10, Some(1_000));

        (0..1_000).for_each(|iteration| sample.offer(iteration, iteration, &answer));

        let users: Vec<u64> = sample.kept.iter().map(|(user, _)| *user).collect();
        assert_eq!(users, (0..10).map(|number| number * 100).collect::<Vec<_>>());
        assert!(sample.kept.iter().all(|(_, verification)| verification == "6c1f"));
    }

    #[test]
    fn nothing_is_kept_unless_asked_for() {
        let answer = Answer { status: StatusCode::CREATED, body: Bytes::new() };
        for mut sample in [Sample::of(0, Some(10)), Sample::of(10, None)] {
            sample.offer(0, 0, &answer);
            assert!(sample.kept.is_empty());
        }
    }
}
