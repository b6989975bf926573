//! The commands about API keys.
//!
//! A key itself leaves in the one answer that makes it. An answer that got lost takes it along: the list shows a key that nobody has,
//! to be revoked, or rotated in its turn.

use std::time::Duration;

use audit::{About, Outcome, RecordEvents};
use crypto::{ApiKey, UnwrapKey};
use domain::{ApiKeyId, ApiKeyMode, ListedSubject, RequestId, TenantId};
use jiff::Timestamp;
use store::{ApiKeyChange, ApiKeyRecord, ApiKeyRotation, ListedApiKey, OutboxEvent};

use crate::{AdminError, AdminStore, Administer, Answer, KeyBody, KeyRotation, NewKey};

impl<S: AdminStore, U: UnwrapKey, A: RecordEvents> Administer<S, U, A> {
    pub(crate) async fn create_key(&self, new: NewKey, request: &RequestId) -> Result<Answer, AdminError> {
        let NewKey { tenant, name, mode, scopes, expires_at } = new;
        let about = self.about(&ListedSubject::Tenant(tenant)).await?;
        let now = self.0.clock.now();
        if expires_at.is_some_and(|end| end <= now) {
            return Err(AdminError::KeyOver);
        }
        let api_key = ApiKey::generate(mode, &*self.0.entropy)?;
        let record = ApiKeyRecord {
            mode: Some(mode),
            name: Some(name),
            scopes,
            expires_at,
            ..ApiKeyRecord::new(api_key.hash(), tenant, now)
        };
        let event = self.event(about, Outcome::ApiKeyCreated { expires_at, key: record.id(), scopes }, request)?;
        self.0.store.create_api_key(&record, &OutboxEvent::from(&event)).await?;
        self.0.audit.announce(&event).await;
        Ok(Answer::KeyCreated { key: KeyBody::from(&record), api_key })
    }

    /// Does without the tenant's branch key: whoever has a key is a tenant, and a key that leaked can't wait for the key service.
    pub(crate) async fn rotate_key(&self, wanted: &KeyRotation, request: &RequestId) -> Result<Answer, AdminError> {
        let old = self.listed((wanted.tenant, wanted.key)).await?.record;
        let (rotation, api_key) = self.rotation(wanted, &old)?;
        let outcome = Outcome::ApiKeyRotated {
            key: old.id(),
            replaced_by: rotation.replacement.id(),
            until: rotation.replaced_expires_at,
        };
        let event = self.event(About::Tenant(wanted.tenant), outcome, request)?;
        match self.0.store.rotate_api_key(&rotation, &OutboxEvent::from(&event)).await? {
            ApiKeyChange::Refused => Err(AdminError::KeyChanged),
            ApiKeyChange::Changed => {
                self.0.audit.announce(&event).await;
                let replacement = rotation.replacement;
                let replaced = ApiKeyRecord {
                    expires_at: Some(rotation.replaced_expires_at),
                    replaced_by: Some(replacement.id()),
                    ..old
                };
                Ok(Answer::KeyRotated { replaced: (&replaced).into(), key: (&replacement).into(), api_key })
            }
        }
    }

    /// A key that was revoked before keeps its first instant, and has its event. Does without the branch key, as rotating does.
    pub(crate) async fn revoke_key(
        &self,
        (tenant, key): (TenantId, ApiKeyId),
        request: &RequestId,
    ) -> Result<Answer, AdminError> {
        let found = self.listed((tenant, key)).await?;
        if found.record.revoked_at.is_some() {
            return Ok(Answer::KeyRevoked { key: KeyBody::from(&found) });
        }
        let event = self.event(About::Tenant(tenant), Outcome::ApiKeyRevoked { key }, request)?;
        let of_tenant = (tenant, found.record.hash);
        match self.0.store.revoke_api_key(of_tenant, event.at, &OutboxEvent::from(&event)).await? {
            ApiKeyChange::Changed => {
                self.0.audit.announce(&event).await;
                let key = KeyBody { revoked_at: Some(event.at), ..KeyBody::from(&found) };
                Ok(Answer::KeyRevoked { key })
            }
            ApiKeyChange::Refused => Err(AdminError::KeyChanged),
        }
    }

    pub(crate) async fn list_keys(&self, tenant: TenantId) -> Result<Answer, AdminError> {
        let keys = self.0.store.list_api_keys(tenant).await?;
        Ok(Answer::KeysListed { tenant_id: tenant, keys: keys.iter().map(KeyBody::from).collect() })
    }

    async fn listed(&self, (tenant, key): (TenantId, ApiKeyId)) -> Result<ListedApiKey, AdminError> {
        let keys = self.0.store.list_api_keys(tenant).await?;
        keys.into_iter().find(|listed| listed.record.id() == key).ok_or(AdminError::UnknownKey)
    }

    /// A new key that is what the old one was.
    fn rotation(&self, wanted: &KeyRotation, old: &ApiKeyRecord) -> Result<(ApiKeyRotation, ApiKey), AdminError> {
        let now = self.0.clock.now();
        if let Some(successor) = old.replaced_by {
            return Err(AdminError::KeyReplaced(successor));
        }
        let expires_at = wanted.expires_at.or_else(|| lasting_as_long(old, now));
        if !old.is_valid(now) || expires_at.is_some_and(|end| end <= now) {
            return Err(AdminError::KeyOver);
        }
        // A key of which nobody knows counts as one for real.
        let mode = old.mode.unwrap_or(ApiKeyMode::Live);
        let api_key = ApiKey::generate(mode, &*self.0.entropy)?;
        let until = after(now, wanted.overlap.duration());
        let rotation = ApiKeyRotation {
            replaced: old.hash,
            // Rotating never makes a key last longer.
            replaced_expires_at: old.expires_at.map_or(until, |end| end.min(until)),
            replacement: ApiKeyRecord {
                mode: Some(mode),
                name: old.name.clone(),
                scopes: old.scopes,
                expires_at,
                ..ApiKeyRecord::new(api_key.hash(), old.tenant, now)
            },
        };
        Ok((rotation, api_key))
    }
}

/// The end of a key that is made now and lasts as long as the old one was to last from its beginning.
fn lasting_as_long(old: &ApiKeyRecord, now: Timestamp) -> Option<Timestamp> {
    let lifetime = old.expires_at?.duration_since(old.created_at).unsigned_abs();
    Some(after(now, lifetime))
}

fn after(now: Timestamp, later: Duration) -> Timestamp {
    now.checked_add(later).unwrap_or(Timestamp::MAX)
}
