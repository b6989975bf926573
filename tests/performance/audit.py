"""What the audit trail costs: `just audit` measures, prints, and writes it into docs/PERFORMANCE.md."""

import json
import subprocess

import sections
from sections import ROOT

HEADING = "## Audit"

WRITER = [
    ("the invocation's JSON parsed", "the invocation's JSON parsed, which Lambda's runtime does"),
    ("events parsed and held to their canonical form", "of these, events parsed and held to their canonical form"),
    ("Merkle tree, header and signature", "of these, Merkle tree, header and signature"),
]


def main() -> None:
    sections.write(measured_section())


def measured_section() -> str:
    """The section of the page, its heading included, from a run of both benchmarks."""
    bench = ["bench", "--locked", "--quiet", "--package", "countersign-tests", "--bench", "audit"]
    verify = ["run", "--locked", "--quiet", "--release", "--package", "audit-log", "--features", "testing"]
    return section(figures(bench), figures([*verify, "--example", "verify_speed"]))


def figures(arguments: list[str]) -> dict:
    """What a benchmark prints in its last line."""
    output = subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=3600)
    return json.loads(output.stdout.strip().splitlines()[-1])


def section(figures: dict, verify: dict) -> str:
    writer, end_to_end = figures["writer"], figures["end_to_end"]
    whole = writer["the whole of a batch"]
    parts = "\n".join(f"| {text} | {writer[name]:,.0f} | |" for name, text in WRITER[1:])
    answers = "\n".join(
        f"| {row['queue']} | {row['first_milliseconds']:.1f} | {row['median_milliseconds']:.1f} |"
        for row in figures["answers"]
    )
    return f"""{HEADING}

Written by `just audit`. Events are those of verifications that succeed, {figures["bytes_per_event"]} bytes each on average, in batches of
{end_to_end["events_per_batch"]:,}, about as many as fit into an invocation. Rates are by CPU time of the one measuring thread, the median of 15
batches; only the way into DynamoDB is by wall-clock time, on cores that engine, writer and other work share.

| | events per second | aim |
|---|---:|---:|
| the writer's own work on a batch, without the stores | {whole:,.0f} | 50,000 |
{parts}
| {WRITER[0][1]} | {writer[WRITER[0][0]]:,.0f} | |
| the writer into a folder and the embedded DynamoDB, two index items each | {end_to_end["events_per_second"]:,.0f} | 3,000 |
| `audit verify`, one core | {verify["verify_events_per_second"]:,.0f} | 200,000 |

In the way into DynamoDB, the writer's thread computes {end_to_end["writer_cpu_microseconds"]:.0f} µs for an event, requests and answers included, and the engine's
{end_to_end["engine_cpu_microseconds"]:.0f} µs; the engine stands in for a service of others.

The answer to an initiation, median of 200, in memory, with every call of the store taking 5 ms (limits and enrollment are looked up at
once, then the verification is opened while its event is sent; the first answer also fetches the tenant's key and the operator's list):

| the audit queue | first answer, ms | median, ms |
|---|---:|---:|
{answers}

A queue that never answers costs one answer its deadline; after that, events go straight to the outbox beside the state write.
"""


if __name__ == "__main__":
    main()
