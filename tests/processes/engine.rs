//! The DynamoDB that all hosts share, and the keys that they share too.

use dynoxide::Database;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// An embedded engine in memory, served by threads of this process, and a data directory. Both end when it is dropped.
pub(crate) struct Engine {
    pub(crate) address: String,
    pub(crate) data_dir: TempDir,
    _threads: Runtime,
}

impl Engine {
    pub(crate) fn start() -> Self {
        let threads = Runtime::new().unwrap();
        let listener = threads.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        threads.spawn(dynoxide::server::serve_on(listener, Database::memory().unwrap()));
        Self { address, data_dir: tempfile::tempdir().unwrap(), _threads: threads }
    }
}
