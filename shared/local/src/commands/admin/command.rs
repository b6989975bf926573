//! The commands that the admin function has, too, carried out here.

use std::sync::Arc;
use std::time::Duration;

use ::admin::{AdminError, AdminStore, Administer, Answer, Command, Ports};
use admission::Policy;
use audit::{RecordEvents, Recorder, SqsQueue};
use crypto::{OsEntropy, UnwrapKey};
use domain::{Clock, RequestId, SystemClock};
use keyring::BranchKeys;

use super::arguments::{PlaceArgs, ShowArgs};
use super::place::{Laptop, Names, Place, Stack, Unusable};
use crate::commands::Failure;
use crate::commands::say::say;
use crate::commands::state::read_policy;

/// Carries a command out there and prints what it did.
pub(super) async fn carry_out(place: PlaceArgs, command: Command) -> Result<(), Failure> {
    let answer = in_place(Place::of(place).await?, Policy::default(), command).await?;
    print(&answer)
}

/// Prints the limits, and the list if it is said where.
pub(super) async fn show_limits(arguments: ShowArgs) -> Result<(), Failure> {
    let limits = read_policy(arguments.policy.as_deref())?;
    let answer = match Place::open(arguments.place).await? {
        Some(place) => in_place(place, limits, Command::ShowLimits).await?,
        None => Answer::LimitsShown { limits, listings: Vec::new() },
    };
    print(&answer)
}

async fn in_place(place: Place, policy: Policy, command: Command) -> Result<Answer, Failure> {
    match place {
        Place::Aws(stack) => in_aws(*stack, policy, command).await,
        Place::Here(laptop) => here(*laptop, policy, command).await,
    }
}

async fn in_aws(stack: Stack, policy: Policy, command: Command) -> Result<Answer, Failure> {
    let changes = command.changes();
    let queue = match stack.audit_queue_url {
        Some(url) => url,
        None if changes => return Err("--audit-queue-url says where the change is recorded".into()),
        None => String::new(),
    };
    let audit = Recorder::new(SqsQueue::new(&stack.aws, queue.as_str()), stack.store.clone(), Arc::new(SystemClock));
    let administer = administer((stack.store, stack.key), audit, policy);
    tell(&administer, command).await.map_err(|error| at_fault(error, &stack.names, &queue))
}

async fn here(laptop: Laptop, policy: Policy, command: Command) -> Result<Answer, Failure> {
    let audit = laptop.audit_path().await?;
    let administer = administer((laptop.store.clone(), laptop.key.clone()), audit.recorder(), policy);
    let answer = tell(&administer, command).await;
    drop(administer);
    audit.finish(PATIENCE).await;
    let answer = answer.map_err(|error| at_fault(error, &laptop.names, &laptop.names.table));
    laptop.close().await;
    answer
}

fn administer<S: AdminStore + Clone, U: UnwrapKey, A: RecordEvents>(
    (store, key): (S, U),
    audit: A,
    policy: Policy,
) -> Administer<S, U, A> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Administer::new(Ports {
        keys: BranchKeys::new(store.clone(), key, Arc::clone(&clock)),
        store,
        audit,
        policy,
        clock,
        entropy: Arc::new(OsEntropy),
    })
}

async fn tell<S: AdminStore, U: UnwrapKey, A: RecordEvents>(
    administer: &Administer<S, U, A>,
    command: Command,
) -> Result<Answer, AdminError> {
    // In a box: the types of the clients below are deep enough.
    Box::pin(administer.administer(command, &RequestId::from_transport("countersign-admin"))).await
}

/// Names what did not answer by what the operator called it.
fn at_fault(error: AdminError, names: &Names, queue: &str) -> Failure {
    let (what, name) = match &error {
        AdminError::Store(_) => ("table", &names.table),
        AdminError::Keys(_) => ("key", &names.key),
        AdminError::Audit(_) => {
            return format!("the audit queue {queue} can't be used: {}", telemetry::Chain::of(&error)).into();
        }
        _ => return error.into(),
    };
    Unusable { what, name: name.clone(), source: error }.into()
}

fn print(answer: &Answer) -> Result<(), Failure> {
    Ok(say(&serde_json::to_string_pretty(answer)?)?)
}

/// For the event of a change to get into the log. If a host has the log meanwhile, it does the rest.
const PATIENCE: Duration = Duration::from_secs(5);
