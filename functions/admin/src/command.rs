//! Commands, and their JSON form: an object with `command` and exactly that command's own members.

use std::str::FromStr;
use std::time::Duration;

use domain::{ApiKeyId, ApiKeyMode, ApiKeyName, ListedAccess, ListedSubject, Listing, Scopes, TenantId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error};

/// What the operator wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Forget a user's failures, so that a lock ends.
    UnlockAccount {
        /// The user's tenant.
        tenant: TenantId,
        /// The user, who may not be enrolled: failures of unknown users are counted like everybody's.
        user: UserId,
    },
    /// End all sessions of a user and let nobody verify as them, until they are enabled again.
    DisableUser {
        /// The user's tenant.
        tenant: TenantId,
        /// The user.
        user: UserId,
    },
    /// Let a user who was disabled be verified again.
    EnableUser {
        /// The user's tenant.
        tenant: TenantId,
        /// The user.
        user: UserId,
    },
    /// Destroy a user's key and with it all that it sealed, for ever, whether or not the user is disabled.
    EraseUser {
        /// The user's tenant.
        tenant: TenantId,
        /// The user.
        user: UserId,
    },
    /// Add an entry to the list of those who are allowed everything or denied, or replace the subject's.
    PutListing(Listing),
    /// Remove a subject's entry.
    RemoveListing(ListedSubject),
    /// End all sessions of a tenant.
    RevokeAllSessions {
        /// The tenant.
        tenant: TenantId,
    },
    /// Tell the limits and the list that are in force.
    ShowLimits,
    /// Make a further API key of a tenant.
    CreateKey(NewKey),
    /// Make an API key that takes the place of another.
    RotateKey(KeyRotation),
    /// End an API key at once.
    RevokeKey {
        /// The key's tenant.
        tenant: TenantId,
        /// The key.
        key: ApiKeyId,
    },
    /// Tell a tenant's API keys.
    ListKeys(TenantId),
}

/// A further API key. Repeating the command makes another one: who lost an answer revokes what the list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Whom it speaks for.
    pub tenant: TenantId,
    /// What it is called.
    pub name: ApiKeyName,
    /// What it is for.
    pub mode: ApiKeyMode,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
}

/// A new key in place of an old one, with its name, mode and scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    /// The keys' tenant.
    pub tenant: TenantId,
    /// The old key.
    pub key: ApiKeyId,
    /// How much longer the old key works, if it would.
    pub overlap: Overlap,
    /// When the new key stops working; without it, the new one lasts as long as the old one was to last, if that had an end.
    pub expires_at: Option<Timestamp>,
}

/// How long two keys work side by side: a day, if nothing is said, and at most 30. Without an end, the old key would not be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap(Duration);

impl Overlap {
    /// So many seconds; `None` if that is more than 30 days.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Option<Self> {
        if seconds <= MAX_OVERLAP_SECONDS { Some(Self(Duration::from_secs(seconds))) } else { None }
    }

    /// How long that is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl Default for Overlap {
    fn default() -> Self {
        Self(Duration::from_secs(24 * 3_600))
    }
}

const MAX_OVERLAP_SECONDS: u64 = 30 * 24 * 3_600;

