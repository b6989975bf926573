//! A user's enrolled factors.

use jiff::Timestamp;

use crate::{BranchKeyVersion, FactorSet, RequestFingerprint, Sealed, TenantId, UserId};

/// What is stored of one user. Verifiers, salts and the device's id are inside the sealed parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollment {
    /// The owner.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// Counts the user's factor sets: 1 at enrollment, one more at each rotation.
    pub key_version: u32,
    /// The branch key that seals the user's own key.
    pub branch_key_version: BranchKeyVersion,
    /// The enrolled types.
    pub factors: FactorSet,
    /// When the user was enrolled.
    pub created_at: Timestamp,
    /// The user's own key, sealed under the branch key. Destroying it shreds everything sealed under it.
    pub user_key: Sealed,
    /// The askable sets with their verifiers, sealed under the user's key.
    pub askable_sets: Sealed,
    /// The device's id, sealed under the user's key.
    pub device_id: Option<Sealed>,
    /// The request that made this record, so that its retry is recognised.
    pub request: RequestFingerprint,
}

/// Checks that factors can be enrolled: 2 to 10 of them over at least 2 categories.
///
/// # Errors
/// [`EnrollmentRefused`] says which rule failed.
pub fn enrollable(factors: FactorSet) -> Result<(), EnrollmentRefused> {
    if !(2..=10).contains(&factors.len()) {
        return Err(EnrollmentRefused::Count);
    }
    if factors.categories() < 2 {
        return Err(EnrollmentRefused::Categories);
    }
    Ok(())
}

/// The rule that a set of factors breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrollmentRefused {
    /// Fewer than 2 or more than 10 factors.
    #[error("an enrollment has 2 to 10 factors")]
    Count,
    /// All factors are of one category.
    #[error("an enrollment covers at least 2 categories")]
    Categories,
}

/// The tenant's name for a user's device.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceId(String);

impl DeviceId {
    /// Takes 1 to 128 visible ASCII characters.
    ///
    /// # Errors
    /// [`InvalidDeviceId`] for anything else.
    pub fn new(text: String) -> Result<Self, InvalidDeviceId> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(InvalidDeviceId) }
    }

    /// The id as text. Personal data: seal it before it is stored, never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceId(…)")
    }
}

/// The text is not 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a device id is 1 to 128 visible ASCII characters")]
pub struct InvalidDeviceId;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FactorType;

    #[test]
    fn two_to_ten_factors_of_two_categories_can_be_enrolled() {
        let of = |types: &[FactorType]| enrollable(FactorSet::of(types.iter().copied()).unwrap());

        assert_eq!(of(&[FactorType::Pin]), Err(EnrollmentRefused::Count));
        assert_eq!(of(&FactorType::ALL), Err(EnrollmentRefused::Count));
        assert_eq!(of(&[FactorType::Pin, FactorType::Words]), Err(EnrollmentRefused::Categories));
        assert_eq!(of(&[FactorType::Pin, FactorType::Nfc]), Ok(()));
        assert_eq!(of(&FactorType::ALL[..10]), Ok(()));
    }
}
