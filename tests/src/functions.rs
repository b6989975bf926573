//! All functions, mounted.

use std::sync::Arc;

use admin::Administer;
use admission::Admission;
use authorizer::Authorize;
use countersign_http::Endpoint;
use describe_enrollment::DescribeEnrollment;
use domain::{Clock, Entropy};
use enroll::Enroll;
use health::{Dependencies, Health};
use initiate::Initiate;
use introspect::Introspect;
use jwks::PublishKeys;
use keyring::{BranchKeys, SigningKeys, VerifyingKeys};
use lambda_http::Request;
use revoke::Revoke;
use status::ReadStatus;
use testkit::RecordingStore;
use verify::Verify;

use crate::world::ISSUER;
use crate::{Answer, Function, ObservedKeys, ObservedSink, Ports, World};

/// One process of each function. A new one has nothing cached.
#[derive(Debug, Clone)]
pub struct Functions<S> {
    enroll: Enroll<RecordingStore<S>, ObservedKeys, ObservedSink>,
    describe: DescribeEnrollment<RecordingStore<S>>,
    initiate: Initiate<RecordingStore<S>, ObservedKeys, ObservedSink>,
    verify: Verify<RecordingStore<S>, ObservedKeys, ObservedSink>,
    status: ReadStatus<RecordingStore<S>, ObservedKeys>,
    introspect: Introspect<RecordingStore<S>>,
    revoke: Revoke<RecordingStore<S>, ObservedKeys, ObservedSink>,
    jwks: PublishKeys<RecordingStore<S>>,
    health: Health<RecordingStore<S>, ObservedSink, ObservedKeys>,
    pub(crate) authorize: Authorize<RecordingStore<S>>,
    pub(crate) administer: Administer<RecordingStore<S>, ObservedKeys, ObservedSink>,
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
        let audit = || world.observed_sink();
        let parameters = world.parameters;
        // One memory of leases and refusals for all of them: as if each function's requests met the same process.
        let admission = Admission::new(admission::Ports {
            store: store(),
            policy: world.policy.clone(),
            clock: clock(),
            entropy: entropy(),
        });
        let admission = || admission.clone();
        Self {
            enroll: Enroll::new(enroll::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                audit: audit(),
                kdf: world.kdf.clone(),
                parameters,
                clock: clock(),
                entropy: entropy(),
            }),
            describe: DescribeEnrollment::new(store(), admission()),
            initiate: Initiate::new(initiate::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                audit: audit(),
                parameters,
                clock: clock(),
                entropy: entropy(),
            }),
            verify: Verify::new(verify::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                signing: SigningKeys::new(store(), keys(), clock()),
                audit: audit(),
                kdf: world.kdf.clone(),
                parameters,
                issuer: ISSUER.to_owned(),
                clock: clock(),
                entropy: entropy(),
            }),
            status: ReadStatus::new(store(), keys(), clock(), admission()),
            introspect: Introspect::new(store(), ISSUER, clock(), admission()),
            revoke: Revoke::new(revoke::Ports {
                store: store(),
                admission: admission(),
                keys: branch_keys(),
                published: VerifyingKeys::new(store(), clock()),
                audit: audit(),
                issuer: ISSUER.to_owned(),
                clock: clock(),
                entropy: entropy(),
            }),
            jwks: PublishKeys::new(store(), clock()),
            health: Health::new(Dependencies { store: store(), queue: audit(), keys: keys() }, clock()),
            authorize: Authorize::new(store(), clock()),
            administer: Administer::new(admin::Ports {
                store: store(),
                keys: branch_keys(),
                audit: audit(),
                policy: world.policy.clone(),
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
            Function::Initiate => self.initiate.serve(request).await,
            Function::Verify => self.verify.serve(request).await,
            Function::Status => self.status.serve(request).await,
            Function::Introspect => self.introspect.serve(request).await,
            Function::Revoke => self.revoke.serve(request).await,
            Function::Jwks => self.jwks.serve(request).await,
            Function::Health => self.health.serve(request).await,
            Function::Authorizer => panic!("the authorizer is asked by the gateway"),
        };
        response.into()
    }
}
