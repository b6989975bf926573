//! The arguments of `countersign admin`.

use std::path::PathBuf;

use admin::Command;
use clap::{Args, Subcommand, ValueEnum};
use crypto::KdfParameters;
use domain::{ApiKeyMode, KeyId, ListedAccess, ListedSubject, Listing, TenantId, UserId};
use jiff::Timestamp;
use rotate_keys::Task;

use super::key_arguments::{CreateKeyArgs, ListKeysArgs, RevokeKeyArgs, RotateKeyArgs};
use crate::commands::cli::endpoint;

#[derive(Debug, Subcommand)]
pub(in crate::commands) enum AdminCommand {
    /// Make a tenant: its branch key, an API key, and a signing key if there is none
    ///
    /// Prints tenant_id=… and api_key=…; the key is shown this once.
    CreateTenant(TenantArgs),
    /// Enrol another system's users out of its hashes of their digests: a JSON line for each user
    ///
    /// Users who are enrolled stay as they are. Lines that are refused are named in the report; with the same report, an import that
    /// was interrupted goes on where it was. Prints how many of each there were.
    Import(ImportArgs),
    /// Forget a user's failures, so that a lock ends
    ///
    /// Prints how many failures were forgotten and until when the account was locked.
    UnlockAccount(UserArgs),
    /// End all sessions of a user and let nobody verify as them, until they are enabled
    ///
    /// To every caller they are like somebody who was never enrolled. Nothing that is stored of them goes.
    DisableUser(UserArgs),
    /// Let a user who was disabled be verified again
    ///
    /// No session of before comes back. Prints since when they were disabled.
    EnableUser(UserArgs),
    /// Destroy a user's key and with it all that it sealed, for ever
    ///
    /// All sessions end, and the id is spent: nobody is enrolled under it again. Prints when they were erased.
    EraseUser(UserArgs),
    /// End all sessions of a tenant at once, however many there are
    ///
    /// From then on no token of theirs counts when it is asked about, and none can be refreshed.
    RevokeSessions(RevokeArgs),
    /// Allow everything to a network, tenant or user, or deny them everything, until a given time
    ///
    /// Replaces the subject's entry, if it has one. Processes follow within 60 seconds.
    PutListing(PutArgs),
    /// Remove the entry of a network, tenant or user
    RemoveListing(RemoveArgs),
    /// Print the limits' table as it is with --policy, and the list, if it is said where
    ShowLimits(ShowArgs),
    /// Make a further API key of a tenant
    ///
    /// Prints what it is, and the key: shown this once.
    CreateKey(CreateKeyArgs),
    /// Make an API key that takes the place of another, which goes on working for a while
    ///
    /// Prints both, and the new key: shown this once.
    RotateKey(RotateKeyArgs),
    /// End an API key, everywhere within 60 seconds
    RevokeKey(RevokeKeyArgs),
    /// Print a tenant's API keys, working or not
    ListKeys(ListKeysArgs),
    /// Make the keys that are due, or replace one that has leaked
    ///
    /// Prints what was done. Without --emergency it does what the schedule does each hour.
    RotateKeys(RotateArgs),
}

/// Where: in AWS (region, credentials and `AWS_ENDPOINT_URL` as for the AWS CLI), or in a local host's data.
#[derive(Debug, Clone, Args)]
pub(super) struct PlaceArgs {
    /// In AWS: the stack's core table
    #[arg(long, value_name = "NAME", requires = "kms_key_id")]
    pub(super) core_table: Option<String>,
    /// In AWS: the stack's KMS key
    #[arg(long, value_name = "ARN", requires = "core_table")]
    pub(super) kms_key_id: Option<String>,
    /// In AWS: the stack's audit queue; commands that change something leave an event there
    #[arg(long, value_name = "URL", requires = "core_table")]
    pub(super) audit_queue_url: Option<String>,
    /// Here: a local host's data; the host has to be stopped, unless it uses --dynamodb-url
    #[arg(long, value_name = "DIR", conflicts_with_all = ["core_table", "kms_key_id", "audit_queue_url"])]
    pub(super) data_dir: Option<PathBuf>,
    /// Here: the DynamoDB that the host uses instead of the embedded one
    #[arg(long, value_name = "URL", requires = "data_dir", value_parser = endpoint)]
    pub(super) dynamodb_url: Option<String>,
}

/// Which tenant to make, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct TenantArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// What the API key is for
    #[arg(long, value_enum, default_value_t = Mode::Test)]
    pub(super) mode: Mode,
    /// The tenant to give a further API key [default: a new tenant]
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    pub(super) tenant_id: Option<TenantId>,
}

