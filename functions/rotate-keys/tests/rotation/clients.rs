//! T5: clients who keep the published keys as they are told meet no token that they can't check.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crypto::{ACCESS_TOKEN_LIFETIME, Claims, DevelopmentKey, Jwks, TokenCheck, TokenId, VerifyingKey, mint};
use domain::{Acr, SessionId, UserId};
use jiff::Timestamp;
use keyring::{JWKS_MAX_AGE, SigningKeys, VerifyingKeys};
use rotate_keys::{PUBLISHED_BEFORE, SIGNING_KEY_AGE};

use crate::scene::{Reachable, Scene, tenant};

const ISSUER: &str = "https://auth.example.com";

/// Processes of the service that have been up for different times, clients that asked at different times, and the tokens that live.
struct Simulation {
    scene: Scene,
    is_down: Arc<AtomicBool>,
    signers: Vec<SigningKeys<Reachable, DevelopmentKey>>,
    publishers: Vec<VerifyingKeys<Reachable>>,
    clients: Vec<Client>,
    tokens: VecDeque<(Timestamp, String)>,
    checks: usize,
}

/// Keeps the keys for as long as it was told, and asks no sooner.
#[derive(Default)]
struct Client {
    kept: Option<(Timestamp, Vec<VerifyingKey>)>,
}

impl Simulation {
    async fn new() -> Self {
        let scene = Scene::new().await;
        let is_down = Arc::<AtomicBool>::default();
        let store = Reachable { inner: scene.store.clone(), is_down: Arc::clone(&is_down) };
        Self {
            signers: (0..4).map(|_| SigningKeys::new(store.clone(), scene.key.clone(), scene.clock())).collect(),
            publishers: (0..4).map(|_| VerifyingKeys::new(store.clone(), scene.clock())).collect(),
            clients: (0..6).map(|_| Client::default()).collect(),
            tokens: VecDeque::new(),
            checks: 0,
            scene,
            is_down,
        }
    }

    /// Some processes mint and publish, all clients check all tokens that live.
    async fn step(&mut self) {
        let now = self.scene.clock().now();
        let signer = self.below(4);
        if let Ok(key) = self.signers[signer].current().await {
            let claims = self.claims(now);
            self.tokens.push_back((claims.expires_at, mint(&key, &claims).unwrap().expose().to_owned()));
        }
        self.tokens.retain(|(expires_at, _)| now < *expires_at);
        for number in 0..self.clients.len() {
            let publisher = self.below(4);
            self.refresh((number, publisher), now).await;
            self.check(number, now);
        }
    }

    async fn refresh(&mut self, (client, publisher): (usize, usize), now: Timestamp) {
        let is_kept = |(at, _): &(Timestamp, _)| now.duration_since(*at).unsigned_abs() < JWKS_MAX_AGE;
        if self.clients[client].kept.as_ref().is_some_and(is_kept) {
            return;
        }
        // A client whose question is not answered has nothing to check with, and says so: it asks again.
        self.clients[client].kept = match self.publishers[publisher].published().await {
            Ok(keys) => {
                let jwks = Jwks::of(keys.iter());
                Some((now, jwks.keys.iter().map(|key| VerifyingKey::from_jwk(key).unwrap()).collect()))
            }
            Err(_) => None,
        };
    }

    fn check(&mut self, client: usize, now: Timestamp) {
        let Some((_, keys)) = &self.clients[client].kept else { return };
        let check = TokenCheck { keys, issuer: ISSUER, audience: tenant(1) };
        for (_, token) in &self.tokens {
            self.checks += 1;
            assert!(check.validate(token, now).is_ok(), "a client's keys of {now} do not know a token's");
        }
    }

    fn claims(&self, now: Timestamp) -> Claims {
        Claims {
            issuer: ISSUER.to_owned(),
            user: UserId::from_keyed_bytes([1; 16]),
            tenant: tenant(1),
            id: TokenId::draw(self.scene.entropy()).unwrap(),
            session: SessionId::from_keyed_bytes([2; 16]),
            acr: Acr::TwoCategories,
            verified_at: now,
            issued_at: now,
            expires_at: now + ACCESS_TOKEN_LIFETIME,
            transaction: None,
        }
    }

    fn below(&self, bound: u32) -> usize {
        self.scene.entropy().below(bound).unwrap() as usize
    }
}

/// Steps of seconds to minutes around each change of signer; long jumps between; outages of the store of up to a quarter of an hour.
#[tokio::test]
async fn t5_clients_that_cache_the_keys_as_told_see_no_failure() {
    let mut simulation = Simulation::new().await;
    let (clock, mut rotations) = (Arc::clone(&simulation.scene.clock), 0);

    for _ in 0..12 {
        clock.advance(SIGNING_KEY_AGE.saturating_sub(PUBLISHED_BEFORE + Duration::from_secs(3_600)));
        for hour in 0..27 {
            rotations += simulation.scene.due().await.signing_keys_made.len();
            let mut left = 3_600_u64;
            while left > 0 {
                let steps = if hour <= 2 || hour >= 24 { [1, 7, 60, 299, 301] } else { [900, 1_200, 3_600, 299, 600] };
                let seconds = steps[simulation.below(5)].min(left);
                simulation.step().await;
                clock.advance(Duration::from_secs(seconds));
                left -= seconds;
                let is_down = simulation.is_down.load(Ordering::SeqCst);
                let turns = simulation.below(if is_down { 3 } else { 12 }) == 0;
                simulation.is_down.store(is_down != turns, Ordering::SeqCst);
            }
        }
    }

    assert_eq!(rotations, 12);
    assert!(simulation.checks > 10_000, "{}", simulation.checks);
}
