//! Upgrading a verifier: success is the one moment at which the digests are at hand and known to be right.
//!
//! - A verifier is made again if it was imported, derived with other parameters than today's, or peppered with an older branch key. One
//!   whose branch key is newer than what this process knows stays, however it was made: other processes have seen a rotation first.
//! - It costs one more derivation and one conditional write, once for each of a user's sets.
//! - It never fails an attempt, and holds its answer up for two seconds at most: the next success tries again.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use audit::RecordEvents;
use crypto::{ProvenFactors, StoredVerifier, UnwrapKey, VerifierError};
use store::Upgrade;
use tokio::time::timeout;

use crate::asked::Enrolled;
use crate::attempt::Decision;
use crate::{Verify, VerifyError, VerifyStore};

impl<S: VerifyStore, U: UnwrapKey, A: RecordEvents> Verify<S, U, A> {
    /// Replaces the verifier that was just proven right, if it is not of today's making.
    pub(crate) async fn upgrade(&self, decision: Decision<'_>, proven: &StoredVerifier, enrolled: &Enrolled) {
        let is_due = match proven.branch_key_version().cmp(&decision.execution.branch.version()) {
            Ordering::Less => true,
            Ordering::Equal => proven.needs_upgrade(self.0.parameters),
            // Whatever else is old about it: the pepper at hand is older, and may have leaked.
            Ordering::Greater => false,
        };
        if !is_due {
            return;
        }
        let replaced = timeout(ALLOWANCE, self.replace(decision, enrolled)).await;
        match replaced.unwrap_or(Err(VerifyError::LateUpgrade)) {
            Ok(Upgrade::Upgraded) => tracing::info!("upgraded a verifier"),
            Ok(Upgrade::Superseded) => tracing::info!("left a verifier as it is: the enrollment has changed"),
            Err(error) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&error), "left a verifier as it is until the next success");
            }
        }
    }

    async fn replace(&self, decision: Decision<'_>, enrolled: &Enrolled) -> Result<Upgrade, VerifyError> {
        let Enrolled { enrollment, user_key, verifiers } = enrolled;
        let Some(verifiers) = verifiers.replacing(self.remake(decision).await?) else {
            return Ok(Upgrade::Superseded);
        };
        let sealed = user_key.seal_verifiers(&verifiers, enrollment.key_version, &*self.0.entropy)?;
        let (tenant, user, before) = (enrollment.tenant, enrollment.user, &enrollment.askable_sets);
        Ok(self.0.store.upgrade_verifiers(tenant, user, before, &sealed).await?)
    }

    async fn remake(&self, decision: Decision<'_>) -> Result<StoredVerifier, VerifyError> {
        let (branch, entropy) = (Arc::clone(decision.execution.branch), Arc::clone(&self.0.entropy));
        let (user, presented) = (decision.verification.user, decision.execution.request.factors.clone());
        let parameters = self.0.parameters;
        let remade = self.0.kdf.run(move |kdf| -> Result<_, VerifierError> {
            branch.remake_verifier(kdf, &*entropy, &ProvenFactors { user, presented: &presented, parameters })
        });
        Ok(remade.await?)
    }
}

/// An upgrade that takes longer is given up: the user is waiting for a token that can't be had twice.
const ALLOWANCE: Duration = Duration::from_secs(2);
