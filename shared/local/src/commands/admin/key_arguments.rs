//! The arguments of the commands about API keys.

use admin::{Command, KeyRotation, NewKey, Overlap};
use clap::Args;
use domain::{ApiKeyId, ApiKeyName, Scopes, TenantId};
use jiff::Timestamp;

use super::arguments::{Mode, PlaceArgs, tenant_id};

/// Which key to make, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct CreateKeyArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    #[command(flatten)]
    pub(super) key: NewKeyArgs,
}

/// A new key.
#[derive(Debug, Args)]
pub(super) struct NewKeyArgs {
    /// The tenant
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    tenant: TenantId,
    /// What to call it
    #[arg(long, value_parser = name)]
    name: ApiKeyName,
    /// What it is for
    #[arg(long, value_enum, default_value_t = Mode::Test)]
    mode: Mode,
    /// What it may be used for, with commas between: enrollments, enrollments:read, verifications, verifications:read,
    /// sessions, sessions:read, audit
    #[arg(long, value_parser = scopes)]
    scopes: Scopes,
    /// When it stops working, for example 2027-01-01T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    expires_at: Option<Timestamp>,
}

/// Which key to replace, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct RotateKeyArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    #[command(flatten)]
    pub(super) rotation: RotationArgs,
}

/// A key in place of another.
#[derive(Debug, Args)]
pub(super) struct RotationArgs {
    #[command(flatten)]
    key: KeyArgs,
    /// How much longer the old key works, at most 2592000 [default: 86400]
    #[arg(long, value_name = "SECONDS", value_parser = overlap)]
    overlap_seconds: Option<Overlap>,
    /// When the new key stops working [default: never, or as long after now as the old one's end was after its beginning]
    #[arg(long, value_name = "TIME")]
    expires_at: Option<Timestamp>,
}

/// Which key to end, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct RevokeKeyArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    #[command(flatten)]
    pub(super) key: KeyArgs,
}

/// A key.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// The key's tenant
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    tenant: TenantId,
    /// The key's id, which list-keys tells: never the key itself
    #[arg(long, value_name = "ID", value_parser = key_id)]
    key: ApiKeyId,
}

/// Whose keys to list, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct ListKeysArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// The tenant
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    pub(super) tenant: TenantId,
}

impl From<NewKeyArgs> for Command {
    fn from(NewKeyArgs { tenant, name, mode, scopes, expires_at }: NewKeyArgs) -> Self {
        Self::CreateKey(NewKey { tenant, name, mode: mode.into(), scopes, expires_at })
    }
}

impl From<RotationArgs> for Command {
    fn from(RotationArgs { key, overlap_seconds, expires_at }: RotationArgs) -> Self {
        let KeyArgs { tenant, key } = key;
        Self::RotateKey(KeyRotation { tenant, key, overlap: overlap_seconds.unwrap_or_default(), expires_at })
    }
}

impl From<KeyArgs> for Command {
    fn from(KeyArgs { tenant, key }: KeyArgs) -> Self {
        Self::RevokeKey { tenant, key }
    }
}

fn name(text: &str) -> Result<ApiKeyName, String> {
    text.parse().map_err(|_| "not 1 to 64 visible ASCII characters, with spaces inside".to_owned())
}

fn scopes(text: &str) -> Result<Scopes, String> {
    text.replace(',', " ").parse().map_err(|_| "not distinct scopes with commas between".to_owned())
}

fn overlap(text: &str) -> Result<Overlap, String> {
    let seconds = text.parse().ok().and_then(Overlap::from_seconds);
    seconds.ok_or_else(|| "not a number of seconds up to 2592000".to_owned())
}

fn key_id(text: &str) -> Result<ApiKeyId, String> {
    text.parse().map_err(|_| "not a key's id, which has 16 hexadecimal digits".to_owned())
}
