//! A user's own key. Everything of a user that is kept secret is sealed under it, so destroying it erases the user.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::{DeviceId, Entropy, EventId, Sealed, SourceAddress, TenantId, UserId};
use zeroize::Zeroizing;

use crate::derive::Parent;
use crate::place::{Place, SealedField};
use crate::seal::{open, seal};
use crate::{BranchKey, OpenRefused, SealFailed, SecretKey, Verifiers};

/// The key of one user of one tenant.
pub struct UserKey {
    tenant: TenantId,
    user: UserId,
    key: SecretKey,
    parent: Parent,
}

impl UserKey {
    fn new(tenant: TenantId, user: UserId, key: SecretKey) -> Self {
        let parent = Parent::new(&key);
        Self { tenant, user, key, parent }
    }

    /// Seals the askable sets for the enrollment's `key_version`.
    ///
    /// # Errors
    /// [`SealFailed`] if randomness or the cipher fails.
    pub fn seal_verifiers(
        &self,
        verifiers: &Verifiers,
        key_version: u32,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, SealFailed> {
        seal(&self.parent, &self.place(SealedField::AskableSets(key_version)), &verifiers.encode(), entropy)
    }

    /// Opens the askable sets of the enrollment's `key_version`.
    ///
    /// # Errors
    /// [`OpenRefused`] if they are not genuine for this user and version.
    pub fn open_verifiers(&self, sealed: &Sealed, key_version: u32) -> Result<Verifiers, OpenRefused> {
        let plaintext = open(&self.parent, &self.place(SealedField::AskableSets(key_version)), sealed)?;
        Verifiers::parse(&plaintext).ok_or(OpenRefused)
    }

    /// Seals the device's id for the enrollment's `key_version`.
    ///
    /// # Errors
    /// [`SealFailed`] if randomness or the cipher fails.
    pub fn seal_device_id(
        &self,
        device: &DeviceId,
        key_version: u32,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, SealFailed> {
        seal(&self.parent, &self.place(SealedField::DeviceId(key_version)), device.expose().as_bytes(), entropy)
    }

    /// Opens the device's id of the enrollment's `key_version`.
    ///
    /// # Errors
    /// [`OpenRefused`] if it is not genuine for this user and version.
    pub fn open_device_id(&self, sealed: &Sealed, key_version: u32) -> Result<DeviceId, OpenRefused> {
        let plaintext = open(&self.parent, &self.place(SealedField::DeviceId(key_version)), sealed)?;
        let text = std::str::from_utf8(&plaintext).map_err(|_| OpenRefused)?;
        DeviceId::new(text.to_owned()).map_err(|_| OpenRefused)
    }

    /// Seals what an audit event holds of the person: the address that the request came from.
    ///
    /// # Errors
    /// [`SealFailed`] if randomness or the cipher fails.
    pub fn seal_personal_data(
        &self,
        event: EventId,
        source: SourceAddress,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, SealFailed> {
        seal(&self.parent, &self.place(SealedField::SourceAddress(event)), &of_one_length(source).octets(), entropy)
    }

    /// Opens what an audit event holds of the person.
    ///
    /// # Errors
    /// [`OpenRefused`] if it is not genuine for this user and event.
    pub fn open_personal_data(&self, event: EventId, sealed: &Sealed) -> Result<SourceAddress, OpenRefused> {
        let plaintext = open(&self.parent, &self.place(SealedField::SourceAddress(event)), sealed)?;
        let octets: [u8; 16] = plaintext.as_slice().try_into().map_err(|_| OpenRefused)?;
        Ok(SourceAddress::from_transport(IpAddr::V6(octets.into())))
    }

    const fn place(&self, field: SealedField) -> Place {
        Place::new(self.tenant, self.user, field)
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserKey({})", self.user)
    }
}

impl BranchKey {
    /// A fresh key for a user of this tenant.
    ///
    /// # Errors
    /// [`SealFailed::Entropy`] if the source fails.
    pub fn new_user_key(&self, user: UserId, entropy: &dyn Entropy) -> Result<UserKey, SealFailed> {
        Ok(UserKey::new(self.tenant(), user, SecretKey::draw(entropy)?))
    }

    /// Seals a user's key under this key.
    ///
    /// # Errors
    /// [`SealFailed`] if it is another tenant's, or randomness or the cipher fails.
    pub fn seal_user_key(&self, user_key: &UserKey, entropy: &dyn Entropy) -> Result<Sealed, SealFailed> {
        if user_key.tenant != self.tenant() {
            return Err(SealFailed::ForeignKey);
        }
        let place = self.place(user_key.user, SealedField::UserKey(self.version()));
        seal(&self.sealing, &place, user_key.key.as_bytes(), entropy)
    }

    /// Opens a user's key that this version sealed.
    ///
    /// # Errors
    /// [`OpenRefused`] if it is not genuine for this tenant, user and version.
    pub fn open_user_key(&self, user: UserId, sealed: &Sealed) -> Result<UserKey, OpenRefused> {
        let plaintext = open(&self.sealing, &self.place(user, SealedField::UserKey(self.version())), sealed)?;
        let bytes = <Zeroizing<[u8; 32]>>::new(plaintext.as_slice().try_into().map_err(|_| OpenRefused)?);
        Ok(UserKey::new(self.tenant(), user, SecretKey::new(*bytes)))
    }

    const fn place(&self, user: UserId, field: SealedField) -> Place {
        Place::new(self.tenant(), user, field)
    }
}

/// The address in 16 bytes, an IPv4 one mapped (RFC 4291 §2.5.5.2), so that a ciphertext's length does not tell which it is.
const fn of_one_length(source: SourceAddress) -> Ipv6Addr {
    match source.address() {
        IpAddr::V4(v4) => Ipv4Addr::to_ipv6_mapped(&v4),
        IpAddr::V6(v6) => v6,
    }
}