/// Whose sessions to end, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct RevokeArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// The tenant
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    pub(super) tenant_id: TenantId,
}

/// Whom to import, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct ImportArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// The users' tenant
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    pub(super) tenant_id: TenantId,
    /// The users, a JSON line for each
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Which lines were refused and why, and how far the import is
    #[arg(long, value_name = "FILE")]
    pub(super) report: PathBuf,
    /// How the hashes are stretched until a user next succeeds: argon2id, pbkdf2-sha256-600000 or pbkdf2-sha256-100000
    #[arg(long, default_value = "argon2id", value_name = "KDF", value_parser = KdfParameters::from_name)]
    pub(super) kdf: KdfParameters,
}

/// Which user, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct UserArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// The user's tenant
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    pub(super) tenant: TenantId,
    /// The user
    #[arg(long, value_name = "UUID", value_parser = user_id)]
    pub(super) user: UserId,
}

/// What to list, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct PutArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    #[command(flatten)]
    pub(super) listing: ListingArgs,
}

/// An entry.
#[derive(Debug, Args)]
pub(super) struct ListingArgs {
    /// network/198.51.100.0/24, tenant/UUID or user/TENANT-UUID/USER-UUID
    #[arg(long, value_parser = subject)]
    subject: ListedSubject,
    /// What becomes of their requests
    #[arg(long, value_enum)]
    access: Access,
    /// When the entry stops counting, for example 2027-01-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    expires_at: Timestamp,
}

/// Whose entry to remove, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct RemoveArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// network/198.51.100.0/24, tenant/UUID or user/TENANT-UUID/USER-UUID
    #[arg(long, value_parser = subject)]
    pub(super) subject: ListedSubject,
}

/// What to show.
#[derive(Debug, Args)]
pub(in crate::commands) struct ShowArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// A file of rows to replace, as for serve; in AWS, what the stack's parameter Limits holds
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
}

/// Which keys to rotate, and where.
#[derive(Debug, Args)]
pub(in crate::commands) struct RotateArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    #[command(flatten)]
    pub(super) keys: KeyArgs,
}

/// Keys.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// A key has leaked: --kid or --tenant says which
    #[arg(long, requires = "leaked")]
    emergency: bool,
    #[command(flatten)]
    leaked: LeakedArgs,
}

/// What has leaked.
#[derive(Debug, Args)]
#[group(id = "leaked", multiple = false, requires = "emergency")]
struct LeakedArgs {
    /// The signing key of this id: what it signs ends within 10 minutes, and another one signs at once
    #[arg(long, value_name = "KID", value_parser = key_id)]
    kid: Option<KeyId>,
    /// The newest branch key of this tenant: nothing more is sealed under it
    #[arg(long, value_name = "UUID", value_parser = tenant_id)]
    tenant: Option<TenantId>,
}

/// What an API key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Mode {
    /// For tests: csk_test_…
    Test,
    /// For real: csk_live_…
    Live,
}

/// What becomes of a subject's requests.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Access {
    /// No limit applies to them
    Allowed,
    /// They are refused
    Denied,
}

impl From<Mode> for ApiKeyMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Test => Self::Test,
            Mode::Live => Self::Live,
        }
    }
}

impl From<ListingArgs> for Command {
    fn from(ListingArgs { subject, access, expires_at }: ListingArgs) -> Self {
        let access = match access {
            Access::Allowed => ListedAccess::Allowed,
            Access::Denied => ListedAccess::Denied,
        };
        Self::PutListing(Listing { subject, access, expires_at })
    }
}

impl From<KeyArgs> for Task {
    fn from(KeyArgs { leaked: LeakedArgs { kid, tenant }, .. }: KeyArgs) -> Self {
        match (kid, tenant) {
            (Some(kid), _) => Self::RetireLeaked(kid),
            (None, Some(tenant)) => Self::Rotate(tenant),
            (None, None) => Self::Due,
        }
    }
}

fn key_id(text: &str) -> Result<KeyId, String> {
    text.parse().map_err(|_| "not the kid of a signing key".to_owned())
}

pub(super) fn tenant_id(text: &str) -> Result<TenantId, String> {
    text.parse().map_err(|_| NO_UUID.to_owned())
}

fn user_id(text: &str) -> Result<UserId, String> {
    text.parse().map_err(|_| NO_UUID.to_owned())
}

fn subject(text: &str) -> Result<ListedSubject, String> {
    text.parse().map_err(|_| "not network/ADDRESS/BITS, tenant/UUID or user/TENANT-UUID/USER-UUID".to_owned())
}

const NO_UUID: &str = "not a UUID in hyphenated form";
