//! From the request to the use case and back.

use countersign_http::{Answer, Endpoint, Inbound, Problem};
use store::ListSigningKeys;

use crate::PublishKeys;

impl<S: ListSigningKeys + 'static> Endpoint for PublishKeys<S> {
    async fn answer(&self, _inbound: &Inbound) -> Result<Answer, Problem> {
        Ok(Answer::ok(&self.publish().await?)?.cacheable(CACHE_CONTROL))
    }
}

/// [`keyring::JWKS_MAX_AGE`], which the times of rotating keys are made for.
const CACHE_CONTROL: &str = "public, max-age=300";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t5_callers_are_told_to_keep_the_keys_for_as_long_as_rotation_reckons_with() {
        assert_eq!(CACHE_CONTROL, format!("public, max-age={}", keyring::JWKS_MAX_AGE.as_secs()));
    }
}
