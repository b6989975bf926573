//! The arguments of `countersign token`.

use clap::{Args, Subcommand};
use domain::TenantId;

use crate::host::ISSUER;

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Check a token offline, as docs/API.md says: signature, issuer, tenant, times, and the transaction
    Check(CheckArgs),
}

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The access token; - reads it from standard input, where no list of processes shows it
    #[arg(default_value = "-", hide_default_value = true)]
    pub(super) token: String,
    /// Whom it must be for: your tenant's id
    #[arg(long, value_name = "UUID")]
    pub(super) tenant: TenantId,
    /// Who must have issued it
    #[arg(long, value_name = "URL", default_value = ISSUER)]
    pub(super) issuer: String,
    /// The published keys: a file, or a host on this machine (http://127.0.0.1:PORT)
    #[arg(long, value_name = "FILE|URL", default_value = "http://127.0.0.1:3000")]
    pub(super) jwks: String,
    /// The transaction that you are about to carry out, as JSON: the token must approve this one
    #[arg(long, value_name = "JSON")]
    pub(super) transaction: Option<String>,
}