impl Command {
    /// Parses the JSON form.
    ///
    /// # Errors
    /// [`MalformedCommand`] if it is anything else: another command, a member too many, missing or twice, another type.
    pub fn parse(unverified_json: &str) -> Result<Self, MalformedCommand> {
        let form: Form = serde_json::from_str(unverified_json)?;
        Ok(match form {
            Form::UnlockAccount { tenant_id, user_id } => Self::UnlockAccount { tenant: tenant_id, user: user_id },
            Form::DisableUser { tenant_id, user_id } => Self::DisableUser { tenant: tenant_id, user: user_id },
            Form::EnableUser { tenant_id, user_id } => Self::EnableUser { tenant: tenant_id, user: user_id },
            Form::EraseUser { tenant_id, user_id } => Self::EraseUser { tenant: tenant_id, user: user_id },
            Form::PutListing { subject, access, expires_at } => {
                Self::PutListing(Listing { subject, access, expires_at })
            }
            Form::RemoveListing { subject } => Self::RemoveListing(subject),
            Form::RevokeAllSessions { tenant_id } => Self::RevokeAllSessions { tenant: tenant_id },
            Form::ShowLimits {} => Self::ShowLimits,
            Form::CreateKey { tenant_id, name, mode, scopes, expires_at } => {
                Self::CreateKey(NewKey { tenant: tenant_id, name, mode, scopes, expires_at })
            }
            Form::RotateKey { tenant_id, key_id, overlap_seconds, expires_at } => Self::RotateKey(KeyRotation {
                tenant: tenant_id,
                key: key_id,
                overlap: overlap_seconds.unwrap_or_default(),
                expires_at,
            }),
            Form::RevokeKey { tenant_id, key_id } => Self::RevokeKey { tenant: tenant_id, key: key_id },
            Form::ListKeys { tenant_id } => Self::ListKeys(tenant_id),
        })
    }

    /// Whether it changes something, and so leaves an event.
    #[must_use]
    pub const fn changes(&self) -> bool {
        !matches!(self, Self::ShowLimits | Self::ListKeys(_))
    }
}

/// What was sent is not a command. Its source says where and why.
#[derive(Debug, thiserror::Error)]
#[error("not a command")]
pub struct MalformedCommand(#[from] serde_json::Error);

#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
enum Form {
    UnlockAccount {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
        #[serde(deserialize_with = "text")]
        user_id: UserId,
    },
    DisableUser {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
        #[serde(deserialize_with = "text")]
        user_id: UserId,
    },
    EnableUser {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
        #[serde(deserialize_with = "text")]
        user_id: UserId,
    },
    EraseUser {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
        #[serde(deserialize_with = "text")]
        user_id: UserId,
    },
    PutListing {
        #[serde(deserialize_with = "text")]
        subject: ListedSubject,
        #[serde(deserialize_with = "text")]
        access: ListedAccess,
        expires_at: Timestamp,
    },
    RemoveListing {
        #[serde(deserialize_with = "text")]
        subject: ListedSubject,
    },
    #[serde(rename = "revoke_sessions")]
    RevokeAllSessions {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
    },
    // Braces, so that this one refuses members that it does not have, too.
    ShowLimits {},
    CreateKey {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
        #[serde(deserialize_with = "text")]
        name: ApiKeyName,
        #[serde(deserialize_with = "text")]
        mode: ApiKeyMode,
        #[serde(deserialize_with = "text")]
        scopes: Scopes,
        #[serde(default)]
        expires_at: Option<Timestamp>,
    },
    RotateKey {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
        #[serde(deserialize_with = "text")]
        key_id: ApiKeyId,
        #[serde(default, deserialize_with = "seconds")]
        overlap_seconds: Option<Overlap>,
        #[serde(default)]
        expires_at: Option<Timestamp>,
    },
    RevokeKey {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
        #[serde(deserialize_with = "text")]
        key_id: ApiKeyId,
    },
    ListKeys {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
    },
}

/// Anything with one text form.
fn text<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("not the text form of this member"))
}

