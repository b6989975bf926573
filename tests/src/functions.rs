//! All functions, mounted.

use std::sync::Arc;

use admin::Administer;
use admission::Admission;
use audit::Recorder;
use audit_query::ReadTrail;
use authorizer::Authorize;
use countersign_http::{Endpoint, StepUp};
use denials::Denials;
use describe_enrollment::DescribeEnrollment;
use domain::{Clock, Entropy};
use enroll::Enroll;
use erase::Erase;
use export::Export;
use health::{Dependencies, Health};
use initiate::Initiate;
use introspect::Introspect;
use jwks::PublishKeys;
use keyring::{BranchKeys, SigningKeys, VerifyingKeys};
use lambda_http::Request;
use list_sessions::ListLiveSessions;
use refresh::Refresh;
use revoke::Revoke;
use rotate_factors::Rotate;
use rotate_keys::RotateKeys;
use status::ReadStatus;
use testkit::RecordingStore;
use verify::Verify;

use crate::world::ISSUER;
use crate::{Answer, Function, ObservedAudit, ObservedKeys, ObservedQueue, Ports, World};

/// One process of each function. A new one has nothing cached.
#[derive(Debug, Clone)]
pub struct Functions<S> {
    enroll: Enroll<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    describe: DescribeEnrollment<RecordingStore<S>, ObservedAudit<S>>,
    rotate_factors: Rotate<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    erase: Erase<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    export: Export<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    initiate: Initiate<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    verify: Verify<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    status: ReadStatus<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    introspect: Introspect<RecordingStore<S>, ObservedAudit<S>>,
    revoke: Revoke<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    refresh: Refresh<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    list_sessions: ListLiveSessions<RecordingStore<S>, ObservedAudit<S>>,
    audit_query: ReadTrail<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    jwks: PublishKeys<RecordingStore<S>>,
    health: Health<RecordingStore<S>, ObservedQueue, ObservedKeys>,
    pub(crate) authorize: Authorize<RecordingStore<S>, ObservedAudit<S>>,
    pub(crate) administer: Administer<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
    pub(crate) rotate: RotateKeys<RecordingStore<S>, ObservedKeys, ObservedAudit<S>>,
}

impl<S: Ports> Functions<S> {
    /// Starts all functions on the ports of this world.
    #[must_use]
    pub fn start(world: &World<S>) -> Self {
        let store = || world.store.clone();
        let keys = || world.keys.clone();
        let clock = || Arc::clone(&world.clock) as Arc<dyn Clock>;
        let entropy = || Arc::clone(&world.entropy) as Arc<dyn Entropy>;
        let branch_keys = || BranchKeys::new(store(), keys(), clock());
        // One memory of the queue's health, and of the refusals that were recorded, as if it were one process.
        let recorder = Recorder::new(world.observed_queue(), store(), clock());
        let audit = || recorder.clone();
        let refused = Denials::new(audit(), clock(), entropy());
        let denials = || refused.clone();
        // One memory of leases and refusals for all of them: as if each function's requests met the same process.
        let admission = Admission::new(admission::Ports {
            store: store(),
            policy: world.policy.clone(),
            clock: clock(),
            entropy: entropy(),
        });
        let shared = Shared { admission: admission.clone(), audit: audit(), denials: denials() };
        let admission = || admission.clone();
        Self {
            enroll: Enroll::new(enroll::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                audit: audit(),
                denials: denials(),
                kdf: world.kdf.clone(),
                parameters: world.parameters,
                clock: clock(),
                entropy: entropy(),
            }),
            describe: DescribeEnrollment::new(describe_enrollment::Ports {
                store: store(),
                admission: admission(),
                denials: denials(),
            }),
            rotate_factors: shared.rotate_factors(world),
            erase: shared.erase(world),
            export: shared.export(world),
            initiate: Initiate::new(initiate::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                audit: audit(),
                denials: denials(),
                parameters: world.parameters,
                clock: clock(),
                entropy: entropy(),
            }),
            verify: shared.verify(world),
            status: ReadStatus::new(status::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                denials: denials(),
                clock: clock(),
            }),
            introspect: Introspect::new(introspect::Ports {
                store: store(),
                admission: admission(),
                published: VerifyingKeys::new(store(), clock()),
                denials: denials(),
                issuer: ISSUER.to_owned(),
                clock: clock(),
            }),
            revoke: Revoke::new(revoke::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                published: VerifyingKeys::new(store(), clock()),
                audit: audit(),
                denials: denials(),
                issuer: ISSUER.to_owned(),
                clock: clock(),
                entropy: entropy(),
            }),
            refresh: shared.refresh(world),
            list_sessions: shared.list_sessions(world),
            audit_query: ReadTrail::new(audit_query::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                audit: audit(),
                denials: denials(),
                clock: clock(),
                entropy: entropy(),
            }),
            jwks: PublishKeys::new(store(), clock()),
            health: Health::new(Dependencies { store: store(), queue: world.observed_queue(), keys: keys() }, clock()),
            authorize: Authorize::new(authorizer::Ports { store: store(), denials: denials(), clock: clock() }),
            administer: administer(world, audit()),
            rotate: RotateKeys::new(rotate_keys::Ports {
                store: store(),
                wrap: keys(),
                audit: audit(),
                clock: clock(),
                entropy: entropy(),
            }),
        }
    }

    /// A function's answer.
    pub async fn serve(&self, function: Function, request: Request) -> Answer {
        let response = match function {
            Function::Enroll => self.enroll.serve(request).await,
            Function::DescribeEnrollment => self.describe.serve(request).await,
            Function::RotateFactors => Box::pin(self.rotate_factors.serve(request)).await,
            Function::Erase => Box::pin(self.erase.serve(request)).await,
            Function::Export => Box::pin(self.export.serve(request)).await,
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
            Function::Authorizer => panic!("the authorizer is asked by the gateway"),
        };
        response.into()
    }
}

