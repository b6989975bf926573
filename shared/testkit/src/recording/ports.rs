//! Every port of an observed store: the inner store's, recorded and struck. The number is that of the items written.

use domain::{
    BranchKeyVersion, Enrollment, EventId, IdempotencyKey, Sealed, SecretHash, Session, SessionId, TenantId, UserId,
    Verification, VerificationId,
};
use jiff::Timestamp;
use store::{
    ApiKeyRecord, BranchKeyRecord, CheckReadiness, Claim, ClaimAttempt, ClaimRequest, CompleteVerification, Completion,
    CompletionRequest, CreateApiKey, CreateBranchKey, CreateEnrollment, CreateSigningKey, EnrollmentCreation,
    EventRecord, FailAttempt, FindApiKey, FindBranchKey, FindEnrollment, FindEvents, FindSession, FindVerification,
    ListSigningKeys, OpenVerification, Opening, Revocation, RevokeSession, SigningKeyRecord, StoreError, StoreEvents,
    Upgrade, UpgradeVerifiers,
};

use super::RecordingStore;

impl<S: CheckReadiness> CheckReadiness for RecordingStore<S> {
    async fn check_readiness(&self) -> Result<(), StoreError> {
        self.run("CheckReadiness", 0, self.inner.check_readiness()).await
    }
}

impl<S: FindEnrollment> FindEnrollment for RecordingStore<S> {
    async fn find_enrollment(&self, tenant: TenantId, user: UserId) -> Result<Option<Enrollment>, StoreError> {
        self.run("FindEnrollment", 0, self.inner.find_enrollment(tenant, user)).await
    }
}

impl<S: CreateEnrollment> CreateEnrollment for RecordingStore<S> {
    async fn create_enrollment(&self, enrollment: &Enrollment) -> Result<EnrollmentCreation, StoreError> {
        self.run("CreateEnrollment", 1, self.inner.create_enrollment(enrollment)).await
    }
}

impl<S: UpgradeVerifiers> UpgradeVerifiers for RecordingStore<S> {
    async fn upgrade_verifiers(
        &self,
        tenant: TenantId,
        user: UserId,
        before: &Sealed,
        after: &Sealed,
    ) -> Result<Upgrade, StoreError> {
        self.run("UpgradeVerifiers", 1, self.inner.upgrade_verifiers(tenant, user, before, after)).await
    }
}

impl<S: OpenVerification> OpenVerification for RecordingStore<S> {
    async fn open_verification(&self, verification: &Verification) -> Result<Opening, StoreError> {
        self.run("OpenVerification", 1, self.inner.open_verification(verification)).await
    }
}

impl<S: FindVerification> FindVerification for RecordingStore<S> {
    async fn find_verification(
        &self,
        tenant: TenantId,
        id: VerificationId,
    ) -> Result<Option<Verification>, StoreError> {
        self.run("FindVerification", 0, self.inner.find_verification(tenant, id)).await
    }
}

impl<S: ClaimAttempt> ClaimAttempt for RecordingStore<S> {
    async fn claim_attempt(&self, request: &ClaimRequest) -> Result<Claim, StoreError> {
        self.run("ClaimAttempt", 1, self.inner.claim_attempt(request)).await
    }
}

impl<S: FailAttempt> FailAttempt for RecordingStore<S> {
    async fn fail_attempt(
        &self,
        tenant: TenantId,
        verification: VerificationId,
        attempt: IdempotencyKey,
        attempts_remaining: u8,
    ) -> Result<(), StoreError> {
        self.run("FailAttempt", 1, self.inner.fail_attempt(tenant, verification, attempt, attempts_remaining)).await
    }
}

impl<S: CompleteVerification> CompleteVerification for RecordingStore<S> {
    async fn complete_verification(&self, request: &CompletionRequest) -> Result<Completion, StoreError> {
        self.run("CompleteVerification", 2, self.inner.complete_verification(request)).await
    }
}

impl<S: FindSession> FindSession for RecordingStore<S> {
    async fn find_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        self.run("FindSession", 0, self.inner.find_session(tenant, user, session)).await
    }
}

impl<S: RevokeSession> RevokeSession for RecordingStore<S> {
    async fn revoke_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        at: Timestamp,
    ) -> Result<Revocation, StoreError> {
        self.run("RevokeSession", 1, self.inner.revoke_session(tenant, user, session, at)).await
    }
}

impl<S: FindBranchKey> FindBranchKey for RecordingStore<S> {
    async fn find_branch_key(
        &self,
        tenant: TenantId,
        version: Option<BranchKeyVersion>,
    ) -> Result<Option<BranchKeyRecord>, StoreError> {
        self.run("FindBranchKey", 0, self.inner.find_branch_key(tenant, version)).await
    }
}

impl<S: CreateBranchKey> CreateBranchKey for RecordingStore<S> {
    async fn create_branch_key(&self, record: &BranchKeyRecord) -> Result<bool, StoreError> {
        self.run("CreateBranchKey", 2, self.inner.create_branch_key(record)).await
    }
}

impl<S: ListSigningKeys> ListSigningKeys for RecordingStore<S> {
    async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.run("ListSigningKeys", 0, self.inner.list_signing_keys()).await
    }
}

impl<S: CreateSigningKey> CreateSigningKey for RecordingStore<S> {
    async fn create_signing_key(&self, record: &SigningKeyRecord) -> Result<(), StoreError> {
        self.run("CreateSigningKey", 1, self.inner.create_signing_key(record)).await
    }
}

impl<S: FindApiKey> FindApiKey for RecordingStore<S> {
    async fn find_api_key(&self, hash: SecretHash) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.run("FindApiKey", 0, self.inner.find_api_key(hash)).await
    }
}

impl<S: CreateApiKey> CreateApiKey for RecordingStore<S> {
    async fn create_api_key(&self, record: &ApiKeyRecord) -> Result<(), StoreError> {
        self.run("CreateApiKey", 1, self.inner.create_api_key(record)).await
    }
}

impl<S: StoreEvents> StoreEvents for RecordingStore<S> {
    async fn store_events(&self, records: &[EventRecord]) -> Result<Vec<EventId>, StoreError> {
        self.run("StoreEvents", records.len(), self.inner.store_events(records)).await
    }
}

impl<S: FindEvents> FindEvents for RecordingStore<S> {
    async fn find_events(
        &self,
        tenant: TenantId,
        subject: [u8; 16],
        limit: u16,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.run("FindEvents", 0, self.inner.find_events(tenant, subject, limit)).await
    }
}
