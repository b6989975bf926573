//! The limits that hold where a stage says nothing else.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::{Algorithm, Limit, Penalty};

use super::{Policy, Row, Scope};
use crate::{CallerKind, Route};

impl Default for Policy {
    fn default() -> Self {
        Self { rows: DEFAULTS.to_vec() }
    }
}

/// Every limit there is. `docs/LIMITS.md` gives the reasons; a test holds the two together.
const DEFAULTS: [Row; 17] = [
    row("global", Scope::Everybody, &Route::ALL, FIXED.of(200_000, 10), 50),
    tenant("tenant_enroll", &[Route::Enroll], FIXED.of(6_000, 60), 5),
    tenant("tenant_describe_enrollment", &[Route::DescribeEnrollment], FIXED.of(600_000, 60), 50),
    tenant("tenant_rotate_factors", &[Route::RotateFactors], FIXED.of(6_000, 60), 5),
    tenant("tenant_erase", &[Route::Erase], FIXED.of(6_000, 60), 5),
    tenant("tenant_export", &[Route::Export], FIXED.of(600, 60), 1),
    tenant("tenant_initiate", &[Route::Initiate], FIXED.of(300_000, 60), 50),
    tenant("tenant_verify", &[Route::Verify], FIXED.of(300_000, 60), 50),
    tenant("tenant_status", &[Route::Status], FIXED.of(600_000, 60), 50),
    tenant("tenant_introspect", &[Route::Introspect], FIXED.of(600_000, 60), 50),
    tenant("tenant_revoke", &[Route::Revoke], FIXED.of(600_000, 60), 50),
    tenant("tenant_refresh", &[Route::Refresh], FIXED.of(600_000, 60), 50),
    tenant("tenant_list_sessions", &[Route::ListSessions], FIXED.of(60_000, 60), 5),
    tenant("tenant_audit_query", &[Route::AuditQuery], FIXED.of(600, 60), 1),
    row("source", Scope::Source(CallerKind::Server), &Route::ALL, PENALISED.of(300_000, 60), 50),
    row("device", Scope::Source(CallerKind::Device), &[Route::Status, Route::Verify], PENALISED.of(1_200, 60), 5),
    row("user", Scope::User, &[Route::Initiate], BUCKET.of(100, 100), 1),
];

const fn tenant(name: &'static str, routes: &'static [Route], limit: Limit, lease: u32) -> Row {
    row(name, Scope::Tenant, routes, limit, lease)
}

const fn row(name: &'static str, scope: Scope, routes: &'static [Route], limit: Limit, lease: u32) -> Row {
    Row { name, scope, routes, limit: Some(limit), lease: at_least_one(lease) }
}

/// How a limit counts, and what exceeding it costs.
struct Kind(Algorithm, Penalty);

const FIXED: Kind = Kind(Algorithm::FixedWindow, Penalty::None);
const PENALISED: Kind = Kind(Algorithm::SlidingWindow, Penalty::Escalating);
const BUCKET: Kind = Kind(Algorithm::TokenBucket, Penalty::None);

impl Kind {
    const fn of(self, quota: u32, period_seconds: u64) -> Limit {
        let Self(algorithm, penalty) = self;
        Limit { algorithm, quota: at_least_one(quota), period: Duration::from_secs(period_seconds), penalty }
    }
}

const fn at_least_one(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}
