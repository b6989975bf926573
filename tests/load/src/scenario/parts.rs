//! What an iteration of each scenario does.

use http::StatusCode;
use tokio::time::Instant;

use super::worker::Worker;
use crate::client::Users;
use crate::random::Random;
use crate::scenario::{Scenario, Step};

impl Worker {
    /// One iteration. What it asks first has a latency from `since` on, what follows from when it is sent.
    pub(super) async fn iterate(&mut self, iteration: u64, since: Instant) {
        match self.shared.plan.scenario {
            Scenario::Enroll => self.enroll(iteration, since).await,
            Scenario::Initiate | Scenario::Burst => self.initiate(iteration, since).await,
            Scenario::Login => self.login(since).await,
            Scenario::Verify => self.verify(since).await,
            Scenario::Status => self.status(since).await,
            Scenario::Introspect => self.introspect(since).await,
            Scenario::ReplayStorm => self.replay_storm(since).await,
            Scenario::Mixed => match Part::draw(&mut self.random) {
                Part::Initiate => self.initiate(iteration, since).await,
                Part::Status => self.status(since).await,
                Part::Login => self.login(since).await,
                Part::Wrong => self.wrong(since).await,
                Part::Replay => self.replay(since).await,
                Part::Malformed => self.malformed(since).await,
                Part::Limited => self.limited(since).await,
            },
        }
    }

    async fn enroll(&mut self, number: u64, since: Instant) {
        let (plan, random) = (&self.shared.plan, &mut self.random);
        let call = plan.calls.enroll(random, plan.users.id(number), &plan.users.digests(number));
        self.ask(Step::Enroll, call, since).await;
    }

    async fn initiate(&mut self, iteration: u64, since: Instant) {
        let user = self.right_user();
        let call = self.shared.plan.calls.initiate(&mut self.random, self.shared.plan.users.id(user));
        if let Some(answer) = self.ask(Step::Initiate, call, since).await {
            self.shared.sample().offer(iteration, user, &answer);
        }
    }

    async fn login(&mut self, since: Instant) {
        let user = self.right_user();
        if let Some(opened) = self.open(user, since).await {
            self.present(&opened, Instant::now()).await;
        }
    }

    /// Once those that were opened before are used up, this is as a login.
    async fn verify(&mut self, since: Instant) {
        match self.opened.pop_front() {
            Some(opened) => {
                self.present(&opened, since).await;
            }
            None => self.login(since).await,
        }
    }

    async fn status(&mut self, since: Instant) {
        self.opened.rotate_left(self.opened.len().min(1));
        if let Some(opened) = self.opened.front() {
            let call = self.shared.plan.calls.status(&opened.verification);
            self.ask(Step::Status, call, since).await;
        }
    }

    async fn introspect(&mut self, since: Instant) {
        let call = self.shared.plan.calls.introspect(&self.token);
        self.ask(Step::Introspect, call, since).await;
    }

    /// Whichever answer comes first, all that come with a status of success have to be that one, byte for byte.
    async fn replay_storm(&mut self, since: Instant) {
        let (shared, call) = (self.shared.clone(), self.shared.storm.clone());
        self.ask_if(Step::Replay, call, since, |answer| {
            let is_same = || shared.storm_answer.get_or_init(|| answer.body.clone()) == &answer.body;
            Step::Replay.expects(answer) && (!answer.status.is_success() || is_same())
        })
        .await;
    }

    async fn wrong(&mut self, since: Instant) {
        let user = self.shared.plan.users.wrong(&mut self.random);
        if let Some(opened) = self.open(user, since).await {
            let plan = &self.shared.plan;
            let digests = plan.users.wrong_digests(user);
            let call = plan.calls.verify(&mut self.random, &opened.verification, &digests);
            self.ask(Step::Wrong, call, Instant::now()).await;
        }
    }

    async fn replay(&mut self, since: Instant) {
        let user = self.right_user();
        let call = self.shared.plan.calls.initiate(&mut self.random, self.shared.plan.users.id(user));
        if let Some(first) = self.ask(Step::Initiate, call.clone(), since).await {
            self.ask_if(Step::Replay, call, Instant::now(), |answer| *answer == first).await;
        }
    }

    async fn malformed(&mut self, since: Instant) {
        let call = self.shared.plan.calls.malformed(&mut self.random);
        self.ask(Step::Malformed, call, since).await;
    }

    async fn limited(&mut self, since: Instant) {
        let (shared, user) = (self.shared.clone(), Users::LIMITED);
        let call = shared.plan.calls.initiate(&mut self.random, shared.plan.users.id(user));
        self.ask_if(Step::Limited, call, since, |answer| {
            Step::Limited.expects(answer) || (answer.status == StatusCode::CREATED && shared.refills(Instant::now()))
        })
        .await;
    }

    fn right_user(&mut self) -> u64 {
        self.shared.plan.users.right(&mut self.random)
    }
}

/// What a mixed load consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Initiate,
    Status,
    Login,
    Wrong,
    Replay,
    Malformed,
    Limited,
}

impl Part {
    fn draw(random: &mut Random) -> Self {
        let mut left = random.below(SHARES.iter().map(|(_, share)| share).sum());
        for (part, share) in SHARES {
            if left < share {
                return part;
            }
            left -= share;
        }
        Self::Initiate
    }
}

/// Of a hundred.
const SHARES: [(Part, u64); 7] = [
    (Part::Initiate, 45),
    (Part::Status, 34),
    (Part::Login, 4),
    (Part::Wrong, 2),
    (Part::Replay, 5),
    (Part::Malformed, 5),
    (Part::Limited, 5),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_mixed_load_has_its_share() {
        let mut random = Random::seeded(11);

        let drawn: Vec<Part> = (0..100_000).map(|_| Part::draw(&mut random)).collect();

        for (part, share) in SHARES {
            let count = u64::try_from(drawn.iter().filter(|drawn| **drawn == part).count()).unwrap();
            assert!(count.abs_diff(share * 1_000) < 300, "{part:?}: {count} of 100,000, not {share} %");
        }
    }
}