/// So many seconds, or null.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Overlap>, D::Error> {
    let Some(seconds) = Option::<u64>::deserialize(deserializer)? else { return Ok(None) };
    Overlap::from_seconds(seconds).map(Some).ok_or_else(|| D::Error::custom("more than 30 days"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_from_its_json() {
        let json = r#"{"command":"put_listing","subject":"network/198.51.100.7/24","access":"denied",
                       "expires_at":"2027-01-01T00:00:00Z"}"#;

        let Command::PutListing(listing) = Command::parse(json).unwrap() else { panic!("another command") };

        assert_eq!(listing.subject.to_string(), "network/198.51.100.0/24");
        assert_eq!((listing.access, listing.expires_at.as_second()), (ListedAccess::Denied, 1_798_761_600));
    }

    #[test]
    fn what_is_not_said_of_a_rotation_is_a_day_and_no_end() {
        let rotation = |more: &str| {
            Command::parse(&format!(
                r#"{{"command":"rotate_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","key_id":"abababababababab"{more}}}"#
            ))
        };
        let parsed = |overlap_seconds, expires_at: Option<&str>| {
            Command::RotateKey(KeyRotation {
                tenant: "018f0000-0000-7000-8000-00000000000a".parse().unwrap(),
                key: "abababababababab".parse().unwrap(),
                overlap: Overlap::from_seconds(overlap_seconds).unwrap(),
                expires_at: expires_at.map(|text| text.parse().unwrap()),
            })
        };

        assert_eq!(rotation("").unwrap(), parsed(86_400, None));
        assert_eq!(
            rotation(r#","overlap_seconds":0,"expires_at":"2027-01-01T00:00:00Z""#).unwrap(),
            parsed(0, Some("2027-01-01T00:00:00Z"))
        );
        assert_eq!(rotation(r#","overlap_seconds":2592000"#).unwrap(), parsed(2_592_000, None));
    }

    #[test]
    fn anything_else_is_refused() {
        for json in [
            "",
            "null",
            "{}",
            r#"{"command":"format_disk"}"#,
            r#"{"command":"show_limits","verbose":true}"#,
            r#"{"command":"remove_listing"}"#,
            r#"{"command":"remove_listing","subject":"198.51.100.0/24"}"#,
            r#"{"command":"remove_listing","subject":7}"#,
            r#"{"command":"remove_listing","subject":"tenant/018f0000-0000-7000-8000-00000000000a","subject":"x"}"#,
            r#"{"command":"revoke_sessions"}"#,
            r#"{"command":"revoke_sessions","tenant_id":"everybody"}"#,
            r#"{"command":"unlock_account","tenant_id":"018f0000-0000-7000-8000-00000000000a"}"#,
            r#"{"command":"unlock_account","tenant_id":"018f0000-0000-7000-8000-00000000000a","user_id":"everybody"}"#,
            r#"{"command":"disable_user","tenant_id":"018f0000-0000-7000-8000-00000000000a"}"#,
            r#"{"command":"enable_user","user_id":"018f0000-0000-7000-8000-00000000000b"}"#,
            r#"{"command":"erase_user","tenant_id":"018f0000-0000-7000-8000-00000000000a"}"#,
            r#"{"command":"put_listing","subject":"network/::/0","access":"ignored","expires_at":"2027-01-01T00:00:00Z"}"#,
            r#"{"command":"put_listing","subject":"network/::/0","access":"allowed","expires_at":"tomorrow"}"#,
            r#"{"command":"put_listing","subject":"network/::/0","access":"allowed"}"#,
            r#"{"command":"list_keys"}"#,
            r#"{"command":"revoke_key","tenant_id":"018f0000-0000-7000-8000-00000000000a"}"#,
            r#"{"command":"revoke_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","key_id":"ABABABABABABABAB"}"#,
            r#"{"command":"rotate_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","key_id":"abababababababab",
                "overlap_seconds":2592001}"#,
            r#"{"command":"rotate_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","key_id":"abababababababab",
                "overlap_seconds":-1}"#,
            r#"{"command":"create_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","name":"x","mode":"live"}"#,
            r#"{"command":"create_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","name":"","mode":"live",
                "scopes":"audit"}"#,
            r#"{"command":"create_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","name":"x","mode":"prod",
                "scopes":"audit"}"#,
            r#"{"command":"create_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","name":"x","mode":"live",
                "scopes":["audit"]}"#,
            r#"{"command":"create_key","tenant_id":"018f0000-0000-7000-8000-00000000000a","name":"x","mode":"live",
                "scopes":"audit","expires_at":"tomorrow"}"#,
        ] {
            assert!(Command::parse(json).is_err(), "{json}");
        }
    }
}
