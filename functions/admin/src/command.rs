//! Commands, and their JSON form: an object with `command` and exactly that command's own members.

use std::str::FromStr;

use domain::{ListedAccess, ListedSubject, Listing, TenantId, UserId};
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
    /// Add an entry to the list of those who are allowed everything or denied, or replace the subject's.
    PutListing(Listing),
    /// Remove a subject's entry.
    RemoveListing(ListedSubject),
    /// End all sessions of a tenant.
    RevokeSessions {
        /// The tenant.
        tenant: TenantId,
    },
    /// Tell the limits and the list that are in force.
    ShowLimits,
}

impl Command {
    /// Parses the JSON form.
    ///
    /// # Errors
    /// [`MalformedCommand`] if it is anything else: another command, a member too many, missing or twice, another type.
    pub fn parse(unverified_json: &str) -> Result<Self, MalformedCommand> {
        let form: Form = serde_json::from_str(unverified_json)?;
        Ok(match form {
            Form::UnlockAccount { tenant_id, user_id } => Self::UnlockAccount { tenant: tenant_id, user: user_id },
            Form::PutListing { subject, access, expires_at } => {
                Self::PutListing(Listing { subject, access, expires_at })
            }
            Form::RemoveListing { subject } => Self::RemoveListing(subject),
            Form::RevokeSessions { tenant_id } => Self::RevokeSessions { tenant: tenant_id },
            Form::ShowLimits {} => Self::ShowLimits,
        })
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
    RevokeSessions {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
    },
    // Braces, so that this one refuses members that it does not have, too.
    ShowLimits {},
}

/// Anything with one text form.
fn text<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("not the text form of this member"))
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
            r#"{"command":"put_listing","subject":"network/::/0","access":"ignored","expires_at":"2027-01-01T00:00:00Z"}"#,
            r#"{"command":"put_listing","subject":"network/::/0","access":"allowed","expires_at":"tomorrow"}"#,
            r#"{"command":"put_listing","subject":"network/::/0","access":"allowed"}"#,
        ] {
            assert!(Command::parse(json).is_err(), "{json}");
        }
    }
}
