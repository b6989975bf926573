"""The figures that the service exists for: `just load` measures them on this machine and writes them into docs/PERFORMANCE.md.

A release host, a Redis and the load generator share the machine's cores. Every figure stands next to its aim; if one is missed, this
ends with 1 after it has written, and says which and by how much. With names of parts as arguments, only those are measured, and
nothing is written.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import load_page
import sections
from load_page import Aim
from load_programs import Host, Load, Redis
from sections import ROOT

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
PLOT = ROOT / "docs" / "performance" / "live.svg"
CLOSED = ["initiate", "status", "introspect"]
OPEN_RATES = [1_000, 2_000, 5_000]
# A second of opening; all have to be opened before the first expires, after 300 seconds.
LIVE_RATE = 4_500
LIVE_SOON = 100_000
# What the embedded engine can do, with room.
DYNAMODB_LIVE, DYNAMODB_LIVE_RATE = 30_000, 800


def main() -> None:
    arguments = parsed()
    began = time.monotonic()
    if not arguments.load:
        subprocess.run(["cargo", "build", "--release", "--locked", "--package", "local", "--package", "load"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory(prefix="countersign-load-") as folder:
        run = Run(arguments, Path(folder))
        for part in arguments.parts or PARTS:
            print(f"{part} …", file=sys.stderr, flush=True)
            PARTS[part](run)
    text = load_page.section(run, time.monotonic() - began)
    if arguments.parts:
        print(text)
    else:
        sections.write(text)
    missed = [f"MISSED: {aim.figure}: {aim.verdict()}" for aim in run.aims if not aim.is_met()]
    print("\n".join(missed) or "every aim is met")
    sys.exit(1 if missed else 0)


def parsed() -> argparse.Namespace:
    parts = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"only these of {', '.join(PARTS)}")
    parts.add_argument("--seconds", type=int, default=60, help="how long each open loop takes; closed loops take half of it")
    parts.add_argument("--live", type=int, default=1_000_000, help="how many verifications are live at once")
    parts.add_argument("--host", type=Path, default=TARGET / "release" / "countersign", help="the local host's program")
    parts.add_argument("--load", type=Path, help="the generator's program, if it is not to be built")
    return parts.parse_args()


class Run:
    """What was measured, for the page; figures are the summaries that the generator writes."""

    def __init__(self, arguments: argparse.Namespace, folder: Path):
        self.arguments, self.folder, self.seconds = arguments, folder, arguments.seconds
        self.load = Load(arguments.load or TARGET / "release" / "load", folder)
        self.aims: list[Aim] = []
        self.closed: dict = {}
        self.open: dict = {}
        self.others: dict = {}
        self.live: dict = {}
        self.verify: dict = {}
        self.dynamodb: dict = {}

    def valkey(self, redis: Redis) -> Host:
        return Host(self.arguments.host, self.folder, ["--backend", "valkey", "--valkey-url", redis.url])

    def at_most(self, figure: str, seen: float, aim: float, unit: str) -> None:
        self.aims.append(Aim(figure, seen, aim, unit, is_least=False))

    def at_least(self, figure: str, seen: float, aim: float, unit: str) -> None:
        self.aims.append(Aim(figure, seen, aim, unit, is_least=True))


def closed(scenario: str):
    """One request after another on each of 16 connections."""
    def measure(run: Run) -> None:
        with Redis(run.folder) as redis, run.valkey(redis) as host:
            run.load.enroll(host, redis)
            seen = run.load.run(host, scenario, "--seconds", run.seconds // 2, cpu={"redis": redis})
        run.closed[scenario] = seen
        run.at_least(f"{scenario}, 16 connections", seen["achieved_per_second"], 15_000, "a second")
        if scenario == "initiate":
            run.at_most("initiate, 16 connections, p99", seen["latency"]["p99_ms"], 5, "ms")
            run.at_most("initiate, CPU of the host", seen["cpu_us_per_request"]["host"], 60, "µs")
            run.at_most("initiate, CPU of Redis", seen["cpu_us_per_request"]["redis"], 30, "µs")
        run.at_most(f"{scenario}, 16 connections, errors", seen["unexpected"], 0, "requests")
    return measure


def open_loop(run: Run) -> None:
    """Verifications opened at a rate, whatever the answers take."""
    with Redis(run.folder) as redis, run.valkey(redis) as host:
        run.load.enroll(host, redis)
        for rate in OPEN_RATES:
            seen = run.load.run(host, "initiate", "--rate", rate, "--seconds", run.seconds, cpu={"redis": redis})
            run.open[rate] = seen
            run.at_most(f"{rate:,} a second, errors", seen["unexpected"], 0, "requests")
            if rate == 2_000:
                run.at_most("2,000 a second, p95", seen["latency"]["p95_ms"], 5, "ms")
                run.at_most("2,000 a second, p99", seen["latency"]["p99_ms"], 20, "ms")
            if rate == 5_000:
                run.at_most("5,000 a second, p99", seen["latency"]["p99_ms"], 50, "ms")


def others(run: Run) -> None:
    """What else a service gets to see."""
    seconds = max(run.seconds // 4, 5)
    with Redis(run.folder) as redis, run.valkey(redis) as host:
        run.load.enroll(host, redis)
        for scenario, rate in (("mixed", 500), ("burst", 500), ("replay-storm", None), ("login", 50)):
            pace = ["--rate", rate] if rate else []
            seen = run.load.run(host, scenario, "--seconds", seconds, *pace, cpu={"redis": redis})
            run.others[scenario] = seen
            run.at_most(f"{scenario}, errors", seen["unexpected"], 0, "requests")


def live(run: Run) -> None:
    """Verifications that are all live at once, and what they take of Redis's memory."""
    count = run.arguments.live
    plot = run.folder / "live.svg"
    with Redis(run.folder) as redis, run.valkey(redis) as host:
        run.load.enroll(host, redis)
        before = redis.used_memory()
        arguments = ["--rate", LIVE_RATE, "--count", count, "--sample", 1_000, "--plot", plot]
        seen = run.load.run(host, "initiate", *arguments, cpu={"redis": redis})
        run.live = opened(seen, min(LIVE_SOON, count)) | {
            "keys": redis.count_keys("v"), "without_end": redis.keys_without_end(),
            "bytes_each": (redis.used_memory() - before) / seen["iterations"]}
    if not run.arguments.parts:
        PLOT.parent.mkdir(exist_ok=True)
        PLOT.write_text(plot.read_text())
    run.at_most(f"{min(LIVE_SOON, count):,} opened within", run.live["soon_seconds"], 60, "s")
    run.at_most(f"{count:,} opened within their lifetime", seen["seconds"], 300, "s")
    run.at_most(f"{count:,} live at once, lost", count - run.live["keys"] + seen["sample"]["lost"], 0, "verifications")
    run.at_most(f"{count:,} live at once, keys that would never expire", run.live["without_end"], 0, "keys")
    run.at_most(f"{count:,} live at once, Redis's memory each", run.live["bytes_each"], 400, "bytes")
    run.at_most(f"{count:,} live at once, p50 of the last tenth over that of the first", run.live["growth"], 1.25, "times")


