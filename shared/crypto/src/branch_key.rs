//! A tenant's branch key: the root of everything that is keyed for that tenant.
//!
//! Each purpose has a subkey of its own (HKDF over purpose, tenant and version), so no output of one verb says anything
//! about another's.
//!
//! A rotation changes what is kept secret, and no name:
//!
//! | derived from | what | because |
//! |---|---|---|
//! | the first version, whichever version is asked | ids of verifications, users, sessions and events; the tokens that refresh tokens are exchanged for; fingerprints of requests; marks of attempts; pseudonyms; selectors; decoys; the sealing of an operation's answer | no record says which version they come from, and a retry, a second execution or a reader has to find the same |
//! | the version itself, which a record names | the pepper; the sealing of user keys and an attempt's answer; challenges, capabilities and a session's first refresh token | whoever has an older version learns nothing about newer records |

use std::fmt;
use std::sync::Arc;

use domain::{
    BranchKeyVersion, EventId, Home, IdempotencyKey, RequestFingerprint, TenantId, UserId, VerificationId, Window,
};
use jiff::Timestamp;

use crate::canonical::Canonical;
use crate::derive::{Mac, Parent, sha256};
use crate::{Answered, KeyError, SecretKey};

/// One version of a tenant's branch key. Offers verbs, never bytes.
pub struct BranchKey {
    version: BranchKeyVersion,
    tenant: TenantId,
    pub(crate) names: Arc<Names>,
    challenges: Mac,
    pub(crate) refresh_tokens: Mac,
    pub(crate) capabilities: Mac,
    pub(crate) pepper: Mac,
    pub(crate) sealing: Parent,
    answers: Parent,
}

/// What the first version gives to all that follow it.
pub(crate) struct Names {
    verification_ids: Mac,
    user_ids: Mac,
    fingerprints: Mac,
    pseudonyms: Mac,
    events: Mac,
    selectors: Mac,
    pub(crate) attempt_marks: Mac,
    pub(crate) sessions: Mac,
    pub(crate) refreshed: Mac,
    pub(crate) decoys: Mac,
    answers: Parent,
}

impl BranchKey {
    /// A tenant's first version.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if the library can't derive the subkeys.
    pub fn first(tenant: TenantId, key: &SecretKey) -> Result<Self, KeyError> {
        let source = Source { parent: Parent::new(key), tenant, version: BranchKeyVersion::FIRST };
        let names = Names {
            verification_ids: source.mac("countersign/branch/verification-id/v1")?,
            user_ids: source.mac("countersign/branch/user-id/v1")?,
            fingerprints: source.mac("countersign/branch/fingerprint/v1")?,
            pseudonyms: source.mac("countersign/branch/pseudonym/v1")?,
            events: source.mac("countersign/branch/event-id/v1")?,
            selectors: source.mac("countersign/branch/selector/v1")?,
            attempt_marks: source.mac("countersign/branch/attempt-mark/v1")?,
            sessions: source.mac("countersign/branch/session-id/v1")?,
            refreshed: source.mac("countersign/branch/refreshed-token/v1")?,
            decoys: source.mac("countersign/branch/decoy/v1")?,
            answers: source.sealing("countersign/branch/answers/v1")?,
        };
        Self::with_names(&source, Arc::new(names))
    }

    /// Another version of the same tenant's key, which gives the names that this one gives.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if the library can't derive the subkeys.
    pub fn following(&self, version: BranchKeyVersion, key: &SecretKey) -> Result<Self, KeyError> {
        let source = Source { parent: Parent::new(key), tenant: self.tenant, version };
        Self::with_names(&source, Arc::clone(&self.names))
    }

    fn with_names(source: &Source, names: Arc<Names>) -> Result<Self, KeyError> {
        Ok(Self {
            version: source.version,
            tenant: source.tenant,
            names,
            challenges: source.mac("countersign/branch/challenge/v1")?,
            refresh_tokens: source.mac("countersign/branch/refresh-token/v1")?,
            capabilities: source.mac("countersign/branch/capability/v1")?,
            pepper: source.mac("countersign/branch/pepper/v1")?,
            sealing: source.sealing("countersign/branch/sealing/v1")?,
            answers: source.sealing("countersign/branch/answers/v1")?,
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
        VerificationId::at_home(self.names.verification_ids.half_tag(key.as_bytes()), home)
    }

    /// The user that an enrollment with this idempotency key and without a user id makes: the same for a retry.
    #[must_use]
    pub fn user_id(&self, key: &IdempotencyKey) -> UserId {
        UserId::from_keyed_bytes(self.names.user_ids.half_tag(key.as_bytes()))
    }

    /// The verification's challenge, of the version that the verification names: unpredictable, and the same for a retry.
    #[must_use]
    pub fn challenge(&self, verification: VerificationId) -> [u8; 32] {
        self.challenges.tag(verification.as_bytes())
    }

    /// The keyed hash by which a retry of a request is told from another request under the same idempotency key.
    #[must_use]
    pub fn fingerprint(&self, key: IdempotencyKey, operation: &'static str, body: &[u8]) -> RequestFingerprint {
        let request = Canonical::new(operation).field(key.as_bytes()).field(sha256(&[body]));
        RequestFingerprint { key, body: self.names.fingerprints.tag(request.as_bytes()) }
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
        let [random @ .., _, _, _, _, _, _] = self.names.events.half_tag(cause.as_bytes());
        EventId::at(at, &random)
    }

    /// What the audit log calls a user. It can't be turned back without this key.
    #[must_use]
    pub fn subject_pseudonym(&self, user: UserId) -> [u8; 16] {
        self.names.pseudonyms.half_tag(user.as_bytes())
    }

    /// Decides which askable set the user is asked for within the window; see [`Verifiers::asked`](crate::Verifiers::asked).
    #[must_use]
    pub fn selector(&self, user: UserId, window: Window) -> [u8; 16] {
        let moment = Canonical::new("selector").field(user.as_bytes()).field(window.to_bytes());
        self.names.selectors.half_tag(moment.as_bytes())
    }
}

impl BranchKey {
    /// What seals an answer, and the version that its place names. An attempt's is the verification's, which its record names;
    /// an operation's the first: whoever repeats the operation has nothing that names another.
    pub(crate) fn answers(&self, answered: Answered) -> (&Parent, BranchKeyVersion) {
        match answered {
            Answered::Attempt(_) => (&self.answers, self.version),
            Answered::Operation(_) => (&self.names.answers, BranchKeyVersion::FIRST),
        }
    }
}

/// What the subkeys of one version are derived from.
struct Source {
    parent: Parent,
    tenant: TenantId,
    version: BranchKeyVersion,
}

impl Source {
    fn subkey(&self, purpose: &str) -> Result<SecretKey, KeyError> {
        let (tenant, version) = (self.tenant.as_bytes(), self.version.number().to_be_bytes());
        self.parent.subkey(&Canonical::new(purpose).field(tenant).field(version)).map_err(KeyError::unavailable)
    }

    fn mac(&self, purpose: &str) -> Result<Mac, KeyError> {
        self.subkey(purpose).map(Mac::new)
    }

    fn sealing(&self, purpose: &str) -> Result<Parent, KeyError> {
        self.subkey(purpose).map(|key| Parent::new(&key))
    }
}

impl fmt::Debug for BranchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BranchKey({}, version {})", self.tenant, self.version.number())
    }
}
