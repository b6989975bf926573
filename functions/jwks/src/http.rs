//! From the request to the use case and back.

use countersign_http::{Answer, Endpoint, Inbound, Problem};
use store::ListSigningKeys;

use crate::PublishKeys;

impl<S: ListSigningKeys + 'static> Endpoint for PublishKeys<S> {
    async fn answer(&self, _inbound: &Inbound) -> Result<Answer, Problem> {
        Ok(Answer::ok(&self.publish().await?)?.cacheable(CACHE_CONTROL))
    }
}

/// Five minutes, as long as our own processes keep the keys; a new key is published longer than that before it signs.
const CACHE_CONTROL: &str = "public, max-age=300";
