//! An endpoint whose requests are measured: one metrics line each.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Clock;
use lambda_http::http::Response;
use lambda_http::{Body, Request};
use telemetry::{Measurement, Metrics, Outcome};

use crate::Endpoint;

/// Serves like the endpoint inside and records a measurement of every request.
#[derive(Debug)]
pub(crate) struct Measured<E, W> {
    endpoint: E,
    metrics: Arc<Metrics<W>>,
    clock: Arc<dyn Clock>,
    kdf_runs_recorded: Arc<AtomicU64>,
}

impl<E: Endpoint, W: Write + Send> Measured<E, W> {
    pub(crate) fn new(endpoint: E, metrics: Metrics<W>, clock: Arc<dyn Clock>) -> Self {
        Self { endpoint, metrics: Arc::new(metrics), clock, kdf_runs_recorded: Arc::default() }
    }

    pub(crate) async fn serve(&self, request: Request) -> Response<Body> {
        let began_at = self.clock.now();
        let response = self.endpoint.serve(request).await;
        let at = self.clock.now();
        self.metrics.record(&Measurement {
            at,
            duration: at.duration_since(began_at).unsigned_abs(),
            outcome: Outcome::of_status(response.status().as_u16()),
            kdf_runs: self.take_kdf_runs(),
        });
        response
    }

    /// The derivations that no earlier measurement has counted. With several requests at once they may be counted with a
    /// neighbour's; the sum is exact.
    fn take_kdf_runs(&self) -> u32 {
        let runs = self.endpoint.kdf_runs();
        let recorded = self.kdf_runs_recorded.fetch_max(runs, Ordering::SeqCst);
        u32::try_from(runs.saturating_sub(recorded)).unwrap_or(u32::MAX)
    }
}

impl<E: Clone, W> Clone for Measured<E, W> {
    fn clone(&self) -> Self {
        Self {
            endpoint: self.endpoint.clone(),
            metrics: Arc::clone(&self.metrics),
            clock: Arc::clone(&self.clock),
            kdf_runs_recorded: Arc::clone(&self.kdf_runs_recorded),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;
    use std::time::Duration;

    use testkit::FixedClock;

    use super::*;
    use crate::{Answer, Inbound, Problem, ProblemType};

    /// Takes 7 ms and one derivation, and refuses.
    #[derive(Clone)]
    struct Refusing(Arc<FixedClock>, Arc<AtomicU64>);

    impl Endpoint for Refusing {
        async fn answer(&self, _inbound: &Inbound) -> Result<Answer, Problem> {
            self.0.advance(Duration::from_millis(7));
            self.1.fetch_add(1, Ordering::SeqCst);
            Err(Problem::new(ProblemType::VerificationClosed))
        }

        fn kdf_runs(&self) -> u64 {
            self.1.load(Ordering::SeqCst)
        }
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn every_request_is_measured_once() {
        let (clock, lines) = (Arc::<FixedClock>::default(), Lines::default());
        let refusing = Refusing(Arc::clone(&clock), Arc::default());
        let measured = Measured::new(refusing, Metrics::new("verify", lines.clone()), clock);

        measured.serve(Request::default()).await;
        measured.clone().serve(Request::default()).await;

        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let expected =
            r#""function":"verify","Requests":1,"Succeeded":0,"Refused":1,"Failed":0,"KdfRuns":1,"Duration":7.0}"#;
        assert_eq!(text.lines().map(|line| line.ends_with(expected)).collect::<Vec<_>>(), [true, true], "{text}");
    }
}
