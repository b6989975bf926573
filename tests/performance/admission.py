"""What an admission decision costs on each backend: `just admission` measures, prints, and writes it into docs/PERFORMANCE.md."""

import json
import subprocess

import sections
from sections import ROOT

HEADING = "## Admission"

PERMITS = {
    "leased": "the default limits: the user's permit drawn, the others leased",
    "drawn": "every permit drawn, from four counters",
}


def main() -> None:
    sections.write(measured_section())


def measured_section() -> str:
    """The section of the page, its heading included, from a run of the benchmark."""
    command = ["cargo", "bench", "--locked", "--quiet", "--package", "countersign-tests", "--bench", "admission"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=3600).stdout
    return section(json.loads(output.strip().splitlines()[-1]))


def section(figures: dict) -> str:
    decisions = "\n".join(
        f"| {row['backend']} | {PERMITS[row['permits']]} | {row['at_once']} | {row['decisions_per_second']:,.0f} "
        f"| {row['client_cpu_microseconds']:.0f} | {row['server_cpu_microseconds']:.0f} |"
        for row in figures["decisions"]
    )
    round_trips = "\n".join(
        f"| Redis | `redis-benchmark`: a bare `SET` | {row['at_once']} | {row['round_trips_per_second']:,.0f} "
        f"| | {row['server_cpu_microseconds']:.0f} |"
        for row in figures["round_trips"]
    )
    memory = "\n".join(
        f"| {backend} | {kind} | {size} |"
        for backend, kinds in figures["memory_per_key_bytes"].items()
        for kind, size in kinds.items()
    )
    return f"""{HEADING}

Written by `just admission`. One decision is everything before a verification is opened: all four limits of an initiation (everybody's,
the tenant's, the address's, the user's) and the record of its idempotency key, asked at once; from one client thread, of a thousand
users of one tenant. CPU time is that of the client's thread and of the server (Redis's process; the engine's threads for the
embedded DynamoDB, which stands in for a service of others and is no measure of it). Client, server and `redis-benchmark` share the
machine's cores.

| backend | decision | at once | per second | client CPU, µs | server CPU, µs |
|---|---|---:|---:|---:|---:|
{decisions}
{round_trips}

What a key takes, on average: of Redis what `MEMORY USAGE` says, the key included; of DynamoDB the bytes of names and values.

| backend | key | bytes |
|---|---|---:|
{memory}
"""


if __name__ == "__main__":
    main()
