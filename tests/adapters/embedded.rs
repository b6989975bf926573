//! The embedded engine, behind its HTTP interface.

use dynoxide::Database;
use store::conformance::run_all;
use tokio::net::TcpListener;

use crate::engine;

/// Serves an empty database on a free port of this machine for as long as the runtime lives; gives its address.
pub(crate) async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, Database::memory().unwrap()));
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_embedded_dynamodb_passes_the_conformance_suite() {
    let engine = engine::embedded().await;

    let report = run_all(&engine.store, 1).await;

    assert!(report.is_clean(), "{report}");
}
