//! Any number of writers that are slow, die and lose answers, over deliveries in any order.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use domain::Entropy;
use store::StoreErrorKind;
use testkit::{Fault, Observation, SeededEntropy};

use crate::world::{PORTS, World, batch_of, events, failed};

const EVENTS: u32 = 40;

type Writing<'a> = (Vec<u32>, Pin<Box<dyn Future<Output = SqsBatchResponse> + 'a>>);

/// Chance, from a seed.
struct Chance(SeededEntropy);

impl Chance {
    fn below(&self, bound: u32) -> u32 {
        let entropy: &dyn Entropy = &self.0;
        entropy.below(bound).unwrap()
    }

    fn one_in(&self, bound: u32) -> bool {
        self.below(bound) == 0
    }
}

#[tokio::test(start_paused = true)]
async fn l2_whatever_happens_to_writers_each_event_is_logged_once() {
    for seed in 0..SEEDS {
        let mut world = simulate(seed).await;
        world.note = format!("seed {seed}");
        world.assert_holds(&events(0..EVENTS)).await;
    }
}

/// Deliveries until nothing is left in the queue.
async fn simulate(seed: u64) -> World {
    let chance = Chance(SeededEntropy::new(seed));
    let world = World::new([1, 2, 5][usize::try_from(seed % 3).unwrap()]);
    let mut queue: BTreeSet<u32> = (0..EVENTS).collect();
    let mut writings: Vec<Writing<'_>> = Vec::new();
    for step in 0_u64.. {
        assert!(step < 100_000, "seed {seed}: {} events are never written", queue.len());
        let calm = step > 600;
        match chance.below(8) {
            0 if writings.len() < 4 => {
                let numbers = some_of(&queue, &chance);
                let writer = world.observed_writer(&observation(&chance, calm), seed * 1_000_000 + step);
                let batch = batch_of(numbers.iter().copied());
                let deadline = world.deadline();
                writings.push((numbers, Box::pin(async move { writer.write(batch, deadline).await })));
            }
            1 if chance.one_in(4) => {
                let seconds = Duration::from_secs(chance.below(20).into());
                world.clock.advance(seconds);
                tokio::time::advance(seconds).await;
            }
            2 if !calm && !writings.is_empty() && chance.one_in(4) => {
                drop(writings.swap_remove(one_of(&writings, &chance)));
            }
            _ if !writings.is_empty() => {
                let turn = one_of(&writings, &chance);
                let writing = writings[turn].1.as_mut();
                if let Some(response) = poll_once(writing).await {
                    let (numbers, _) = writings.swap_remove(turn);
                    let failed = failed(&response);
                    // What is acknowledged is never delivered again, but for what SQS delivers twice.
                    queue.retain(|number| {
                        !numbers.contains(number) || failed.contains(&format!("m-{number}")) || chance.one_in(20)
                    });
                }
            }
            _ => {}
        }
        if queue.is_empty() && writings.is_empty() {
            break;
        }
    }
    drop(writings);
    world
}

/// A delivery: some of the queue's events, in some order, some of them twice.
fn some_of(queue: &BTreeSet<u32>, chance: &Chance) -> Vec<u32> {
    let mut numbers: Vec<u32> = queue.iter().copied().filter(|_| chance.one_in(2)).collect();
    for place in 1..numbers.len() {
        let other = usize::try_from(chance.below(u32::try_from(place).unwrap() + 1)).unwrap();
        numbers.swap(place, other);
    }
    let twice: Vec<u32> = numbers.iter().copied().filter(|_| chance.one_in(10)).collect();
    numbers.extend(twice);
    numbers
}

/// Up to two faults for a writer; none when it is calm.
fn observation(chance: &Chance, calm: bool) -> Observation {
    let observation = Observation::default();
    let kind = StoreErrorKind::Unavailable;
    for _ in 0..if calm { 0 } else { chance.below(3) } {
        let port = PORTS[usize::try_from(chance.below(7)).unwrap()];
        let faults = [Fault::FailBefore(kind), Fault::FailAfter(kind), Fault::HangBefore, Fault::HangAfter];
        let fault = faults[usize::try_from(chance.below(4)).unwrap()];
        observation.faults.plan(port, usize::try_from(chance.below(4) + 1).unwrap(), fault);
    }
    observation
}

fn one_of<T>(all: &[T], chance: &Chance) -> usize {
    usize::try_from(chance.below(u32::try_from(all.len()).unwrap())).unwrap()
}

async fn poll_once<T>(mut future: Pin<&mut (dyn Future<Output = T> + '_)>) -> Option<T> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

const SEEDS: u64 = 300;
