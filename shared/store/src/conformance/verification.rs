//! Opening and reading verifications.

use domain::{FactorType, SessionSeed, Verification};

use super::race::{count, race};
use super::world::factors;
use super::{Failure, Report, Setting, VerificationPorts, World};
use crate::Claim;
use crate::Opening::{AlreadyOpened, Opened};

pub(super) async fn run<S: VerificationPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "verification",
        store,
        setting,
        report,
        [
            it_comes_back_as_it_was,
            one_without_options_comes_back_as_it_was,
            the_largest_comes_back_as_it_was,
            opening_it_again_gives_it_as_it_is_by_then,
            of_fifty_at_once_one_is_opened,
            another_tenant_does_not_see_it,
        ]
    );
}

async fn it_comes_back_as_it_was(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    let verification = world.verification()?;

    ensure_eq!(store.find_verification(world.tenant, verification.id).await?, None);
    ensure_eq!(store.open_verification(&verification).await?, Opened);

    ensure_eq!(store.find_verification(world.tenant, verification.id).await?, Some(verification));
    Ok(())
}

async fn one_without_options_comes_back_as_it_was(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    let verification = Verification { transaction: None, key_version: 0, further_turns: 0, ..world.verification()? };

    store.open_verification(&verification).await?;

    ensure_eq!(store.find_verification(world.tenant, verification.id).await?, Some(verification));
    Ok(())
}

async fn the_largest_comes_back_as_it_was(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    let verification = Verification {
        asked: factors(&FactorType::ALL)?,
        key_version: u32::MAX,
        seed: SessionSeed::new([u8::MAX; 16]),
        further_turns: u8::MAX,
        ..world.verification()?
    };

    store.open_verification(&verification).await?;

    ensure_eq!(store.find_verification(world.tenant, verification.id).await?, Some(verification));
    Ok(())
}

async fn opening_it_again_gives_it_as_it_is_by_then(
    store: &impl VerificationPorts,
    world: &World,
) -> Result<(), Failure> {
    let first = world.verification()?;
    let second = Verification { seed: SessionSeed::new([8; 16]), transaction: None, ..first.clone() };
    store.open_verification(&first).await?;
    let Claim::Granted(by_then) = store.claim_attempt(&world.claim(1)?).await? else {
        return Err(Failure::new("not granted".to_owned()));
    };

    ensure_eq!(store.open_verification(&second).await?, AlreadyOpened(by_then.clone()));

    ensure_eq!(store.find_verification(world.tenant, by_then.id).await?, Some(*by_then));
    Ok(())
}

async fn of_fifty_at_once_one_is_opened<S: VerificationPorts>(store: &S, world: &World) -> Result<(), Failure> {
    let template = world.verification()?;

    let outcomes = race(store, 50, move |store: S, contender| {
        let verification = Verification { seed: SessionSeed::new([contender + 1; 16]), ..template.clone() };
        async move { store.open_verification(&verification).await }
    })
    .await?;

    let found = store.find_verification(world.tenant, world.verification_id()).await?.map(Box::new);
    ensure_eq!(count(&outcomes, |outcome| *outcome == Opened), 1);
    ensure_eq!(
        count(&outcomes, |outcome| matches!(outcome, AlreadyOpened(existing) if Some(existing) == found.as_ref())),
        49
    );
    Ok(())
}

async fn another_tenant_does_not_see_it(store: &impl VerificationPorts, world: &World) -> Result<(), Failure> {
    let verification = world.verification()?;
    let theirs = Verification { tenant: world.other_tenant, ..verification.clone() };
    store.open_verification(&verification).await?;

    ensure_eq!(store.find_verification(world.other_tenant, verification.id).await?, None);
    ensure_eq!(store.open_verification(&theirs).await?, Opened);

    ensure_eq!(store.find_verification(world.tenant, verification.id).await?, Some(verification));
    Ok(())
}
