//! The use case: enrolling the user of a line.

use std::sync::Arc;

use audit::{About, Event, Outcome, RecordEvents, Subject};
use crypto::{BranchKey, ImportedFactors, KdfParameters, KdfPool, SealFailed, UnwrapKey, VerifierError, Verifiers};
use domain::{
    AskableSets, Clock, Enrollment, Entropy, EntropyUnavailable, IdempotencyKey, RequestFingerprint, RequestId,
    TenantId,
};
use keyring::{BranchKeys, KeyringError};
use store::{CreateEnrollment, EnrollmentCreation, FindBranchKey, FindEnrollment, OutboxEvent, StoreError};

use super::{ImportLine, LineRefused};

/// The ports that importing needs of a store.
pub trait ImportStore: CreateEnrollment + FindBranchKey + FindEnrollment {}

impl<S: CreateEnrollment + FindBranchKey + FindEnrollment> ImportStore for S {}

/// What importing works with.
#[derive(Debug)]
pub struct ImportPorts<S, U, A> {
    /// Enrollments.
    pub store: S,
    /// The tenants' keys.
    pub keys: BranchKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// Where key derivations run.
    pub kdf: KdfPool,
    /// How verifiers are derived.
    pub parameters: KdfParameters,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// What came of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineOutcome {
    /// Its user is enrolled now.
    Imported,
    /// Its user was enrolled by this very line, in an earlier run.
    ImportedBefore,
    /// Its user was enrolled otherwise; nothing was changed.
    AlreadyEnrolled,
    /// It can't be imported.
    Refused(LineRefused),
}

/// Imports users.
#[derive(Debug)]
pub struct Import<S, U, A>(ImportPorts<S, U, A>);

impl<S: ImportStore, U: UnwrapKey, A: RecordEvents> Import<S, U, A> {
    /// Imports with these ports.
    pub const fn new(ports: ImportPorts<S, U, A>) -> Self {
        Self(ports)
    }

    /// Checks that there is such a tenant.
    ///
    /// # Errors
    /// [`ImportError`] if there is none, or its key is not to be had.
    pub async fn check(&self, tenant: TenantId) -> Result<(), ImportError> {
        Ok(self.0.keys.current(tenant).await.map(|_| ())?)
    }

    /// Enrols the user of a line, unless they are enrolled or the line is refused. May be repeated.
    ///
    /// # Errors
    /// [`ImportError`] if it can't be told what came of the line.
    pub async fn import(&self, tenant: TenantId, unverified_line: &[u8]) -> Result<LineOutcome, ImportError> {
        let line = match ImportLine::parse(unverified_line) {
            Ok(line) => line,
            Err(refused) => return Ok(LineOutcome::Refused(refused)),
        };
        // Before anything is derived.
        if let Some(existing) = self.0.store.find_enrollment(tenant, line.user).await? {
            return self.existing(&existing, unverified_line).await;
        }
        let branch = self.0.keys.current(tenant).await?;
        let key = IdempotencyKey::at(self.0.clock.now(), &self.0.entropy.array()?);
        let request = branch.fingerprint(key, OPERATION, unverified_line);
        let verifiers = self.make_verifiers(&branch, &line).await?;
        let enrollment = self.seal((&branch, request), &line, &verifiers)?;
        let event = created(&branch, &enrollment);
        match self.0.store.create_enrollment(&enrollment, &OutboxEvent::from(&event)).await? {
            EnrollmentCreation::AlreadyEnrolled(existing) if existing.request != request => {
                self.existing(&existing, unverified_line).await
            }
            EnrollmentCreation::Erased => Ok(LineOutcome::Refused(LineRefused::UserErased)),
            EnrollmentCreation::Created | EnrollmentCreation::AlreadyEnrolled(_) => {
                self.0.audit.announce(&event).await;
                Ok(LineOutcome::Imported)
            }
        }
    }

    /// Whether the user was enrolled by this very line: an enrollment remembers the request that made it.
    async fn existing(&self, existing: &Enrollment, unverified_line: &[u8]) -> Result<LineOutcome, ImportError> {
        let branch = self.0.keys.version(existing.tenant, existing.branch_key_version).await?;
        let of_this_line = branch.fingerprint(existing.request.key, OPERATION, unverified_line);
        let is_ours = of_this_line == existing.request;
        Ok(if is_ours { LineOutcome::ImportedBefore } else { LineOutcome::AlreadyEnrolled })
    }

    async fn make_verifiers(&self, branch: &Arc<BranchKey>, line: &ImportLine) -> Result<Verifiers, ImportError> {
        let sets = AskableSets::draw(line.hashes.types(), &*self.0.entropy)?.ok_or(VerifierError::MissingFactor)?;
        let (branch, user, hashes) = (Arc::clone(branch), line.user, line.hashes.clone());
        let (parameters, entropy) = (self.0.parameters, Arc::clone(&self.0.entropy));
        let made = self.0.kdf.run(move |kdf| -> Result<Verifiers, VerifierError> {
            let imported = ImportedFactors { user, hashes: &hashes, sets: &sets, parameters };
            branch.import_verifiers(kdf, &*entropy, &imported)
        });
        Ok(made.await?)
    }

    fn seal(
        &self,
        (branch, request): (&BranchKey, RequestFingerprint),
        line: &ImportLine,
        verifiers: &Verifiers,
    ) -> Result<Enrollment, ImportError> {
        let entropy = &*self.0.entropy;
        let user_key = branch.new_user_key(line.user, entropy)?;
        let device = line.device.as_ref();
        let device = device.map(|device| user_key.seal_device_id(device, FIRST_KEY_VERSION, entropy));
        Ok(Enrollment {
            tenant: branch.tenant(),
            user: line.user,
            key_version: FIRST_KEY_VERSION,
            branch_key_version: branch.version(),
            factors: line.hashes.types(),
            created_at: self.0.clock.now(),
            user_key: branch.seal_user_key(&user_key, entropy)?,
            askable_sets: user_key.seal_verifiers(verifiers, FIRST_KEY_VERSION, entropy)?,
            device_id: device.transpose()?,
            request,
        })
    }
}

/// That the user is enrolled. No address: no request of theirs came from anywhere.
fn created(branch: &BranchKey, enrollment: &Enrollment) -> Event {
    let Enrollment { tenant, user, factors, key_version, created_at, request, .. } = enrollment;
    Event {
        id: branch.event_id(&request.key, OPERATION, user.as_bytes()),
        about: About::Person { tenant: *tenant, subject: Subject::new(branch.subject_pseudonym(*user)) },
        at: *created_at,
        request_id: RequestId::from_transport("countersign-import"),
        outcome: Outcome::EnrollmentCreated { factors: *factors, key_version: *key_version },
        personal: None,
    }
}

/// Why it can't be told what came of a line. It can be imported again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such tenant: it has no branch key.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// The tenant's key is not to be had.
    #[error("the tenant's key is not to be had")]
    Keys(#[source] KeyringError),
    /// The store does not answer.
    #[error("the store does not answer")]
    Store(#[from] StoreError),
    /// A verifier can't be made.
    #[error("a verifier can't be made")]
    Verifier(#[from] VerifierError),
    /// The record can't be sealed.
    #[error("the enrollment can't be sealed")]
    Seal(#[from] SealFailed),
    /// No randomness.
    #[error("there is no randomness")]
    Entropy(#[from] EntropyUnavailable),
}

impl From<KeyringError> for ImportError {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Missing(_) => Self::UnknownTenant,
            error => Self::Keys(error),
        }
    }
}

const OPERATION: &str = "import";
const FIRST_KEY_VERSION: u32 = 1;
