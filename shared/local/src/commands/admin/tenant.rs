//! `countersign admin create-tenant`.

use crypto::{ApiKey, OsEntropy, WrapKey};
use domain::{Entropy, SystemClock, TenantId};

use super::arguments::TenantArgs;
use super::place::{Names, Place};
use crate::commands::Failure;
use crate::commands::say::say;
use crate::provision::{self, ProvisionStore};

/// Makes a tenant and prints its id and key.
pub(super) async fn create_tenant(arguments: TenantArgs) -> Result<(), Failure> {
    match Place::of(arguments.place.clone()).await? {
        Place::Aws(stack) => create(&arguments, &stack.store, &stack.key, &stack.names).await,
        Place::Here(laptop) => {
            let created = create(&arguments, &laptop.store, &laptop.key, &laptop.names).await;
            laptop.close().await;
            created
        }
    }
}

async fn create(
    arguments: &TenantArgs,
    store: &impl ProvisionStore,
    wrap: &impl WrapKey,
    names: &Names,
) -> Result<(), Failure> {
    let entropy: &dyn Entropy = &OsEntropy;
    let tenant = match arguments.tenant_id {
        Some(tenant) => tenant,
        None => TenantId::from_keyed_bytes(entropy.array()?),
    };
    let api_key = ApiKey::generate(arguments.mode.into(), entropy)?;
    provision::create_tenant(store, wrap, (tenant, &api_key), (&SystemClock, entropy))
        .await
        .map_err(|error| names.at_fault(error))?;
    // The one time that the key is shown, for a person or a script.
    Ok(say(&format!("tenant_id={tenant}\napi_key={}", api_key.expose()))?)
}
