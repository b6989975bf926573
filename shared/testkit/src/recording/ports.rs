//! Every port of an observed store: the inner store's, recorded and struck. The number is that of the items written.

use domain::{
    Account, ApiKeyId, AttemptMark, BranchKeyVersion, CounterKey, Draw, Drawn, Enrollment, Failures, Home,
    ListedSubject, Listing, RequestFingerprint, RequestNonce, Sealed, SecretHash, Session, SessionId, TenantId, UserId,
    Verification, VerificationId,
};
use jiff::Timestamp;
use store::{
    ApiKeyChange, ApiKeyRecord, ApiKeyRotation, BeginRequest, Beginning, BranchKeyRecord, ChangeListings,
    CheckReadiness, Claim, ClaimAttempt, ClaimRequest, ClaimedAttempt, CompleteVerification, Completion,
    CompletionRequest, CreateApiKey, CreateBranchKey, CreateEnrollment, CreateSigningKey, CurrentEnrollment,
    DisableUser, Disabling, DisablingOutcome, DrawPermits, Enabling, EnablingOutcome, EnrollmentCreation, EraseUser,
    Erasure, ErasureOutcome, FactorRotation, FactorRotationOutcome, FailAttempt, FindAccount, FindApiKey,
    FindBranchKey, FindCurrentEnrollment, FindEnrollment, FindListings, FindVerification, FinishRequest, ListApiKeys,
    ListSigningKeys, ListedApiKey, NoteApiKeyUse, OpenSession, OpenVerification, Opening, OutboxEvent, Reservation,
    ReserveFailure, RevokeApiKey, RotateApiKey, RotateFactors, SessionOpening, SigningKeyRecord, StoreError,
    UnlockAccount, Unlocking, Upgrade, UpgradeVerifiers,
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
    async fn create_enrollment(
        &self,
        enrollment: &Enrollment,
        event: &OutboxEvent,
    ) -> Result<EnrollmentCreation, StoreError> {
        self.run("CreateEnrollment", 2, self.inner.create_enrollment(enrollment, event)).await
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

impl<S: FindCurrentEnrollment> FindCurrentEnrollment for RecordingStore<S> {
    async fn find_current_enrollment(&self, tenant: TenantId, user: UserId) -> Result<CurrentEnrollment, StoreError> {
        self.run("FindCurrentEnrollment", 0, self.inner.find_current_enrollment(tenant, user)).await
    }
}

impl<S: RotateFactors> RotateFactors for RecordingStore<S> {
    async fn rotate_factors(
        &self,
        rotation: &FactorRotation,
        event: &OutboxEvent,
    ) -> Result<FactorRotationOutcome, StoreError> {
        self.run("RotateFactors", 3, self.inner.rotate_factors(rotation, event)).await
    }

    async fn forget_rotated(&self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        self.run("RotateFactors", 0, self.inner.forget_rotated(tenant, user)).await
    }
}

impl<S: EraseUser> EraseUser for RecordingStore<S> {
    async fn erase_user(&self, erasure: &Erasure, event: &OutboxEvent) -> Result<ErasureOutcome, StoreError> {
        self.run("EraseUser", 3, self.inner.erase_user(erasure, event)).await
    }

    async fn forget_erased(&self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        self.run("EraseUser", 0, self.inner.forget_erased(tenant, user)).await
    }
}

impl<S: DisableUser> DisableUser for RecordingStore<S> {
    async fn disable_user(&self, disabling: &Disabling, event: &OutboxEvent) -> Result<DisablingOutcome, StoreError> {
        self.run("DisableUser", 3, self.inner.disable_user(disabling, event)).await
    }

    async fn enable_user(&self, enabling: &Enabling, event: &OutboxEvent) -> Result<EnablingOutcome, StoreError> {
        self.run("DisableUser", 3, self.inner.enable_user(enabling, event)).await
    }
}

impl<S: OpenVerification> OpenVerification for RecordingStore<S> {
    fn home(&self) -> Home {
        self.inner.home()
    }

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
    async fn fail_attempt(&self, attempt: &ClaimedAttempt, attempts_remaining: u8) -> Result<(), StoreError> {
        self.run("FailAttempt", 1, self.inner.fail_attempt(attempt, attempts_remaining)).await
    }

    async fn release_attempt(&self, attempt: &ClaimedAttempt) -> Result<(), StoreError> {
        self.run("FailAttempt", 1, self.inner.release_attempt(attempt)).await
    }
}

impl<S: CompleteVerification> CompleteVerification for RecordingStore<S> {
    async fn complete_verification(&self, request: &CompletionRequest) -> Result<Completion, StoreError> {
        self.run("CompleteVerification", 2, self.inner.complete_verification(request)).await
    }
}

impl<S: ReserveFailure> ReserveFailure for RecordingStore<S> {
    async fn reserve_failure(
        &self,
        tenant: TenantId,
        user: UserId,
        attempt: AttemptMark,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        self.run("ReserveFailure", 1, self.inner.reserve_failure(tenant, user, attempt, now)).await
    }
}

impl<S: OpenSession> OpenSession for RecordingStore<S> {
    async fn open_session(&self, session: &Session, evicted: &[SessionId]) -> Result<SessionOpening, StoreError> {
        self.run("OpenSession", 1, self.inner.open_session(session, evicted)).await
    }

    async fn withdraw_session(&self, session: &Session) -> Result<(), StoreError> {
        self.run("OpenSession", 1, self.inner.withdraw_session(session)).await
    }
}

impl<S: FindAccount> FindAccount for RecordingStore<S> {
    async fn find_account(&self, tenant: TenantId, user: UserId) -> Result<Option<Account>, StoreError> {
        self.run("FindAccount", 0, self.inner.find_account(tenant, user)).await
    }
}

impl<S: UnlockAccount> UnlockAccount for RecordingStore<S> {
    async fn unlock_account(
        &self,
        tenant: TenantId,
        user: UserId,
        known: &Failures,
        event: &OutboxEvent,
    ) -> Result<Unlocking, StoreError> {
        self.run("UnlockAccount", 2, self.inner.unlock_account(tenant, user, known, event)).await
    }
}

impl<S: DrawPermits> DrawPermits for RecordingStore<S> {
    async fn draw_permits(&self, key: &CounterKey, draw: &Draw) -> Result<Drawn, StoreError> {
        self.run("DrawPermits", 1, self.inner.draw_permits(key, draw)).await
    }
}

impl<S: BeginRequest> BeginRequest for RecordingStore<S> {
    async fn begin_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        now: Timestamp,
    ) -> Result<Beginning, StoreError> {
        self.run("BeginRequest", 1, self.inner.begin_request(tenant, request, nonce, now)).await
    }
}

impl<S: FinishRequest> FinishRequest for RecordingStore<S> {
    async fn finish_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
        answer: &Sealed,
    ) -> Result<(), StoreError> {
        self.run("FinishRequest", 1, self.inner.finish_request(tenant, request, nonce, answer)).await
    }

    async fn abandon_request(
        &self,
        tenant: TenantId,
        request: &RequestFingerprint,
        nonce: RequestNonce,
    ) -> Result<(), StoreError> {
        self.run("FinishRequest", 1, self.inner.abandon_request(tenant, request, nonce)).await
    }
}

