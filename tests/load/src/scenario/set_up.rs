//! What has to be there before the measuring begins; nothing of it is in the report.

use anyhow::bail;
use http::StatusCode;
use tokio::time::Instant;

use super::worker::{Opened, Worker};
use crate::client::{Answer, Call, Users};
use crate::scenario::{Scenario, Step};

impl Worker {
    /// Connects and prepares what the scenario needs; one of the connections prepares what all need.
    ///
    /// # Errors
    /// What was not answered as expected.
    pub(super) async fn set_up(&mut self, is_first: bool) -> anyhow::Result<()> {
        self.connection.open().await?;
        match self.shared.plan.scenario {
            Scenario::Status | Scenario::Verify => self.open_ahead().await?,
            Scenario::Introspect => self.log_in().await?,
            Scenario::Mixed => {
                self.open_ahead().await?;
                if is_first {
                    self.use_up_the_limit().await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn open_ahead(&mut self) -> anyhow::Result<()> {
        for _ in 0..self.shared.plan.ahead.max(1) {
            let opened = self.open_before().await?;
            self.opened.push_back(opened);
        }
        Ok(())
    }

    async fn open_before(&mut self) -> anyhow::Result<Opened> {
        let plan = &self.shared.plan;
        let user = plan.users.right(&mut self.random);
        let call = plan.calls.initiate(&mut self.random, plan.users.id(user));
        let answer = self.prepare(Step::Initiate, call).await?;
        let verification = answer.text("verification_id").unwrap_or_default().to_owned();
        Ok(Opened { user, verification })
    }

    async fn log_in(&mut self) -> anyhow::Result<()> {
        let opened = self.open_before().await?;
        let plan = &self.shared.plan;
        let digests = plan.users.digests(opened.user);
        let call = plan.calls.verify(&mut self.random, &opened.verification, &digests);
        let answer = self.prepare(Step::Verify, call).await?;
        answer.text("access_token").unwrap_or_default().clone_into(&mut self.token);
        Ok(())
    }

    async fn use_up_the_limit(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        for _ in 0..LARGEST_QUOTA {
            let plan = &self.shared.plan;
            let call = plan.calls.initiate(&mut self.random, plan.users.id(Users::LIMITED));
            match self.connection.send(plan.calls.render(call)).await {
                Ok(answer) if Step::Limited.expects(&answer) => return Ok(()),
                Ok(answer) if answer.status == StatusCode::CREATED => {}
                outcome => bail!("using up a user's limit was answered {outcome:?}"),
            }
        }
        bail!("after {LARGEST_QUOTA} requests in {:?} a user's limit is not used up: lower its quota", began.elapsed())
    }

    async fn prepare(&mut self, step: Step, call: Call) -> anyhow::Result<Answer> {
        match self.connection.send(self.shared.plan.calls.render(call)).await {
            Ok(answer) if step.expects(&answer) => Ok(answer),
            outcome => bail!("set-up: {} was answered {outcome:?}", step.name()),
        }
    }
}

/// Beyond it, the limit is as good as none.
const LARGEST_QUOTA: u32 = 10_000;
