//! The operator's list. It is everybody's, so that the cases look for their own entries only.

use std::time::Duration;

use domain::{ListedAccess, ListedSubject, Listing, TenantId, UserId};
use jiff::Timestamp;

use super::outbox::{discard, kept};
use super::{Failure, ListingPorts, Report, Setting, World};

pub(super) async fn run<S: ListingPorts>(store: &S, setting: Setting, report: &mut Report) {
    run_cases!(
        "listing",
        store,
        setting,
        report,
        [
            every_kind_comes_back_as_it_was,
            a_second_one_of_a_subject_replaces_the_first,
            a_removed_one_is_gone_and_the_others_stay,
            every_change_keeps_its_event,
            what_is_finer_than_a_millisecond_is_cut_off,
            a_hundred_come_back,
        ]
    );
}

async fn every_kind_comes_back_as_it_was(store: &impl ListingPorts, world: &World) -> Result<(), Failure> {
    let [network_v4, network_v6] = networks(world)?;
    let subjects =
        [network_v4, network_v6, ListedSubject::Tenant(world.tenant), ListedSubject::User(world.tenant, world.user)];
    ensure_eq!(listed(store, &subjects).await?, Vec::new());

    let accesses = [ListedAccess::Allowed, ListedAccess::Denied].into_iter().cycle();
    let mut listings = Vec::new();
    for (subject, access) in subjects.into_iter().zip(accesses) {
        let listing = Listing { subject, access, expires_at: world.now };
        store.put_listing(&listing, &world.event(0)).await?;
        listings.push(listing);
    }

    ensure_eq!(listed(store, &subjects).await?, sorted(listings));
    Ok(())
}

async fn a_second_one_of_a_subject_replaces_the_first(store: &impl ListingPorts, world: &World) -> Result<(), Failure> {
    let first = tenant_listing(world.tenant, world.now);
    let second =
        Listing { access: ListedAccess::Allowed, expires_at: world.after(Duration::from_secs(60)), ..first.clone() };

    store.put_listing(&first, &world.event(0)).await?;
    store.put_listing(&second, &world.event(1)).await?;

    ensure_eq!(listed(store, &[first.subject]).await?, vec![second]);
    Ok(())
}

async fn a_removed_one_is_gone_and_the_others_stay(store: &impl ListingPorts, world: &World) -> Result<(), Failure> {
    let [removed, stays] = [world.tenant, world.other_tenant].map(|tenant| tenant_listing(tenant, world.now));
    store.put_listing(&removed, &world.event(0)).await?;
    store.put_listing(&stays, &world.event(1)).await?;

    store.remove_listing(&removed.subject, &world.event(2)).await?;
    store.remove_listing(&removed.subject, &world.event(3)).await?;

    ensure_eq!(listed(store, &[removed.subject, stays.subject]).await?, vec![stays]);
    Ok(())
}

/// Also a removal of what is not there: the operator did it.
async fn every_change_keeps_its_event(store: &impl ListingPorts, world: &World) -> Result<(), Failure> {
    let events = [1, 2, 3].map(|number| world.event(number));
    let [put, removed, removed_again] = &events;
    let listing = tenant_listing(world.tenant, world.now);

    store.put_listing(&listing, put).await?;
    ensure_eq!(kept(store, &events).await?, vec![put.clone()]);
    store.remove_listing(&listing.subject, removed).await?;
    store.remove_listing(&listing.subject, removed_again).await?;

    ensure_eq!(kept(store, &events).await?, events.to_vec());
    discard(store, &events).await
}

async fn what_is_finer_than_a_millisecond_is_cut_off(store: &impl ListingPorts, world: &World) -> Result<(), Failure> {
    let listing = tenant_listing(world.tenant, world.after(Duration::from_nanos(1_999_999)));

    store.put_listing(&listing, &world.event(0)).await?;

    let cut = Listing { expires_at: world.after(Duration::from_millis(1)), ..listing };
    ensure_eq!(listed(store, &[cut.subject]).await?, vec![cut]);
    Ok(())
}

async fn a_hundred_come_back(store: &impl ListingPorts, world: &World) -> Result<(), Failure> {
    let subject = |number| ListedSubject::User(world.tenant, UserId::from_keyed_bytes(world.bytes(3, number)));
    let subjects: Vec<_> = (0..100).map(subject).collect();

    for subject in &subjects {
        let listing = Listing { subject: *subject, access: ListedAccess::Denied, expires_at: world.now };
        store.put_listing(&listing, &world.event(0)).await?;
    }

    ensure_eq!(listed(store, &subjects).await?.len(), 100);
    Ok(())
}

fn tenant_listing(tenant: TenantId, expires_at: Timestamp) -> Listing {
    Listing { subject: ListedSubject::Tenant(tenant), access: ListedAccess::Denied, expires_at }
}

/// The entries about these subjects.
async fn listed(store: &impl ListingPorts, subjects: &[ListedSubject]) -> Result<Vec<Listing>, Failure> {
    let mut listings = store.find_listings().await?;
    listings.retain(|listing| subjects.contains(&listing.subject));
    Ok(sorted(listings))
}

fn sorted(mut listings: Vec<Listing>) -> Vec<Listing> {
    listings.sort_by_key(|listing| listing.subject);
    listings
}

fn networks(world: &World) -> Result<[ListedSubject; 2], Failure> {
    let [a, b, ..] = world.bytes(9, 0);
    Ok([
        listed_subject(&format!("network/10.{a}.{b}.0/24"))?,
        listed_subject(&format!("network/2001:db8:{a:x}:{b:x}::/64"))?,
    ])
}

fn listed_subject(text: &str) -> Result<ListedSubject, Failure> {
    text.parse().map_err(|_| Failure::new(format!("not a subject: {text}")))
}
