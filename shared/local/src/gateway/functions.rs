//! All functions over the same ports.

use std::sync::Arc;

use admission::{Admission, Policy};
use audit::RecordEvent;
use authorizer::Authorize;
use countersign_http::Endpoint;
use crypto::{CheckKey, KdfParameters, KdfPool, UnwrapKey};
use describe_enrollment::DescribeEnrollment;
use domain::{Clock, Entropy};
use enroll::Enroll;
use health::{Dependencies, Health};
use http::Response;
use initiate::Initiate;
use introspect::Introspect;
use jwks::PublishKeys;
use keyring::{BranchKeys, SigningKeys, VerifyingKeys};
use lambda_http::{Body, Request};
use revoke::Revoke;
use status::ReadStatus;
use store::{
    BeginRequest, CheckReadiness, ClaimAttempt, CompleteVerification, CreateEnrollment, DrawPermits, FailAttempt,
    FindApiKey, FindBranchKey, FindEnrollment, FindListings, FindSession, FindVerification, FinishRequest,
    ListSigningKeys, OpenVerification, ReserveFailure, RevokeSession, StoreError, UpgradeVerifiers,
};
use verify::Verify;

use crate::Function;

/// Every port of every function.
pub trait Store:
    BeginRequest
    + CheckReadiness
    + ClaimAttempt
    + Clone
    + CompleteVerification
    + CreateEnrollment
    + DrawPermits
    + FailAttempt
    + FindApiKey
    + FindBranchKey
    + FindEnrollment
    + FindListings
    + FindSession
    + FindVerification
    + FinishRequest
    + ListSigningKeys
    + OpenVerification
    + ReserveFailure
    + RevokeSession
    + UpgradeVerifiers
    + 'static
{
}

impl<S> Store for S where
    S: BeginRequest
        + CheckReadiness
        + ClaimAttempt
        + Clone
        + CompleteVerification
        + CreateEnrollment
        + DrawPermits
        + FailAttempt
        + FindApiKey
        + FindBranchKey
        + FindEnrollment
        + FindListings
        + FindSession
        + FindVerification
        + FinishRequest
        + ListSigningKeys
        + OpenVerification
        + ReserveFailure
        + RevokeSession
        + UpgradeVerifiers
        + 'static
{
}

/// What the functions work with. Each gets its own clone; nothing is made per request.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// All state.
    pub store: S,
    /// The key service.
    pub keys: U,
    /// Takes the audit events.
    pub audit: A,
    /// Which limits hold.
    pub policy: Policy,
    /// Where key derivations run.
    pub kdf: KdfPool,
    /// How new verifiers are derived.
    pub parameters: KdfParameters,
    /// The tokens' `iss`.
    pub issuer: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The functions.
pub(super) struct Functions<S, U, A> {
    enroll: Enroll<S, U, A>,
    describe_enrollment: DescribeEnrollment<S>,
    initiate: Initiate<S, U, A>,
    verify: Verify<S, U, A>,
    status: ReadStatus<S, U>,
    introspect: Introspect<S>,
    revoke: Revoke<S, U, A>,
    jwks: PublishKeys<S>,
    health: Health<S, InProcess, U>,
}

impl<S, U, A> Functions<S, U, A>
where
    S: Store,
    U: UnwrapKey + CheckKey + Clone + 'static,
    A: RecordEvent + Clone + 'static,
{
    pub(super) fn new(ports: &Ports<S, U, A>) -> Self {
        // One memory of leases and refusals for all of them, as the host is one process.
        let admission = ports.admission();
        let store = || ports.store.clone();
        let clock = || Arc::clone(&ports.clock);
        Self {
            enroll: enroll(ports, &admission),
            describe_enrollment: DescribeEnrollment::new(store(), admission.clone()),
            initiate: initiate(ports, &admission),
            verify: verify(ports, &admission),
            status: ReadStatus::new(store(), ports.keys.clone(), clock(), admission.clone()),
            introspect: Introspect::new(store(), &ports.issuer, clock(), admission.clone()),
            revoke: revoke(ports, &admission),
            jwks: PublishKeys::new(store(), clock()),
            health: Health::new(Dependencies { store: store(), queue: InProcess, keys: ports.keys.clone() }, clock()),
        }
    }

    /// The function's answer.
    pub(super) async fn serve(&self, function: Function, request: Request) -> Response<Body> {
        match function {
            Function::Enroll => self.enroll.serve(request).await,
            Function::DescribeEnrollment => self.describe_enrollment.serve(request).await,
            Function::Initiate => self.initiate.serve(request).await,
            Function::Verify => self.verify.serve(request).await,
            Function::Status => self.status.serve(request).await,
            Function::Introspect => self.introspect.serve(request).await,
            Function::Revoke => self.revoke.serve(request).await,
            Function::Jwks => self.jwks.serve(request).await,
            Function::Health => self.health.serve(request).await,
        }
    }
}

