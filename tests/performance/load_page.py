"""The section "## Load" of docs/PERFORMANCE.md."""

import os
import platform
from pathlib import Path
from typing import NamedTuple

HEADING = "## Load"

LATENCIES = ["p50_ms", "p95_ms", "p99_ms", "p999_ms", "max_ms"]


class Aim(NamedTuple):
    """A figure and what it is to be."""

    figure: str
    seen: float
    aim: float
    unit: str
    is_least: bool

    def is_met(self) -> bool:
        return self.seen >= self.aim if self.is_least else self.seen <= self.aim

    def verdict(self) -> str:
        if self.is_met():
            return "met"
        off = abs(self.seen - self.aim)
        share = f", {100 * off / self.aim:.0f} %" if self.aim else ""
        return f"missed by {number(off)} {self.unit}{share}"

    def row(self) -> str:
        bound = "at least" if self.is_least else "at most"
        verdict = self.verdict() if self.is_met() else f"**{self.verdict()}**"
        return f"| {self.figure} | {number(self.seen)} {self.unit} | {bound} {number(self.aim)} | {verdict} |"


def section(run, seconds: float) -> str:
    """What was measured, part by part."""
    aims = "\n".join(aim.row() for aim in run.aims)
    parts = [closed(run), open_loop(run), live(run), verify(run), others(run), dynamodb(run)]
    return f"""{HEADING}

Written by `just load` in {seconds / 60:.0f} minutes on {machine()}. Generator, release host and Redis share its cores, so each takes from
the others. All limits are on, with quotas that are not hit ([LIMITS.md](LIMITS.md)), and every request has its own idempotency key; 1,000 users
are enrolled with two factors (PBKDF2, 100,000 iterations). The audit log is left to another process, as in AWS,
and the host has one worker thread.
[How the generator works, and what the columns mean](../tests/load/README.md).

| figure | seen | aim | |
|---|---:|---:|---|
{aims}
{"".join(part for part in parts if part)}"""


def closed(run) -> str:
    return run.closed and f"""
**Closed loop.** 16 connections, each with one request after another for {run.seconds // 2} seconds, Valkey backend (Redis).

{table({name: seen for name, seen in run.closed.items()})}
"""


def open_loop(run) -> str:
    rows = {f"initiate, {rate:,} a second": seen for rate, seen in run.open.items()}
    return rows and f"""
**Open loop.** Requests start when they are intended to, for {run.seconds} seconds, and latencies run from then, Valkey backend.

{table(rows)}
"""


def live(run) -> str:
    if not run.live:
        return ""
    seen, sample, each = run.live["seen"], run.live["seen"]["sample"], run.live["bytes_each"]
    return f"""
**Live at once.** {seen["iterations"]:,} verifications opened in {seen["seconds"]:.0f} seconds, {seen["achieved_per_second"]:,.0f} a second, the first
{run.live["soon"]:,} within {run.live["soon_seconds"]} seconds; a verification lives for 300. Then Redis has {run.live["keys"]:,} of them, {each:.0f} bytes
each by `used_memory`, all with a time at which they expire. Of {sample["taken"]:,}, spread over all, {sample["open"]:,} are found open,
{sample["verified"]:,} are verified with the right factors, {sample["lost"]:,} are lost.

{table({"initiate": seen})}

![Latency while the number of live verifications grows](performance/live.svg)
"""


def verify(run) -> str:
    if not run.verify:
        return ""
    return f"""
**Verifying.** Right factors for verifications that were opened before, over 16 connections: {run.verify["rate"]:.1f} a second. The bare derivation with its
comparison, on all cores, right before and after: {run.verify["ceiling"]:.1f} a second. Then 500 verifications a second are opened while
this goes on.

{table({"verify": run.verify["seen"], "initiate meanwhile": run.verify["initiate"]})}
"""


def others(run) -> str:
    rows = {f"{name}, {seen['scenario']}" if name != seen["scenario"] else name: seen for name, seen in run.others.items()}
    return rows and f"""
**Other scenarios.** *mixed* is 500 a second with a share of logins, wrong digests, replayed requests, malformed bodies and a user whose limit is
used up; *burst* is 500 a second with 5,000 a second in the middle fifth; *replay-storm* is one request sent again and again over 16
connections, each answer the same bytes; *login* is 50 a second.

{table(rows)}
"""


def dynamodb(run) -> str:
    return run.dynamodb and f"""
**DynamoDB backend.** The same without a cache, shorter, on the embedded engine, which computes in the host's process: it stands in for a
service of others, and its CPU time is in the host's. What is asked beyond what it can do waits, and is an error if it is not answered 30 seconds
after the end.

{table(run.dynamodb)}
"""


def table(rows: dict) -> str:
    """One row a run."""
    lines = "\n".join(f"| {name} | {cells(seen)} |" for name, seen in rows.items())
    return f"""| | a second | p50, ms | p95, ms | p99, ms | p99.9, ms | longest, ms | sent late by, p99, ms | errors | CPU a request, µs: host | Redis | generator |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{lines}"""


def cells(seen: dict) -> str:
    latencies = [f"{seen['latency'][name]:.1f}" for name in LATENCIES]
    late = f"{seen['lag']['p99_ms']:.1f}" if seen["intended_per_second"] else ""
    cpu = [f"{seen['cpu_us_per_request'][name]:.0f}" if name in seen["cpu_us_per_request"] else "" for name in ("host", "redis", "load")]
    return " | ".join([f"{seen['achieved_per_second']:,.0f}", *latencies, late, f"{seen['unexpected']:,}", *cpu])


def number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine() -> str:
    """As the page's head names it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores of {model}, Linux, {platform.machine()}"
