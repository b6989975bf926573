//! `countersign audit`: what anybody can do with the audit log, whether or not a host is running.

mod arguments;
mod line;
mod proof;
mod tail;
mod verify;

pub(super) use arguments::AuditCommand;

use super::Failure;

/// Carries out a command and prints what came of it.
pub(super) async fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify(arguments) => verify::verify(&arguments.log),
        AuditCommand::Prove(arguments) => proof::prove(&arguments),
        AuditCommand::Check(arguments) => proof::check(&arguments),
        AuditCommand::Tail(arguments) => tail::tail(&arguments).await,
    }
}
