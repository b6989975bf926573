//! The table of limits.

use std::num::NonZeroU32;

use domain::Limit;
use serde::{Serialize, Serializer};

mod defaults;
mod error;
mod members;
mod overrides;

use crate::{CallerKind, Route};

pub use error::PolicyError;
use overrides::penalty_name;

/// All limits. [`Policy::default`] is the table of `docs/LIMITS.md`; a stage changes single rows of it with a JSON object, for
/// example `{"user": {"quota": 20}, "device": null}`, which [`str::parse`] reads. An empty text changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    rows: Vec<Row>,
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its name in the policy, in the answers' headers and in counters' keys.
    pub name: &'static str,
    /// Whose requests are counted together.
    pub scope: Scope,
    /// Which requests count.
    pub routes: &'static [Route],
    /// How many, in which time; `None` if the limit is switched off.
    pub limit: Option<Limit>,
    /// How many permits a process draws at once.
    pub lease: NonZeroU32,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    Everybody,
    /// Those of a tenant.
    Tenant,
    /// Those of a tenant from one address, by callers of this kind.
    Source(CallerKind),
    /// Those about a user of a tenant.
    User,
}

impl Policy {
    /// Every row, those that are switched off included.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// As [`str::parse`] reads it, every row in full.
impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.rows.iter().map(|row| (row.name, row.fields())))
    }
}

impl Row {
    fn fields(&self) -> Option<Fields> {
        let Limit { quota, period, penalty, .. } = self.limit?;
        let penalty = penalty_name(penalty);
        Some(Fields { quota, period_seconds: period.as_secs(), lease: self.lease, penalty })
    }
}

#[derive(Serialize)]
struct Fields {
    quota: NonZeroU32,
    period_seconds: u64,
    lease: NonZeroU32,
    penalty: &'static str,
}
