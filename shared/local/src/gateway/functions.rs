//! All functions over the same ports.

use std::sync::Arc;

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
    CheckReadiness, ClaimAttempt, CompleteVerification, CreateEnrollment, FailAttempt, FindApiKey, FindBranchKey,
    FindEnrollment, FindSession, FindVerification, ListSigningKeys, OpenVerification, RevokeSession, StoreError,
    UpgradeVerifiers,
};
use verify::Verify;

use crate::Function;

/// Every port of every function.
pub trait Store:
    CheckReadiness
    + ClaimAttempt
    + Clone
    + CompleteVerification
    + CreateEnrollment
    + UpgradeVerifiers
    + FailAttempt
    + FindApiKey
    + FindBranchKey
    + FindEnrollment
    + FindSession
    + FindVerification
    + ListSigningKeys
    + OpenVerification
    + RevokeSession
    + 'static
{
}

impl<S> Store for S where
    S: CheckReadiness
        + ClaimAttempt
        + Clone
        + CompleteVerification
        + CreateEnrollment
        + UpgradeVerifiers
        + FailAttempt
        + FindApiKey
        + FindBranchKey
        + FindEnrollment
        + FindSession
        + FindVerification
        + ListSigningKeys
        + OpenVerification
        + RevokeSession
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
        let store = || ports.store.clone();
        let clock = || Arc::clone(&ports.clock);
        Self {
            enroll: enroll(ports),
            describe_enrollment: DescribeEnrollment::new(store()),
            initiate: initiate(ports),
            verify: verify(ports),
            status: ReadStatus::new(store(), ports.keys.clone(), clock()),
            introspect: Introspect::new(store(), &ports.issuer, clock()),
            revoke: revoke(ports),
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

    fn branch_keys(&self) -> BranchKeys<S, U>
    where
        S: FindBranchKey,
        U: UnwrapKey + Clone,
    {
        BranchKeys::new(self.store.clone(), self.keys.clone(), Arc::clone(&self.clock))
    }
}

fn enroll<S: Store, U: UnwrapKey + Clone, A: RecordEvent + Clone>(ports: &Ports<S, U, A>) -> Enroll<S, U, A> {
    Enroll::new(enroll::Ports {
        store: ports.store.clone(),
        keys: ports.branch_keys(),
        audit: ports.audit.clone(),
        kdf: ports.kdf.clone(),
        parameters: ports.parameters,
        clock: Arc::clone(&ports.clock),
        entropy: Arc::clone(&ports.entropy),
    })
}

fn initiate<S: Store, U: UnwrapKey + Clone, A: RecordEvent + Clone>(ports: &Ports<S, U, A>) -> Initiate<S, U, A> {
    Initiate::new(initiate::Ports {
        store: ports.store.clone(),
        keys: ports.branch_keys(),
        audit: ports.audit.clone(),
        parameters: ports.parameters,
        clock: Arc::clone(&ports.clock),
        entropy: Arc::clone(&ports.entropy),
    })
}

fn verify<S: Store, U: UnwrapKey + Clone, A: RecordEvent + Clone>(ports: &Ports<S, U, A>) -> Verify<S, U, A> {
    Verify::new(verify::Ports {
        store: ports.store.clone(),
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

fn revoke<S: Store, U: UnwrapKey + Clone, A: RecordEvent + Clone>(ports: &Ports<S, U, A>) -> Revoke<S, U, A> {
    Revoke::new(revoke::Ports {
        store: ports.store.clone(),
        keys: ports.branch_keys(),
        published: VerifyingKeys::new(ports.store.clone(), Arc::clone(&ports.clock)),
        audit: ports.audit.clone(),
        issuer: ports.issuer.clone(),
        clock: Arc::clone(&ports.clock),
    })
}

/// A queue inside this process answers if the process does.
struct InProcess;

impl CheckReadiness for InProcess {
    async fn check_readiness(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
