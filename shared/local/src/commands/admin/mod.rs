//! `countersign admin`: what an operator does.

mod arguments;
mod command;
mod import;
mod key_arguments;
mod place;
mod rotate;
mod tenant;

pub(super) use arguments::AdminCommand;

use super::Failure;
use admin::Command;
use arguments::UserArgs;

/// Carries out a command and prints what it did.
pub(super) async fn run(command: AdminCommand) -> Result<(), Failure> {
    match command {
        AdminCommand::CreateTenant(arguments) => tenant::create_tenant(arguments).await,
        AdminCommand::Import(arguments) => import::import(arguments).await,
        AdminCommand::UnlockAccount(UserArgs { place, tenant, user }) => {
            command::carry_out(place, Command::UnlockAccount { tenant, user }).await
        }
        AdminCommand::DisableUser(UserArgs { place, tenant, user }) => {
            command::carry_out(place, Command::DisableUser { tenant, user }).await
        }
        AdminCommand::EnableUser(UserArgs { place, tenant, user }) => {
            command::carry_out(place, Command::EnableUser { tenant, user }).await
        }
        AdminCommand::EraseUser(UserArgs { place, tenant, user }) => {
            command::carry_out(place, Command::EraseUser { tenant, user }).await
        }
        AdminCommand::RevokeSessions(arguments) => {
            command::carry_out(arguments.place, Command::RevokeAllSessions { tenant: arguments.tenant_id }).await
        }
        AdminCommand::PutListing(arguments) => command::carry_out(arguments.place, arguments.listing.into()).await,
        AdminCommand::RemoveListing(arguments) => {
            command::carry_out(arguments.place, Command::RemoveListing(arguments.subject)).await
        }
        AdminCommand::ShowLimits(arguments) => command::show_limits(arguments).await,
        AdminCommand::CreateKey(arguments) => command::carry_out(arguments.place, arguments.key.into()).await,
        AdminCommand::RotateKey(arguments) => command::carry_out(arguments.place, arguments.rotation.into()).await,
        AdminCommand::RevokeKey(arguments) => command::carry_out(arguments.place, arguments.key.into()).await,
        AdminCommand::ListKeys(arguments) => {
            command::carry_out(arguments.place, Command::ListKeys(arguments.tenant)).await
        }
        AdminCommand::RotateKeys(arguments) => rotate::rotate_keys(arguments).await,
    }
}
