//! What the cases of rotating factors and of erasing users share.

use domain::{Enrollment, FactorType, RequestFingerprint, Sealed};

use super::outbox::discard;
use super::world::factors;
use super::{Failure, LifecyclePorts, World};
use crate::{Claim, Erasure, ErasureOutcome, FactorRotation, FactorRotationOutcome};

/// A user with a device.
pub(super) async fn enrolled(store: &impl LifecyclePorts, world: &World) -> Result<Enrollment, Failure> {
    let enrollment = Enrollment { device_id: Some(Sealed::new(vec![8; 60])), ..world.enrollment()? };
    store.create_enrollment(&enrollment, &world.event(0)).await?;
    discard(store, &[world.event(0)]).await?;
    Ok(enrollment)
}

/// A verification with an attempt that is claimed.
pub(super) async fn claimed(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    store.open_verification(&world.verification()?).await?;
    ensure_eq!(matches!(store.claim_attempt(&world.claim(1)?).await?, Claim::Granted(_)), true);
    Ok(())
}

/// The `number`th request's rotation from the first to the second version.
pub(super) fn rotation(world: &World, number: u8) -> Result<FactorRotation, Failure> {
    let before = world.enrollment()?;
    let enrollment = Enrollment {
        key_version: 2,
        factors: factors(&[FactorType::Words, FactorType::Nfc, FactorType::Face])?,
        askable_sets: Sealed::new(vec![number; 300]),
        request: RequestFingerprint { key: world.key(100 + number)?, body: [number; 32] },
        ..before
    };
    Ok(FactorRotation { enrollment, asked_by: None, at: world.now })
}

/// Rotates to the second version; gives the enrollment as it is then.
pub(super) async fn rotated(store: &impl LifecyclePorts, world: &World) -> Result<Enrollment, Failure> {
    let rotation = rotation(world, 1)?;
    ensure_eq!(store.rotate_factors(&rotation, &world.event(1)).await?, FactorRotationOutcome::Rotated);
    store.forget_rotated(world.tenant, world.user).await?;
    discard(store, &[world.event(1)]).await?;
    Ok(rotation.enrollment)
}

/// The user's erasure now.
pub(super) fn erasure(world: &World) -> Erasure {
    Erasure { tenant: world.tenant, user: world.user, asked_by: None, at: world.now }
}

/// Erases the user.
pub(super) async fn erased(store: &impl LifecyclePorts, world: &World) -> Result<(), Failure> {
    ensure_eq!(store.erase_user(&erasure(world), &world.event(1)).await?, ErasureOutcome::Erased);
    store.forget_erased(world.tenant, world.user).await?;
    discard(store, &[world.event(1)]).await
}

/// The account has no session, and admits this version of the factors alone.
pub(super) async fn no_sessions(store: &impl LifecyclePorts, world: &World, admitted: u32) -> Result<(), Failure> {
    let account = store.find_account(world.tenant, world.user).await?.unwrap_or_default();
    ensure_eq!((account.sessions.len(), account.key_version), (0, Some(admitted)));
    for number in 0..5 {
        ensure_eq!(store.find_session(world.tenant, world.user, world.session(number).id).await?, None);
    }
    Ok(())
}