impl<S: FindListings> FindListings for RecordingStore<S> {
    async fn find_listings(&self) -> Result<Vec<Listing>, StoreError> {
        self.run("FindListings", 0, self.inner.find_listings()).await
    }
}

impl<S: ChangeListings> ChangeListings for RecordingStore<S> {
    async fn put_listing(&self, listing: &Listing, event: &OutboxEvent) -> Result<(), StoreError> {
        self.run("ChangeListings", 2, self.inner.put_listing(listing, event)).await
    }

    async fn remove_listing(&self, subject: &ListedSubject, event: &OutboxEvent) -> Result<(), StoreError> {
        self.run("ChangeListings", 2, self.inner.remove_listing(subject, event)).await
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
        self.run("CreateBranchKey", 3, self.inner.create_branch_key(record)).await
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
    async fn create_api_key(&self, record: &ApiKeyRecord, event: &OutboxEvent) -> Result<(), StoreError> {
        self.run("CreateApiKey", 3, self.inner.create_api_key(record, event)).await
    }
}

impl<S: ListApiKeys> ListApiKeys for RecordingStore<S> {
    async fn list_api_keys(&self, tenant: TenantId) -> Result<Vec<ListedApiKey>, StoreError> {
        self.run("ListApiKeys", 0, self.inner.list_api_keys(tenant)).await
    }
}

impl<S: RotateApiKey> RotateApiKey for RecordingStore<S> {
    async fn rotate_api_key(&self, rotation: &ApiKeyRotation, event: &OutboxEvent) -> Result<ApiKeyChange, StoreError> {
        self.run("RotateApiKey", 5, self.inner.rotate_api_key(rotation, event)).await
    }
}

impl<S: RevokeApiKey> RevokeApiKey for RecordingStore<S> {
    async fn revoke_api_key(
        &self,
        key: (TenantId, SecretHash),
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<ApiKeyChange, StoreError> {
        self.run("RevokeApiKey", 3, self.inner.revoke_api_key(key, at, event)).await
    }
}

impl<S: NoteApiKeyUse> NoteApiKeyUse for RecordingStore<S> {
    async fn note_api_key_use(&self, tenant: TenantId, key: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        self.run("NoteApiKeyUse", 1, self.inner.note_api_key_use(tenant, key, at)).await
    }
}
