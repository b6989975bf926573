//! All functions over the same ports.

use std::sync::Arc;

use admission::{Admission, Policy};
use audit::RecordEvents;
use audit_query::ReadTrail;
use authorizer::Authorize;
use countersign_http::{Endpoint, StepUp};
use crypto::{CheckKey, KdfParameters, KdfPool, UnwrapKey};
use denials::Denials;
use describe_enrollment::DescribeEnrollment;
use domain::{Clock, Entropy};
use enroll::Enroll;
use erase::Erase;
use export::Export;
use health::{Dependencies, Health};
use http::Response;
use initiate::Initiate;
use introspect::Introspect;
use jwks::PublishKeys;
use keyring::{BranchKeys, SigningKeys, VerifyingKeys};
use lambda_http::{Body, Request};
use list_sessions::ListLiveSessions;
use refresh::Refresh;
use revoke::Revoke;
use rotate_factors::Rotate;
use status::ReadStatus;
use store::{CheckReadiness, StoreError};
use verify::Verify;

use super::Store;
use crate::Function;

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
    pub(super) authorize: Authorize<S, A>,
    enroll: Enroll<S, U, A>,
    describe_enrollment: DescribeEnrollment<S, A>,
    rotate_factors: Rotate<S, U, A>,
    erase: Erase<S, U, A>,
    export: Export<S, U, A>,
    initiate: Initiate<S, U, A>,
    verify: Verify<S, U, A>,
    status: ReadStatus<S, U, A>,
    introspect: Introspect<S, A>,
    revoke: Revoke<S, U, A>,
    refresh: Refresh<S, U, A>,
    list_sessions: ListLiveSessions<S, A>,
    audit_query: ReadTrail<S, U, A>,
    jwks: PublishKeys<S>,
    health: Health<S, InProcess, U>,
}

impl<S, U, A> Functions<S, U, A>
where
    S: Store,
    U: UnwrapKey + CheckKey + Clone + 'static,
    A: RecordEvents + Clone + 'static,
{
    pub(super) fn new(ports: &Ports<S, U, A>) -> Self {
        let shared = Shared::of(ports);
        let dependencies = Dependencies { store: ports.store.clone(), queue: InProcess, keys: ports.keys.clone() };
        Self {
            authorize: shared.authorize(),
            enroll: shared.enroll(),
            describe_enrollment: shared.describe_enrollment(),
            rotate_factors: shared.rotate_factors(),
            erase: shared.erase(),
            export: shared.export(),
            initiate: shared.initiate(),
            verify: shared.verify(),
            status: shared.status(),
            introspect: shared.introspect(),
            revoke: shared.revoke(),
            refresh: shared.refresh(),
            list_sessions: shared.list_sessions(),
            audit_query: shared.audit_query(),
            jwks: PublishKeys::new(ports.store.clone(), Arc::clone(&ports.clock)),
            health: Health::new(dependencies, Arc::clone(&ports.clock)),
        }
    }

    /// The function's answer.
    pub(super) async fn serve(&self, function: Function, request: Request) -> Response<Body> {
        match function {
            Function::Enroll => self.enroll.serve(request).await,
            Function::DescribeEnrollment => self.describe_enrollment.serve(request).await,
            Function::RotateFactors => self.rotate_factors.serve(request).await,
            Function::Erase => self.erase.serve(request).await,
            Function::Export => self.export.serve(request).await,
            Function::Initiate => self.initiate.serve(request).await,
            Function::Verify => self.verify.serve(request).await,
            Function::Status => self.status.serve(request).await,
            Function::Introspect => self.introspect.serve(request).await,
            Function::Revoke => self.revoke.serve(request).await,
            Function::Refresh => self.refresh.serve(request).await,
            Function::ListSessions => self.list_sessions.serve(request).await,
            Function::AuditQuery => self.audit_query.serve(request).await,
            Function::Jwks => self.jwks.serve(request).await,
            Function::Health => self.health.serve(request).await,
        }
    }
}

/// The ports, with one memory of leases, refusals and denials for all functions, as the host is one process.
struct Shared<'a, S, U, A> {
    ports: &'a Ports<S, U, A>,
    admission: Admission<S>,
    denials: Denials<A>,
}