def opened(seen: dict, soon: int) -> dict:
    """How an opening went: when the first so many were open, and the latency of its last tenth over that of its first."""
    total, soon_seconds = 0, float("inf")
    for second, counted in enumerate(seen["by_second"], start=1):
        total += counted["ended"]
        if total >= soon:
            soon_seconds = second
            break
    medians = [second["p50_ms"] for second in seen["by_second"][1:-1]]
    tenth = max(len(medians) // 10, 1)
    middle = lambda part: sorted(part)[len(part) // 2]  # noqa: E731
    growth = middle(medians[-tenth:]) / middle(medians[:tenth]) if medians else float("inf")
    return {"seen": seen, "soon": soon, "soon_seconds": soon_seconds, "growth": growth}


def verify(run: Run) -> None:
    """Right factors as fast as they can be checked, beside what the bare derivation does in the same minutes."""
    with Redis(run.folder) as redis, run.valkey(redis) as host:
        run.load.enroll(host, redis)
        run.verify = verified(run, host, {"redis": redis}, run.seconds // 2)
        with run.load.running(host, "verify", "--seconds", run.seconds // 2, "--ahead", ahead(run.seconds // 2)):
            # Both set up first, in the same seconds.
            time.sleep(run.seconds / 10)
            seen = run.load.run(host, "initiate", "--rate", 500, "--seconds", run.seconds // 4)
        run.verify["initiate"] = seen
    run.at_least("verify with PBKDF2 100k, of the bare derivation's rate", run.verify["share"], 95, "%")
    run.at_most("verify, errors", run.verify["seen"]["unexpected"], 0, "requests")
    run.at_most("500 initiate a second while verify takes all, p99", seen["latency"]["p99_ms"], 20, "ms")
    run.at_most("500 initiate a second while verify takes all, errors", seen["unexpected"], 0, "requests")


def verified(run: Run, host: Host, cpu: dict, seconds: int) -> dict:
    """The rate of verifications, and the ceiling right before and after."""
    before = run.load.ceiling()
    seen = run.load.run(host, "verify", "--seconds", seconds, "--ahead", ahead(seconds), cpu=cpu)
    ceiling = (before + run.load.ceiling()) / 2
    rate = seen["steps"]["verify"]["count"] / seen["seconds"]
    return {"seen": seen, "ceiling": ceiling, "rate": rate, "share": 100 * rate / ceiling}


def ahead(seconds: int) -> int:
    """Verifications that each of 16 connections opens before, more than can be verified on any two cores."""
    return seconds * 240 // 16


def dynamodb(run: Run) -> None:
    """The same without a cache, shorter."""
    seconds, rows = max(run.seconds // 6, 5), run.dynamodb
    with Host(run.arguments.host, run.folder, ["--backend", "dynamodb"]) as host:
        run.load.enroll(host)
        for scenario in CLOSED:
            rows[f"{scenario}, 16 connections"] = run.load.run(host, scenario, "--seconds", seconds)
        for rate in OPEN_RATES:
            rows[f"initiate, {rate:,} a second"] = run.load.run(host, "initiate", "--rate", rate, "--seconds", 2 * seconds)
        rows["verify, 16 connections"] = verified(run, host, {}, seconds)["seen"]
        count = min(DYNAMODB_LIVE, run.arguments.live)
        arguments = ["--rate", DYNAMODB_LIVE_RATE, "--count", count, "--sample", 1_000]
        seen = rows[f"{count:,} opened, {DYNAMODB_LIVE_RATE:,} a second"] = run.load.run(host, "initiate", *arguments)
    run.at_most("DynamoDB, embedded: 1,000 a second, errors", rows["initiate, 1,000 a second"]["unexpected"], 0, "requests")
    run.at_most(f"DynamoDB, embedded: {count:,} live at once, lost of a sample", seen["sample"]["lost"], 0, "verifications")


PARTS = {scenario: closed(scenario) for scenario in CLOSED} | {
    "open": open_loop, "others": others, "live": live, "verify": verify, "dynamodb": dynamodb}


if __name__ == "__main__":
    main()
