//! Everything that is logged in this process.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

/// All log lines of the process, of every crate and level, spans and their fields included: more than is ever written in
/// Lambda.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// Begins to keep them, for the rest of the process.
    pub fn keep() -> Self {
        let logs = KEPT.get_or_init(|| {
            let logs = Self::default();
            let lines = tracing_subscriber::fmt::layer().json().with_writer(logs.clone());
            tracing::subscriber::set_global_default(registry().with(lines)).unwrap();
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

impl<'a> MakeWriter<'a> for Logs {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

static KEPT: OnceLock<Logs> = OnceLock::new();
