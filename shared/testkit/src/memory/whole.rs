//! What no port does with a store: copying it, looking through all of it, and writing without a condition. For simulations.

use std::sync::{Arc, Mutex};

use domain::{Account, Enrollment, Sealed, TenantId, UserId, Verification};

use super::MemoryStore;

impl MemoryStore {
    /// A store of its own that begins with this one's content.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.content().clone())))
    }

    /// Removes a user's enrollment, and with it the only copy of their key. Gives what was removed.
    #[must_use]
    pub fn shred(&self, tenant: TenantId, user: UserId) -> Option<Enrollment> {
        self.content().enrollments.remove(&(tenant, user))
    }

    /// Every sealed value and every payload, for whoever wants to try keys on them.
    #[must_use]
    pub fn sealed_values(&self) -> Vec<Vec<u8>> {
        let content = self.content();
        let enrollments = content.enrollments.values().flat_map(|enrollment| {
            [Some(&enrollment.user_key), Some(&enrollment.askable_sets), enrollment.device_id.as_ref()]
        });
        let verifications = content
            .verifications
            .values()
            .map(|verification| verification.verified.as_ref().map(|verified| &verified.answer));
        let answers = content.requests.values().map(|request| request.answer.as_ref());
        let sealed = enrollments.chain(verifications).chain(answers).flatten().map(Sealed::as_bytes);
        let wrapped = content.branch_keys.values().map(|record| record.wrapped.as_slice());
        let payloads = content.outbox.values().map(Vec::as_slice);
        let indexed = content.events.values().map(|record| record.payload.as_slice());
        sealed.chain(wrapped).chain(payloads).chain(indexed).map(<[u8]>::to_vec).collect()
    }

    /// Stores a verification, whatever is there.
    pub fn overwrite_verification(&self, verification: Verification) {
        self.content().verifications.insert((verification.tenant, verification.id), verification);
    }

    /// Stores an account, whatever is there.
    pub fn overwrite_account(&self, tenant: TenantId, user: UserId, account: Account) {
        self.content().accounts.insert((tenant, user), account);
    }

    /// Stores an enrollment, whatever is there.
    pub fn overwrite_enrollment(&self, enrollment: Enrollment) {
        self.content().enrollments.insert((enrollment.tenant, enrollment.user), enrollment);
    }
}
