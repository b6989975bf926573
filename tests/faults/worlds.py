"""Local hosts with what they stand on, and what is done to it."""

import contextlib
import dataclasses
import json
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import trail
from client import Target
from servers import Cluster, DynamoDbLocal, Host, Proxy, Redis, wait_until
from trail import Trail

QUOTA = 20
# A user's permits come back too slowly to matter: one in 72 minutes.
POLICY = {"user": {"quota": QUOTA, "period_seconds": 86_400}}
SKEW_SECONDS = 600
KILL_EVERY_SECONDS = 1.2


@dataclasses.dataclass
class Programs:
    """Where what runs is, and where it may write."""

    host: Path
    functions: Path
    tools: Path
    folder: Path


class World:
    """Hosts on one DynamoDB and one data directory, what is done to them, and how it ends."""

    def __init__(self, programs: Programs, dynamodb_url: str, stack: contextlib.ExitStack, cache: list[str] | None = None):
        self.data_dir, self.targets = programs.folder / "data", []
        self._program, self._log, self._stack = programs.host, programs.folder / "hosts.log", stack
        policy = programs.folder / "policy.json"
        policy.write_text(json.dumps(POLICY))
        self._arguments = ["--data-dir", self.data_dir, "--policy", policy, "--dynamodb-url", dynamodb_url, *(cache or [])]
        self.hosts: list[Host] = []
        self.begin: Callable[[], object] = lambda: None
        self.end: Callable[[], object] = lambda: None

    def start_host(self, environment: dict | None = None) -> Host:
        host = self._stack.enter_context(Host(self._program, self._log, self._arguments, environment))
        self.hosts.append(host)
        self.targets.append(host.target)
        return host

    def trail(self) -> Trail:
        """Ends the hosts as an operator would, has others go on until every event is in the log, and reads it."""
        self._stop()
        wait_until("every event is in the log", self._is_logged)
        return trail.read(self._program, self.data_dir)

    def _stop(self) -> None:
        for host in self.hosts:
            host.drain()
        self.hosts.clear()
        self.targets.clear()

    def _is_logged(self) -> bool:
        if self._queued():
            self.start_host()
            self._stop()
        return not self._queued()

    def _queued(self) -> bool:
        return any(path.stat().st_size for path in (self.data_dir / "audit-queue").iterdir())


@contextlib.contextmanager
def cached(programs: Programs, name: str) -> Iterator[World]:
    """A host with a Redis, which is `killed`, `stalled` or `flushed`."""
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(DynamoDbLocal(programs.tools))
        redis = stack.enter_context(Redis(programs.folder / "redis"))
        world = World(programs, engine.url, stack, ["--backend", "valkey", "--valkey-url", redis.url])
        world.start_host()
        world.begin, world.end = {
            "killed": (redis.kill, redis.start),
            "stalled": (lambda: redis.signal(signal.SIGSTOP), lambda: redis.signal(signal.SIGCONT)),
            "flushed": (lambda: redis.call("FLUSHALL"), lambda: None)}[name]
        yield world


@contextlib.contextmanager
def clustered(programs: Programs) -> Iterator[World]:
    """A host with a cluster, of which a master is killed."""
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(DynamoDbLocal(programs.tools))
        cluster = stack.enter_context(Cluster(programs.folder))
        world = World(programs, engine.url, stack, ["--backend", "valkey", "--valkey-url", cluster.url])
        world.start_host()
        world.begin = cluster.kill_a_master
        yield world


@contextlib.contextmanager
def proxied(programs: Programs, fault: str, share: float) -> Iterator[World]:
    """A host whose calls of DynamoDB pass the proxy."""
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(DynamoDbLocal(programs.tools))
        proxy = stack.enter_context(Proxy(engine.port))
        world = World(programs, proxy.url, stack)
        world.start_host()
        world.begin, world.end = (lambda: proxy.do(fault, share)), (lambda: proxy.do("none"))
        yield world


@contextlib.contextmanager
def dying(programs: Programs) -> Iterator[World]:
    """Three hosts on one DynamoDB, one of which is killed every so often and replaced."""
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(DynamoDbLocal(programs.tools))
        world = World(programs, engine.url, stack)
        for _ in range(3):
            world.start_host()
        chance = random.Random(5)

        def replace_any() -> None:
            host = chance.choice(world.hosts)
            host.kill()
            # Nobody is sent to a process that is gone, as with Lambda; what it was at work on gets no answer.
            world.targets.remove(host.target)
            world.hosts.remove(host)
            world.start_host()

        world.begin, world.end = again_and_again(replace_any, KILL_EVERY_SECONDS, stack)
        yield world


def again_and_again(
        do: Callable[[], None], seconds: float, stack: contextlib.ExitStack) -> tuple[Callable[[], None], Callable[[], None]]:
    """What begins to do it every so many seconds, and what ends that."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(seconds):
            do()

    repeating = threading.Thread(target=repeat)

    def stop() -> None:
        over.set()
        repeating.join()

    stack.callback(over.set)
    return repeating.start, stop


@contextlib.contextmanager
def skewed(programs: Programs, seconds: int) -> Iterator[World]:
    """Two hosts on one DynamoDB, one of which has another time as long as the fault lasts: a third host in its place."""
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(DynamoDbLocal(programs.tools))
        world = World(programs, engine.url, stack)
        world.start_host()
        usual = world.start_host().target
        other = world.start_host(os.environ | {
            "LD_PRELOAD": str(faketime()), "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}).target
        world.targets.remove(other)

        def swap(away: Target, here: Target) -> None:
            world.targets.remove(away)
            world.targets.append(here)

        world.begin, world.end = (lambda: swap(usual, other)), (lambda: swap(other, usual))
        yield world


def faketime() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise SystemExit("libfaketime is not installed: tests/tools/install brings it")
    return found[0]
