//! Requests in flight and answered.

use std::time::Duration;

use domain::{IN_FLIGHT_FOR, RequestFingerprint, Sealed};

use super::race::{count, race};
use super::world::nonce;
use super::{Failure, Report, RequestPorts, Setting, World};
use crate::Beginning::{Answered, Begun, InFlight, OtherRequest};

pub(super) async fn run<S: RequestPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "request",
        store,
        setting,
        report,
        [
            a1_of_thirty_two_at_once_one_is_begun,
            a9_a_beginning_repeated_by_the_same_execution_is_begun,
            it_is_in_flight_for_its_time_and_then_begun_anew,
            a3_of_thirty_two_that_take_over_one_does,
            a_finished_one_is_answered_for_ever,
            a1_another_body_is_another_request,
            an_abandoned_one_is_begun_anew_at_once,
            one_that_was_taken_over_decides_nothing,
            finishing_what_was_never_begun_stores_nothing,
            another_tenant_and_another_key_are_others,
            what_is_finer_than_a_millisecond_is_cut_off,
        ]
    );
}

async fn a1_of_thirty_two_at_once_one_is_begun<S: RequestPorts>(store: &S, world: &World) -> Result<(), Failure> {
    let (tenant, request, now) = (world.tenant, request(world)?, world.now);

    let outcomes = race(store, 32, move |store: S, contender| async move {
        store.begin_request(tenant, &request, nonce(contender), now).await
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| *outcome == Begun), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == InFlight), 31);
    Ok(())
}

async fn a9_a_beginning_repeated_by_the_same_execution_is_begun<S: RequestPorts>(
    store: &S,
    world: &World,
) -> Result<(), Failure> {
    let (tenant, request, now) = (world.tenant, request(world)?, world.now);

    let outcomes =
        race(store, 8, move |store: S, _| async move { store.begin_request(tenant, &request, nonce(1), now).await })
            .await?;

    ensure_eq!(outcomes, vec![Begun; 8]);
    ensure_eq!(store.begin_request(tenant, &request, nonce(2), now).await?, InFlight);
    Ok(())
}

async fn it_is_in_flight_for_its_time_and_then_begun_anew(
    store: &impl RequestPorts,
    world: &World,
) -> Result<(), Failure> {
    let request = request(world)?;
    let begin = |number, now| store.begin_request(world.tenant, &request, nonce(number), now);
    let last = world.after(IN_FLIGHT_FOR.saturating_sub(Duration::from_nanos(1)));
    ensure_eq!(begin(1, world.now).await?, Begun);

    ensure_eq!(begin(2, last).await?, InFlight);
    ensure_eq!(begin(3, world.after(IN_FLIGHT_FOR)).await?, Begun);

    // Its time begins anew, too.
    ensure_eq!(begin(4, world.after(IN_FLIGHT_FOR + IN_FLIGHT_FOR / 2)).await?, InFlight);
    ensure_eq!(begin(1, world.after(IN_FLIGHT_FOR)).await?, InFlight);
    ensure_eq!(begin(3, world.after(IN_FLIGHT_FOR)).await?, Begun);
    Ok(())
}

async fn a3_of_thirty_two_that_take_over_one_does<S: RequestPorts>(store: &S, world: &World) -> Result<(), Failure> {
    let (tenant, request, later) = (world.tenant, request(world)?, world.after(IN_FLIGHT_FOR));
    store.begin_request(tenant, &request, nonce(99), world.now).await?;

    let outcomes = race(store, 32, move |store: S, contender| async move {
        store.begin_request(tenant, &request, nonce(contender), later).await
    })
    .await?;

    ensure_eq!(count(&outcomes, |outcome| *outcome == Begun), 1);
    ensure_eq!(count(&outcomes, |outcome| *outcome == InFlight), 31);
    Ok(())
}

async fn a_finished_one_is_answered_for_ever(store: &impl RequestPorts, world: &World) -> Result<(), Failure> {
    let (request, answer) = (request(world)?, Sealed::new((0..=255).cycle().take(3 * 1024).collect()));
    store.begin_request(world.tenant, &request, nonce(1), world.now).await?;

    store.finish_request(world.tenant, &request, nonce(1), &answer).await?;
    store.finish_request(world.tenant, &request, nonce(1), &answer).await?;
    store.abandon_request(world.tenant, &request, nonce(1)).await?;

    for (number, later) in [(1, Duration::ZERO), (2, Duration::ZERO), (3, IN_FLIGHT_FOR), (4, Duration::from_secs(600))]
    {
        let begun = store.begin_request(world.tenant, &request, nonce(number), world.after(later)).await?;
        ensure_eq!(begun, Answered(answer.clone()));
    }
    Ok(())
}

