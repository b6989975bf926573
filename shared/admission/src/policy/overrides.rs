//! What a stage changes about the limits.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use domain::{Algorithm, Limit, Penalty};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::members::Members;
use super::{Policy, PolicyError, Row};

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        if text.is_empty() {
            return Ok(policy);
        }
        let changes: Members<Change> = serde_json::from_str(text).map_err(|_| table("is not one JSON object"))?;
        if changes.has_a_name_twice() {
            return Err(table("has a limit twice"));
        }
        for (name, change) in changes.0 {
            let row = policy.rows.iter_mut().find(|row| row.name == name);
            row.ok_or(table("has a limit that does not exist"))?.change(&change)?;
        }
        Ok(policy)
    }
}

/// What becomes of one limit.
#[derive(Deserialize)]
#[serde(untagged)]
enum Change {
    /// `null`
    SwitchedOff,
    /// Fields; those that are missing stay as they are.
    Fields(Members<Value>),
    /// Nothing that has a meaning.
    Other(IgnoredAny),
}

impl Row {
    fn change(&mut self, change: &Change) -> Result<(), PolicyError> {
        let fields = match change {
            Change::SwitchedOff => {
                self.limit = None;
                return Ok(());
            }
            Change::Fields(fields) => fields,
            Change::Other(_) => return Err(self.fault(None, "is neither an object nor null")),
        };
        if fields.has_a_name_twice() {
            return Err(self.fault(None, "has a field twice"));
        }
        let mut asked_lease = None;
        for (field, value) in &fields.0 {
            match field.as_str() {
                "quota" => self.set_quota(value)?,
                "period_seconds" => self.set_period(value)?,
                "lease" => asked_lease = Some(value),
                "penalty" => self.set_penalty(value)?,
                _ => return Err(self.fault(None, "has a field besides quota, period_seconds, lease and penalty")),
            }
        }
        self.check_bucket()?;
        self.set_lease(asked_lease)
    }

    /// A bucket gains a token every so many whole milliseconds.
    fn check_bucket(&self) -> Result<(), PolicyError> {
        let is_too_fast = self.limit.is_some_and(|limit| {
            limit.algorithm == Algorithm::TokenBucket && i64::from(limit.quota.get()) > limit.period_millis()
        });
        if is_too_fast { Err(self.fault(Some("quota"), "is more than one in a millisecond")) } else { Ok(()) }
    }

    fn set_quota(&mut self, value: &Value) -> Result<(), PolicyError> {
        let quota = whole_number(value).filter(|quota| *quota <= MAX_QUOTA);
        let quota = quota.ok_or(self.fault(Some("quota"), "is not from 1 to 10000000"))?;
        self.limit = self.limit.map(|limit| Limit { quota, ..limit });
        Ok(())
    }

    fn set_period(&mut self, value: &Value) -> Result<(), PolicyError> {
        let seconds = whole_number(value).filter(|seconds| *seconds <= MAX_PERIOD_SECONDS);
        let seconds = seconds.ok_or(self.fault(Some("period_seconds"), "is not from 1 to 86400"))?;
        let period = Duration::from_secs(seconds.get().into());
        self.limit = self.limit.map(|limit| Limit { period, ..limit });
        Ok(())
    }

    fn set_penalty(&mut self, value: &Value) -> Result<(), PolicyError> {
        let penalty = [Penalty::None, Penalty::Escalating].into_iter().find(|known| penalty_name(*known) == value);
        let penalty = penalty.ok_or(self.fault(Some("penalty"), "is neither none nor escalating"))?;
        self.limit = self.limit.map(|limit| Limit { penalty, ..limit });
        Ok(())
    }

    /// Comes last, since it depends on the quota.
    fn set_lease(&mut self, asked: Option<&Value>) -> Result<(), PolicyError> {
        let Some(limit) = self.limit else { return Ok(()) };
        let Some(asked) = asked else {
            self.lease = self.lease.min(unasked_lease(limit.quota));
            return Ok(());
        };
        let lease = whole_number(asked).filter(|lease| *lease <= MAX_LEASE && *lease <= limit.quota);
        let lease = lease.ok_or(self.fault(Some("lease"), "is not from 1 to 1000 and at most the quota"))?;
        if limit.algorithm == Algorithm::TokenBucket && lease > NonZeroU32::MIN {
            // Permits of a bucket do not expire: leases of it would add up to more than its quota.
            return Err(self.fault(Some("lease"), "is not 1, which is a bucket's only one"));
        }
        self.lease = lease;
        Ok(())
    }

    fn fault(&self, field: Option<&'static str>, problem: &'static str) -> PolicyError {
        PolicyError { row: Some(self.name), field, problem }
    }
}

/// The penalty's name in tables of limits.
pub(super) const fn penalty_name(penalty: Penalty) -> &'static str {
    match penalty {
        Penalty::None => "none",
        Penalty::Escalating => "escalating",
    }
}

/// The largest lease where the stage does not ask for one: a hundredth of the quota, so that what a process may hold back
/// stays small.
fn unasked_lease(quota: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(quota.get() / 100).unwrap_or(NonZeroU32::MIN)
}

fn whole_number(value: &Value) -> Option<NonZeroU32> {
    NonZeroU32::new(u32::try_from(value.as_u64()?).ok()?)
}

const fn table(problem: &'static str) -> PolicyError {
    PolicyError { row: None, field: None, problem }
}

const fn most(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// With [`MAX_PERIOD_SECONDS`]: quota × milliseconds stays below 2⁵³, which scripts inside a store calculate with exactly.
const MAX_QUOTA: NonZeroU32 = most(10_000_000);

/// A day.
const MAX_PERIOD_SECONDS: NonZeroU32 = most(86_400);

/// More would save no calls worth naming.
const MAX_LEASE: NonZeroU32 = most(1_000);
