//! The scenario as the runner calls it.

use std::sync::Arc;

use async_trait::async_trait;
use rlt::{BenchSuite, IterInfo, IterReport, Status};
use tokio::time::Instant;

use super::worker::{Done, Worker};
use crate::scenario::Shared;

/// What every worker of the runner does.
#[derive(Debug, Clone)]
pub(crate) struct Suite(pub(crate) Arc<Shared>);

#[async_trait]
impl BenchSuite for Suite {
    type WorkerState = Worker;

    async fn state(&self, _: u32) -> anyhow::Result<Worker> {
        Ok(Worker::new(Arc::clone(&self.0)))
    }

    async fn setup(&mut self, worker: &mut Worker, number: u32) -> anyhow::Result<()> {
        worker.set_up(number == 0).await
    }

    async fn bench(&mut self, worker: &mut Worker, info: &IterInfo) -> anyhow::Result<IterReport> {
        let began = self.0.begin().at;
        let since = match self.0.plan.schedule.intended(info.runner_seq) {
            Some(after) => {
                self.0.pacer.until(began + after).await;
                began + after
            }
            None => Instant::now(),
        };
        self.0.recorder().start(since.elapsed());
        worker.iterate(info.runner_seq, since).await;
        let done = std::mem::take(&mut worker.done);
        let duration = since.elapsed();
        self.0.recorder().end(began.elapsed(), duration, done.unexpected);
        Ok(IterReport { duration, status: status(&done), bytes: done.bytes, items: done.requests })
    }
}

fn status(done: &Done) -> Status {
    match (done.unexpected, done.status) {
        (0, code) => Status::success(code.unwrap_or_default().into()),
        (_, Some(code)) if code >= 500 => Status::server_error(code.into()),
        (_, Some(code)) => Status::client_error(code.into()),
        (_, None) => Status::error(0),
    }
}
