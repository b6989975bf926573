//! Everything that is logged in this process.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

/// All log lines of the process: of our own crates at every level, spans and their fields included, which is more than any
/// deployment writes; of others from `info`, below which they are cut off everywhere.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// Begins to keep them, for the rest of the process.
    pub fn keep() -> Self {
        let logs = KEPT.get_or_init(|| {
            let logs = Self::default();
            let writer = logs.clone();
            let subscriber = telemetry::subscriber("trace".parse().unwrap(), move || writer.clone());
            tracing::subscriber::set_global_default(subscriber).unwrap();
            logs
        });
        logs.clone()
    }

    /// The lines so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

static KEPT: OnceLock<Logs> = OnceLock::new();
