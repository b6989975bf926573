//! `countersign token`: what anybody can do with an access token and the published keys.

mod arguments;
mod check;

pub(super) use arguments::TokenCommand;

use std::io::{Read, stdin};

use domain::{Clock, SystemClock};

use self::arguments::CheckArgs;
use self::check::{Expected, check, read_keys, read_transaction};
use super::Failure;
use super::say::say;
use crate::client;

/// Carries out a command and prints what came of it.
pub(super) async fn run(command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Check(arguments) => check_token(&arguments).await,
    }
}

async fn check_token(arguments: &CheckArgs) -> Result<(), Failure> {
    let token = match arguments.token.as_str() {
        "-" => from_standard_input()?,
        token => token.to_owned(),
    };
    let expected = Expected {
        issuer: &arguments.issuer,
        tenant: arguments.tenant,
        transaction: arguments.transaction.as_deref().map(read_transaction).transpose()?,
    };
    let keys = read_keys(&published(&arguments.jwks).await?)?;
    let told = check(token.trim(), &keys, &expected, SystemClock.now())?;
    told.iter().try_for_each(|line| Ok(say(line)?))
}

/// The text of the published keys, out of a file or from a host on this machine.
async fn published(jwks: &str) -> Result<String, Failure> {
    match jwks.strip_suffix(PATH).unwrap_or(jwks) {
        host if host.starts_with("http://") => {
            let answer = client::get(host, PATH).await?;
            if answer.status.is_success() { Ok(answer.body.to_string()) } else { Err(answer.status.to_string().into()) }
        }
        _ => Ok(std::fs::read_to_string(jwks)?),
    }
}

fn from_standard_input() -> Result<String, Failure> {
    let mut token = String::new();
    stdin().take(MOST_READ).read_to_string(&mut token)?;
    Ok(token)
}

const PATH: &str = "/.well-known/jwks.json";

/// More than any token has.
const MOST_READ: u64 = 4096;
