//! Whether the tables of a verification answer.

use domain::{TenantId, UserId, VerificationId};
use futures_util::future::try_join;
use store::{CheckReadiness, StoreError};

use crate::{DynamoStore, KnowsCore, KnowsEphemeral, keys};

impl<T: KnowsCore + KnowsEphemeral> CheckReadiness for DynamoStore<T> {
    /// One `GetItem` on each table at the same time, for items that do not exist.
    async fn check_readiness(&self) -> Result<(), StoreError> {
        let operation = "CheckReadiness";
        let nobody = TenantId::from_keyed_bytes([0; 16]);
        let enrollment = keys::enrollment(nobody, UserId::from_keyed_bytes([0; 16]));
        let verification = keys::verification(nobody, VerificationId::from_keyed_bytes([0; 16]));

        try_join(
            self.read(operation, self.tables.core(), &enrollment),
            self.read(operation, self.tables.ephemeral(), &verification),
        )
        .await?;
        Ok(())
    }
}
