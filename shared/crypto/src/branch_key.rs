//! A tenant's branch key: the root of everything that is keyed for that tenant.
//!
//! Each purpose has a subkey of its own (HKDF over purpose, tenant and version), so no output of one verb says anything
//! about another's.

use std::fmt;

use domain::{
    BranchKeyVersion, EventId, Home, IdempotencyKey, RequestFingerprint, TenantId, UserId, VerificationId, Window,
};
use jiff::Timestamp;

use crate::canonical::Canonical;
use crate::derive::{Mac, Parent, sha256};
use crate::{KeyError, SecretKey};

/// One version of a tenant's branch key. Offers verbs, never bytes.
pub struct BranchKey {
    version: BranchKeyVersion,
    tenant: TenantId,
    verification_ids: Mac,
    user_ids: Mac,
    challenges: Mac,
    fingerprints: Mac,
    pseudonyms: Mac,
    events: Mac,
    selectors: Mac,
    pub(crate) attempt_marks: Mac,
    pub(crate) sessions: Mac,
    pub(crate) refresh_tokens: Mac,
    pub(crate) capabilities: Mac,
    pub(crate) decoys: Mac,
    pub(crate) pepper: Mac,
    pub(crate) sealing: Parent,
    pub(crate) answers: Parent,
}

impl BranchKey {
    /// Derives the subkeys.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if the library can't derive them.
    pub fn new(version: BranchKeyVersion, tenant: TenantId, key: &SecretKey) -> Result<Self, KeyError> {
        let parent = Parent::new(key);
        let purpose = |label: &str| {
            let info = Canonical::new(label).field(tenant.as_bytes()).field(version.number().to_be_bytes());
            parent.subkey(&info).map_err(KeyError::unavailable)
        };
        let mac = |label: &str| purpose(label).map(Mac::new);
        let sealing = |label: &str| purpose(label).map(|key| Parent::new(&key));
        Ok(Self {
            version,
            tenant,
            verification_ids: mac("countersign/branch/verification-id/v1")?,
            user_ids: mac("countersign/branch/user-id/v1")?,
            challenges: mac("countersign/branch/challenge/v1")?,
            fingerprints: mac("countersign/branch/fingerprint/v1")?,
            pseudonyms: mac("countersign/branch/pseudonym/v1")?,
            events: mac("countersign/branch/event-id/v1")?,
            selectors: mac("countersign/branch/selector/v1")?,
            attempt_marks: mac("countersign/branch/attempt-mark/v1")?,
            sessions: mac("countersign/branch/session-id/v1")?,
            refresh_tokens: mac("countersign/branch/refresh-token/v1")?,
            capabilities: mac("countersign/branch/capability/v1")?,
            decoys: mac("countersign/branch/decoy/v1")?,
            pepper: mac("countersign/branch/pepper/v1")?,
            sealing: sealing("countersign/branch/sealing/v1")?,
            answers: sealing("countersign/branch/answers/v1")?,
        })
    }

    /// The key's version.
    #[must_use]
    pub const fn version(&self) -> BranchKeyVersion {
        self.version
    }

    /// Whose key it is.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The verification that a request with this idempotency key opens at this home: the same for a retry.
    #[must_use]
    pub fn verification_id(&self, key: &IdempotencyKey, home: Home) -> VerificationId {
        VerificationId::at_home(self.verification_ids.half_tag(key.as_bytes()), home)
    }

    /// The user that an enrollment with this idempotency key and without a user id makes: the same for a retry.
    #[must_use]
    pub fn user_id(&self, key: &IdempotencyKey) -> UserId {
        UserId::from_keyed_bytes(self.user_ids.half_tag(key.as_bytes()))
    }

    /// The verification's challenge: unpredictable, and the same for a retry.
    #[must_use]
    pub fn challenge(&self, verification: VerificationId) -> [u8; 32] {
        self.challenges.tag(verification.as_bytes())
    }

    /// The keyed hash by which a retry of a request is told from another request under the same idempotency key.
    #[must_use]
    pub fn fingerprint(&self, key: IdempotencyKey, operation: &'static str, body: &[u8]) -> RequestFingerprint {
        let request = Canonical::new(operation).field(key.as_bytes()).field(sha256(&[body]));
        RequestFingerprint { key, body: self.fingerprints.tag(request.as_bytes()) }
    }

    /// The id of the audit event that a request with this idempotency key causes about an object (a user, a verification, a
    /// session): the same for a retry, so that the event is recorded once; another for any other object, so that a key used
    /// twice hides nothing. It sorts by the time inside the key.
    #[must_use]
    pub fn event_id(&self, key: &IdempotencyKey, label: &'static str, object: &[u8; 16]) -> EventId {
        self.event_id_at(key.made_at(), &Canonical::new(label).field(key.as_bytes()).field(object))
    }

    /// The id of the event of this cause, at this time.
    pub(crate) fn event_id_at(&self, at: Timestamp, cause: &Canonical) -> EventId {
        let [random @ .., _, _, _, _, _, _] = self.events.half_tag(cause.as_bytes());
        EventId::at(at, &random)
    }

    /// What the audit log calls a user. It can't be turned back without this key.
    #[must_use]
    pub fn subject_pseudonym(&self, user: UserId) -> [u8; 16] {
        self.pseudonyms.half_tag(user.as_bytes())
    }

    /// Decides which askable set the user is asked for within the window; see [`Verifiers::asked`](crate::Verifiers::asked).
    #[must_use]
    pub fn selector(&self, user: UserId, window: Window) -> [u8; 16] {
        let moment = Canonical::new("selector").field(user.as_bytes()).field(window.to_bytes());
        self.selectors.half_tag(moment.as_bytes())
    }
}

impl fmt::Debug for BranchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BranchKey({}, version {})", self.tenant, self.version.number())
    }
}
