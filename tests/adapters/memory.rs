//! The ports in memory, bare and under observation.

use store::conformance::run_all;
use testkit::{FaultStore, MemoryStore};

#[tokio::test(flavor = "multi_thread")]
async fn b1_the_memory_store_passes_the_conformance_suite() {
    let report = run_all(&MemoryStore::new(), 1).await;

    assert!(report.is_clean(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_the_fault_store_without_faults_passes_the_conformance_suite() {
    let report = run_all(&FaultStore::default(), 1).await;

    assert!(report.is_clean(), "{report}");
}
