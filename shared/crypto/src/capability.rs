//! Capabilities: `csc_…`, which open one verification's own routes to the device that holds them.

use std::fmt;

use domain::{BranchKeyVersion, TenantId, VerificationId};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::BranchKey;
use crate::canonical::Canonical;
use crate::opaque_secret::{MalformedSecret, read, write};

/// A capability to hand out: tenant ‖ verification ‖ branch key version ‖ MAC.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Capability(Zeroizing<String>);

impl Capability {
    /// The text, to hand it to the device.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capability(…)")
    }
}

/// A capability as somebody presented it: what it names is their word until [`BranchKey::checks_capability`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PresentedCapability {
    #[zeroize(skip)]
    tenant: TenantId,
    #[zeroize(skip)]
    verification: VerificationId,
    #[zeroize(skip)]
    branch_key_version: BranchKeyVersion,
    mac: [u8; 32],
}

impl PresentedCapability {
    /// Reads the text form.
    ///
    /// # Errors
    /// [`MalformedSecret`] if it can't have come from [`BranchKey::capability`].
    pub fn parse(unverified_text: &str) -> Result<Self, MalformedSecret> {
        let body = read::<68>(PREFIX, unverified_text)?;
        let (tenant, rest) = body.split_first_chunk::<16>().ok_or(MalformedSecret)?;
        let (verification, rest) = rest.split_first_chunk::<16>().ok_or(MalformedSecret)?;
        let (version, mac) = rest.split_first_chunk::<4>().ok_or(MalformedSecret)?;
        Ok(Self {
            tenant: TenantId::new(Uuid::from_bytes(*tenant)),
            verification: VerificationId::new(Uuid::from_bytes(*verification)),
            branch_key_version: BranchKeyVersion::new(u32::from_be_bytes(*version)).ok_or(MalformedSecret)?,
            mac: mac.try_into().map_err(|_| MalformedSecret)?,
        })
    }

    /// The tenant that the capability names.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The verification that the capability names.
    #[must_use]
    pub const fn verification(&self) -> VerificationId {
        self.verification
    }

    /// The version of the branch key that it claims to come from: the one to check it with.
    #[must_use]
    pub const fn branch_key_version(&self) -> BranchKeyVersion {
        self.branch_key_version
    }
}

impl fmt::Debug for PresentedCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedCapability(verification {}, …)", self.verification)
    }
}

impl BranchKey {
    /// The capability for one verification: the same for a retry.
    #[must_use]
    pub fn capability(&self, verification: VerificationId) -> Capability {
        let mac = Zeroizing::new(self.capabilities.tag(capability_message(verification).as_bytes()));
        let version = self.version().number().to_be_bytes();
        let body = Zeroizing::new(
            [self.tenant().as_bytes().as_slice(), verification.as_bytes(), &version, mac.as_slice()].concat(),
        );
        Capability(write(PREFIX, &body))
    }

    /// Whether this very key made the capability; constant-time in the MAC.
    #[must_use]
    pub fn checks_capability(&self, presented: &PresentedCapability) -> bool {
        presented.tenant == self.tenant()
            && presented.branch_key_version == self.version()
            && self.capabilities.verify(capability_message(presented.verification).as_bytes(), &presented.mac)
    }
}

fn capability_message(verification: VerificationId) -> Canonical {
    Canonical::new("capability").field(verification.as_bytes())
}

const PREFIX: &str = "csc_";
