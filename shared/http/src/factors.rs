//! The `factors` member of enrollments and attempts.

use domain::{Digest, FactorSet, FactorType, PresentedFactors};
use serde::{Deserialize, Serialize};

use crate::{Object, Problem, ProblemType};

/// One factor as it is sent. No `Debug`: the digest is a secret from here on.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct FactorBody(Object<FactorMembers>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorMembers {
    #[serde(rename = "type")]
    unverified_type: String,
    #[serde(rename = "digest")]
    unverified_digest: String,
}

/// Checks what was presented: known and distinct types, each with a digest.
///
/// # Errors
/// [`Problem`] 400, which says which member of which factor is at fault.
pub fn presented_factors(factors: &[FactorBody]) -> Result<PresentedFactors, Problem> {
    let pairs = factors.iter().enumerate().map(|(position, FactorBody(Object(factor)))| {
        let fault = |member: &str, detail| Problem {
            pointer: Some(format!("/factors/{position}/{member}")),
            ..Problem::new(ProblemType::InvalidRequest).detail(detail)
        };
        let kind: FactorType =
            factor.unverified_type.parse().map_err(|_| fault("type", "this factor type does not exist"))?;
        let digest = Digest::from_hex(&factor.unverified_digest)
            .map_err(|_| fault("digest", "a digest is 64 hexadecimal digits"))?;
        Ok((kind, digest))
    });
    let pairs = pairs.collect::<Result<Vec<_>, Problem>>()?;
    PresentedFactors::new(pairs).map_err(|_| Problem::invalid("/factors", "a factor type occurs twice"))
}

/// One enrolled factor as it is answered.
#[derive(Debug, Serialize)]
pub struct FactorDescription {
    #[serde(rename = "type")]
    kind: &'static str,
    category: &'static str,
}

impl FactorDescription {
    /// Describes each factor of a set.
    #[must_use]
    pub fn of_each(factors: FactorSet) -> Vec<Self> {
        factors.iter().map(|kind| Self { kind: kind.name(), category: kind.category().name() }).collect()
    }
}