impl<S: Clone, U, A> Ports<S, U, A> {
    pub(super) fn authorize(&self) -> Authorize<S>
    where
        S: FindApiKey,
    {
        Authorize::new(self.store.clone(), Arc::clone(&self.clock))
    }

    fn admission(&self) -> Admission<S>
    where
        S: DrawPermits + FindListings,
    {
        Admission::new(admission::Ports {
            store: self.store.clone(),
            policy: self.policy.clone(),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
        })
    }

    fn branch_keys(&self) -> BranchKeys<S, U>
    where
        S: FindBranchKey,
        U: UnwrapKey + Clone,
    {
        BranchKeys::new(self.store.clone(), self.keys.clone(), Arc::clone(&self.clock))
    }
}

fn enroll<S: Store, U: UnwrapKey + Clone, A: RecordEvent + Clone>(
    ports: &Ports<S, U, A>,
    admission: &Admission<S>,
) -> Enroll<S, U, A> {
    Enroll::new(enroll::Ports {
        store: ports.store.clone(),
        admission: admission.clone(),
        keys: ports.branch_keys(),
        audit: ports.audit.clone(),
        kdf: ports.kdf.clone(),
        parameters: ports.parameters,
        clock: Arc::clone(&ports.clock),
        entropy: Arc::clone(&ports.entropy),
    })
}

fn initiate<S: Store, U: UnwrapKey + Clone, A: RecordEvent + Clone>(
    ports: &Ports<S, U, A>,
    admission: &Admission<S>,
) -> Initiate<S, U, A> {
    Initiate::new(initiate::Ports {
        store: ports.store.clone(),
        admission: admission.clone(),
        keys: ports.branch_keys(),
        audit: ports.audit.clone(),
        parameters: ports.parameters,
        clock: Arc::clone(&ports.clock),
        entropy: Arc::clone(&ports.entropy),
    })
}

fn verify<S: Store, U: UnwrapKey + Clone, A: RecordEvent + Clone>(
    ports: &Ports<S, U, A>,
    admission: &Admission<S>,
) -> Verify<S, U, A> {
    Verify::new(verify::Ports {
        store: ports.store.clone(),
        admission: admission.clone(),
        keys: ports.branch_keys(),
        signing: SigningKeys::new(ports.store.clone(), ports.keys.clone(), Arc::clone(&ports.clock)),
        audit: ports.audit.clone(),
        kdf: ports.kdf.clone(),
        parameters: ports.parameters,
        issuer: ports.issuer.clone(),
        clock: Arc::clone(&ports.clock),
        entropy: Arc::clone(&ports.entropy),
    })
}

fn revoke<S: Store, U: UnwrapKey + Clone, A: RecordEvent + Clone>(
    ports: &Ports<S, U, A>,
    admission: &Admission<S>,
) -> Revoke<S, U, A> {
    Revoke::new(revoke::Ports {
        store: ports.store.clone(),
        admission: admission.clone(),
        keys: ports.branch_keys(),
        published: VerifyingKeys::new(ports.store.clone(), Arc::clone(&ports.clock)),
        audit: ports.audit.clone(),
        issuer: ports.issuer.clone(),
        clock: Arc::clone(&ports.clock),
        entropy: Arc::clone(&ports.entropy),
    })
}

/// A queue inside this process answers if the process does.
struct InProcess;

impl CheckReadiness for InProcess {
    async fn check_readiness(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