/// What the functions of one process share.
struct Shared<S> {
    admission: Admission<RecordingStore<S>>,
    audit: ObservedAudit<S>,
    denials: Denials<ObservedAudit<S>>,
}

impl<S: Ports> Shared<S> {
    fn rotate_factors(&self, world: &World<S>) -> Rotate<RecordingStore<S>, ObservedKeys, ObservedAudit<S>> {
        Rotate::new(rotate_factors::Ports {
            store: world.store.clone(),
            admission: self.admission.clone(),
            step_up: step_up(world),
            keys: BranchKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
            audit: self.audit.clone(),
            denials: self.denials.clone(),
            kdf: world.kdf.clone(),
            parameters: world.parameters,
            clock: clock(world),
            entropy: Arc::clone(&world.entropy) as Arc<dyn Entropy>,
        })
    }

    fn erase(&self, world: &World<S>) -> Erase<RecordingStore<S>, ObservedKeys, ObservedAudit<S>> {
        Erase::new(erase::Ports {
            store: world.store.clone(),
            admission: self.admission.clone(),
            step_up: step_up(world),
            keys: BranchKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
            audit: self.audit.clone(),
            denials: self.denials.clone(),
            clock: clock(world),
            entropy: Arc::clone(&world.entropy) as Arc<dyn Entropy>,
        })
    }

    fn verify(&self, world: &World<S>) -> Verify<RecordingStore<S>, ObservedKeys, ObservedAudit<S>> {
        Verify::new(verify::Ports {
            store: world.store.clone(),
            admission: self.admission.clone(),
            keys: BranchKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
            signing: SigningKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
            audit: self.audit.clone(),
            denials: self.denials.clone(),
            kdf: world.kdf.clone(),
            parameters: world.parameters,
            issuer: ISSUER.to_owned(),
            clock: clock(world),
            entropy: Arc::clone(&world.entropy) as Arc<dyn Entropy>,
        })
    }

    fn refresh(&self, world: &World<S>) -> Refresh<RecordingStore<S>, ObservedKeys, ObservedAudit<S>> {
        Refresh::new(refresh::Ports {
            store: world.store.clone(),
            admission: self.admission.clone(),
            keys: BranchKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
            signing: SigningKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
            audit: self.audit.clone(),
            denials: self.denials.clone(),
            issuer: ISSUER.to_owned(),
            clock: clock(world),
            entropy: Arc::clone(&world.entropy) as Arc<dyn Entropy>,
        })
    }

    fn list_sessions(&self, world: &World<S>) -> ListLiveSessions<RecordingStore<S>, ObservedAudit<S>> {
        ListLiveSessions::new(list_sessions::Ports {
            store: world.store.clone(),
            admission: self.admission.clone(),
            denials: self.denials.clone(),
            clock: clock(world),
        })
    }

    fn export(&self, world: &World<S>) -> Export<RecordingStore<S>, ObservedKeys, ObservedAudit<S>> {
        Export::new(export::Ports {
            store: world.store.clone(),
            admission: self.admission.clone(),
            step_up: step_up(world),
            keys: BranchKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
            audit: self.audit.clone(),
            denials: self.denials.clone(),
            clock: clock(world),
            entropy: Arc::clone(&world.entropy) as Arc<dyn Entropy>,
        })
    }
}

fn step_up<S: Ports>(world: &World<S>) -> StepUp<RecordingStore<S>> {
    StepUp::new(world.store.clone(), ISSUER.to_owned(), clock(world))
}

fn clock<S>(world: &World<S>) -> Arc<dyn Clock> {
    Arc::clone(&world.clock) as Arc<dyn Clock>
}

fn administer<S: Ports>(
    world: &World<S>,
    audit: ObservedAudit<S>,
) -> Administer<RecordingStore<S>, ObservedKeys, ObservedAudit<S>> {
    Administer::new(admin::Ports {
        store: world.store.clone(),
        keys: BranchKeys::new(world.store.clone(), world.keys.clone(), clock(world)),
        audit,
        policy: world.policy.clone(),
        clock: clock(world),
        entropy: Arc::clone(&world.entropy) as Arc<dyn Entropy>,
    })
}