impl<'a, S, U, A> Shared<'a, S, U, A>
where
    S: Store,
    U: UnwrapKey + CheckKey + Clone + 'static,
    A: RecordEvents + Clone + 'static,
{
    fn of(ports: &'a Ports<S, U, A>) -> Self {
        let admission = Admission::new(admission::Ports {
            store: ports.store.clone(),
            policy: ports.policy.clone(),
            clock: Arc::clone(&ports.clock),
            entropy: Arc::clone(&ports.entropy),
        });
        let denials = Denials::new(ports.audit.clone(), Arc::clone(&ports.clock), Arc::clone(&ports.entropy));
        Self { ports, admission, denials }
    }

    fn store(&self) -> S {
        self.ports.store.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.ports.clock)
    }

    fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.ports.entropy)
    }

    fn branch_keys(&self) -> BranchKeys<S, U> {
        BranchKeys::new(self.store(), self.ports.keys.clone(), self.clock())
    }

    fn authorize(&self) -> Authorize<S, A> {
        Authorize::new(authorizer::Ports { store: self.store(), denials: self.denials.clone(), clock: self.clock() })
    }

    fn enroll(&self) -> Enroll<S, U, A> {
        Enroll::new(enroll::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            keys: self.branch_keys(),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            kdf: self.ports.kdf.clone(),
            parameters: self.ports.parameters,
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }

    fn describe_enrollment(&self) -> DescribeEnrollment<S, A> {
        DescribeEnrollment::new(describe_enrollment::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            denials: self.denials.clone(),
        })
    }

    fn step_up(&self) -> StepUp<S> {
        StepUp::new(self.store(), self.ports.issuer.clone(), self.clock())
    }

    fn rotate_factors(&self) -> Rotate<S, U, A> {
        Rotate::new(rotate_factors::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            step_up: self.step_up(),
            keys: self.branch_keys(),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            kdf: self.ports.kdf.clone(),
            parameters: self.ports.parameters,
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }

    fn erase(&self) -> Erase<S, U, A> {
        Erase::new(erase::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            step_up: self.step_up(),
            keys: self.branch_keys(),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }

    fn export(&self) -> Export<S, U, A> {
        Export::new(export::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            step_up: self.step_up(),
            keys: self.branch_keys(),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }

    fn initiate(&self) -> Initiate<S, U, A> {
        Initiate::new(initiate::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            keys: self.branch_keys(),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            parameters: self.ports.parameters,
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }

    fn verify(&self) -> Verify<S, U, A> {
        Verify::new(verify::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            keys: self.branch_keys(),
            signing: SigningKeys::new(self.store(), self.ports.keys.clone(), self.clock()),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            kdf: self.ports.kdf.clone(),
            parameters: self.ports.parameters,
            issuer: self.ports.issuer.clone(),
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }

    fn status(&self) -> ReadStatus<S, U, A> {
        ReadStatus::new(status::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            keys: self.branch_keys(),
            denials: self.denials.clone(),
            clock: self.clock(),
        })
    }

    fn introspect(&self) -> Introspect<S, A> {
        Introspect::new(introspect::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            published: VerifyingKeys::new(self.store(), self.clock()),
            denials: self.denials.clone(),
            issuer: self.ports.issuer.clone(),
            clock: self.clock(),
        })
    }

    fn revoke(&self) -> Revoke<S, U, A> {
        Revoke::new(revoke::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            keys: self.branch_keys(),
            published: VerifyingKeys::new(self.store(), self.clock()),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            issuer: self.ports.issuer.clone(),
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }

    fn refresh(&self) -> Refresh<S, U, A> {
        Refresh::new(refresh::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            keys: self.branch_keys(),
            signing: SigningKeys::new(self.store(), self.ports.keys.clone(), self.clock()),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            issuer: self.ports.issuer.clone(),
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }

    fn list_sessions(&self) -> ListLiveSessions<S, A> {
        ListLiveSessions::new(list_sessions::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            denials: self.denials.clone(),
            clock: self.clock(),
        })
    }

    fn audit_query(&self) -> ReadTrail<S, U, A> {
        ReadTrail::new(audit_query::Ports {
            store: self.store(),
            admission: self.admission.clone(),
            keys: self.branch_keys(),
            audit: self.ports.audit.clone(),
            denials: self.denials.clone(),
            clock: self.clock(),
            entropy: self.entropy(),
        })
    }
}

/// A queue inside this process answers if the process does.
struct InProcess;

impl CheckReadiness for InProcess {
    async fn check_readiness(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