async fn a1_another_body_is_another_request(store: &impl RequestPorts, world: &World) -> Result<(), Failure> {
    let request = request(world)?;
    let other = RequestFingerprint { body: [99; 32], ..request };
    let answer = Sealed::new(vec![7; 40]);
    let begin =
        |request, later| async move { store.begin_request(world.tenant, &request, nonce(1), world.after(later)).await };
    ensure_eq!(begin(request, Duration::ZERO).await?, Begun);

    ensure_eq!(begin(other, Duration::ZERO).await?, OtherRequest);
    ensure_eq!(begin(other, IN_FLIGHT_FOR).await?, OtherRequest);
    store.finish_request(world.tenant, &other, nonce(1), &answer).await?;
    store.abandon_request(world.tenant, &other, nonce(1)).await?;
    ensure_eq!(begin(request, Duration::ZERO).await?, Begun);
    store.finish_request(world.tenant, &request, nonce(1), &answer).await?;
    ensure_eq!(begin(other, Duration::ZERO).await?, OtherRequest);
    ensure_eq!(begin(request, Duration::ZERO).await?, Answered(answer));
    Ok(())
}

async fn an_abandoned_one_is_begun_anew_at_once(store: &impl RequestPorts, world: &World) -> Result<(), Failure> {
    let request = request(world)?;
    let begin = |number| store.begin_request(world.tenant, &request, nonce(number), world.now);
    ensure_eq!(begin(1).await?, Begun);

    store.abandon_request(world.tenant, &request, nonce(2)).await?;
    ensure_eq!(begin(2).await?, InFlight);
    store.abandon_request(world.tenant, &request, nonce(1)).await?;
    store.abandon_request(world.tenant, &request, nonce(1)).await?;

    ensure_eq!(begin(2).await?, Begun);
    ensure_eq!(begin(1).await?, InFlight);
    Ok(())
}

async fn one_that_was_taken_over_decides_nothing(store: &impl RequestPorts, world: &World) -> Result<(), Failure> {
    let (request, later) = (request(world)?, world.after(IN_FLIGHT_FOR));
    let [theirs, ours] = [1, 2].map(|number| Sealed::new(vec![number; 60]));
    store.begin_request(world.tenant, &request, nonce(1), world.now).await?;
    store.begin_request(world.tenant, &request, nonce(2), later).await?;

    store.abandon_request(world.tenant, &request, nonce(1)).await?;
    store.finish_request(world.tenant, &request, nonce(1), &theirs).await?;
    ensure_eq!(store.begin_request(world.tenant, &request, nonce(3), later).await?, InFlight);

    store.finish_request(world.tenant, &request, nonce(2), &ours).await?;
    ensure_eq!(store.begin_request(world.tenant, &request, nonce(3), later).await?, Answered(ours));
    Ok(())
}

async fn finishing_what_was_never_begun_stores_nothing(
    store: &impl RequestPorts,
    world: &World,
) -> Result<(), Failure> {
    let request = request(world)?;

    store.finish_request(world.tenant, &request, nonce(1), &Sealed::new(vec![1; 30])).await?;
    store.abandon_request(world.tenant, &request, nonce(1)).await?;

    ensure_eq!(store.begin_request(world.tenant, &request, nonce(2), world.now).await?, Begun);
    Ok(())
}

async fn another_tenant_and_another_key_are_others(store: &impl RequestPorts, world: &World) -> Result<(), Failure> {
    let request = request(world)?;
    let other_key = RequestFingerprint { key: world.key(2)?, ..request };
    let answer = Sealed::new(vec![1; 30]);
    store.begin_request(world.tenant, &request, nonce(1), world.now).await?;

    ensure_eq!(store.begin_request(world.other_tenant, &request, nonce(2), world.now).await?, Begun);
    ensure_eq!(store.begin_request(world.tenant, &other_key, nonce(3), world.now).await?, Begun);
    store.abandon_request(world.other_tenant, &request, nonce(1)).await?;
    store.finish_request(world.other_tenant, &request, nonce(2), &answer).await?;

    ensure_eq!(store.begin_request(world.tenant, &request, nonce(4), world.now).await?, InFlight);
    ensure_eq!(store.begin_request(world.other_tenant, &request, nonce(4), world.now).await?, Answered(answer));
    Ok(())
}

async fn what_is_finer_than_a_millisecond_is_cut_off(store: &impl RequestPorts, world: &World) -> Result<(), Failure> {
    let request = request(world)?;
    let finer = world.after(Duration::from_nanos(999_999));
    ensure_eq!(store.begin_request(world.tenant, &request, nonce(1), finer).await?, Begun);

    ensure_eq!(store.begin_request(world.tenant, &request, nonce(2), world.after(IN_FLIGHT_FOR)).await?, Begun);
    Ok(())
}

fn request(world: &World) -> Result<RequestFingerprint, Failure> {
    Ok(RequestFingerprint { key: world.key(1)?, body: [5; 32] })
}
