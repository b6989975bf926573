"""The faults, each with what the documents promise for it."""

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager

import functions
import worlds
from load import Rates
from worlds import SKEW_SECONDS, Programs, World

SHARE = 0.2
# What goes through the stand-ins of gateway, queue and key service without waiting for them.
GENTLE = Rates(journeys=8, hammering=2, guessing=0.25, people=41)


@dataclasses.dataclass(frozen=True)
class Fault:
    title: str
    world: Callable[[Programs], AbstractContextManager]
    quotas: int = 1
    """How often a quota may be let in, at most: docs/RUNBOOK.md, "Switching over"."""
    is_momentary: bool = False
    """Whether the fault is over as it begins, so that recovering begins with it."""
    loses_the_cache: bool = False
    """Whether verifications that were in the cache are gone, by design: docs/RUNBOOK.md, "Switching over"."""
    excused: tuple[str, ...] = ()
    """The problems with which requests may be refused for good."""
    rates: Rates = dataclasses.field(default_factory=Rates)


FAULTS = {
    "cache-killed": Fault(
        "cache killed (SIGKILL), 8 s later started again, empty", lambda it: worlds.cached(it, "killed"), 3, loses_the_cache=True),
    "cache-stalled": Fault("cache stalled (SIGSTOP), 8 s later let go on", lambda it: worlds.cached(it, "stalled"), 2),
    "cache-flushed": Fault(
        "cache flushed (FLUSHALL)", lambda it: worlds.cached(it, "flushed"), 3, is_momentary=True, loses_the_cache=True),
    "cache-failed-over": Fault(
        "master of a cluster killed, its replica takes over", worlds.clustered, 3, is_momentary=True, loses_the_cache=True),
    "dynamodb-throttles": Fault(
        f"DynamoDB throttles {SHARE:.0%} of the calls", lambda it: worlds.proxied(it, "throttle", SHARE)),
    "dynamodb-fails": Fault(f"DynamoDB answers 500 to {SHARE:.0%} of the calls", lambda it: worlds.proxied(it, "error", SHARE)),
    "dynamodb-stalls": Fault(f"DynamoDB takes 5 s for {SHARE:.0%} of the calls", lambda it: worlds.proxied(it, "stall", SHARE)),
    "replies-lost": Fault(
        f"DynamoDB's answer is lost after the commit, for {SHARE:.0%} of the calls", lambda it: worlds.proxied(it, "lose", SHARE)),
    "processes-killed": Fault("one of three hosts killed (SIGKILL) every 1.2 s, and replaced", worlds.dying),
    "clock-ahead": Fault(
        "the clock of one of two hosts is 10 minutes ahead", lambda it: worlds.skewed(it, SKEW_SECONDS),
        excused=("idempotency-key-stale",)),
    "clock-behind": Fault(
        "the clock of one of two hosts is 10 minutes behind", lambda it: worlds.skewed(it, -SKEW_SECONDS),
        excused=("idempotency-key-stale",)),
    "queue-down": Fault("functions: the queue breaks every connection", functions.without_queue, rates=GENTLE),
    "kms-down": Fault(
        "functions: KMS breaks every connection, and a third of the processes are replaced", functions.without_keys, rates=GENTLE),
    "functions-killed": Fault("functions: a process killed (SIGKILL) every 0.2 s, and replaced", functions.dying, rates=GENTLE),
}
