//! How many key derivations the machine does with nothing else to do: what verifying can't exceed.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use crypto::{BranchKey, KdfParameters, KdfPool, SecretKey, VerifierError};
use domain::{Digest, FactorType, PresentedFactors, TenantId, UserId};
use tokio::time::Instant;

use crate::measure::float;

/// Derivations a second, each with its comparison as an attempt has it, on all processors at once.
///
/// # Errors
/// That a derivation failed.
pub(crate) async fn ceiling(parameters: KdfParameters, duration: Duration) -> anyhow::Result<f64> {
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let pool = KdfPool::new(threads);
    let began = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..threads.get() {
        running.spawn(derivations(pool.clone(), parameters, began + duration));
    }
    let mut count = 0;
    while let Some(derived) = running.join_next().await {
        count += derived??;
    }
    Ok(float(count) / began.elapsed().as_secs_f64())
}

/// One after another until then; how many.
async fn derivations(pool: KdfPool, parameters: KdfParameters, end: Instant) -> anyhow::Result<u64> {
    let (tenant, user) = (TenantId::from_keyed_bytes([1; 16]), UserId::from_keyed_bytes([2; 16]));
    let branch = BranchKey::first(tenant, &SecretKey::new([3; 32]))?;
    let stored = branch.decoy(user, parameters)?.asked([4; 16])?;
    let digest = Digest::from_hex(&"5a".repeat(32))?;
    let presented = PresentedFactors::new(vec![(FactorType::Pin, digest)])?;
    let count = pool.run(move |kdf| -> Result<u64, VerifierError> {
        let mut count = 0;
        while Instant::now() < end {
            branch.check(kdf, user, &presented, &stored)?;
            count += 1;
        }
        Ok(count)
    });
    Ok(count.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_processor_derives_until_the_end() {
        let rate = ceiling(KdfParameters::PBKDF2_100K, Duration::from_millis(50)).await.unwrap();

        assert!(rate > 0.0, "{rate}");
    }
}
