//! `countersign admin`: what an operator does.

mod arguments;
mod command;
mod import;
mod place;
mod tenant;

pub(super) use arguments::AdminCommand;

use super::Failure;
use admin::Command;

/// Carries out a command and prints what it did.
pub(super) async fn run(command: AdminCommand) -> Result<(), Failure> {
    match command {
        AdminCommand::CreateTenant(arguments) => tenant::create_tenant(arguments).await,
        AdminCommand::Import(arguments) => import::import(arguments).await,
        AdminCommand::UnlockAccount(arguments) => command::carry_out(arguments.place, arguments.user.into()).await,
        AdminCommand::PutListing(arguments) => command::carry_out(arguments.place, arguments.listing.into()).await,
        AdminCommand::RemoveListing(arguments) => {
            command::carry_out(arguments.place, Command::RemoveListing(arguments.subject)).await
        }
        AdminCommand::ShowLimits(arguments) => command::show_limits(arguments).await,
    }
}
