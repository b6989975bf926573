"""The section of docs/PERFORMANCE.md."""

from client import NO_ANSWER
from figures import SLOWER, WINDOW_SECONDS, Figures
from load import GUESSES
from measure import AFTER_SECONDS, BEFORE_SECONDS, DURING_SECONDS, Row
from trail import ATTEMPTS_ALLOWED, FAILURES_ALLOWED
from worlds import QUOTA

HEADING = "## Faults"


def section(rows: list[Row]) -> str:
    table = "\n".join(map(line, rows))
    misses = [f"- {row.fault.title}: {miss}" for row in rows for miss in row.missed]
    verdict = "\n".join(["Missed:", "", *misses]) if misses else "All aims were met."
    return f"""{HEADING}

Written by `just faults`. Real processes and signals, and a fault proxy on loopback ([proxy.py](../tests/faults/proxy.py)); what is in
memory of DynamoDB Local stands in for the tables. An open loop of 80 journeys a second (a verification is opened, its status asked, and
every fifth presents the right factors; 8 a second where it says *functions*, which are the deployed binaries behind `cargo lambda watch`), for
{BEFORE_SECONDS} s before the fault, {DURING_SECONDS} s during it and {AFTER_SECONDS} s after it; latencies count from when a request was
due. Callers, hosts, engine and proxy share the machine's cores: read the times as upper bounds.

| column | |
|---|---|
| errors | requests during the fault that were not answered as they should, and with what; – is no answer within 10 s or a connection that ended. They send the same request again afterwards, as [API.md](API.md#retries) says |
| recovery | from the fault's end to the first {WINDOW_SECONDS:.0f} s without an error and with at most {SLOWER} times the p99 of before |
| lost | of all openings and successes that callers were told of: what is not so afterwards by status and introspection, or is not in the audit log once (`countersign audit verify` finds no fault with it; for *functions*: in the queue after the outbox is drained), or was never decided. *With the cache*: verifications that went with its data, by design: callers get 404 and open them again ([RUNBOOK.md](RUNBOOK.md#switching-over)) |
| beyond limits | two users with {QUOTA} permits ask for more all the time, one from the beginning and one from the fault on: what they got of what they may get, which is {QUOTA} for each store that counts ([RUNBOOK.md](RUNBOOK.md#switching-over)). Others try {GUESSES} wrong attempts at once: more than {ATTEMPTS_ALLOWED} of a verification or {FAILURES_ALLOWED} of an account before its lock would count here |

| fault | errors | p99 before, ms | added p99, ms | recovery, s | lost | with the cache | beyond limits | permits |
|---|---|---:|---:|---:|---:|---:|---:|---|
{table}

Aims: nothing lost, nothing beyond limits, as before within {AFTER_SECONDS} s without anybody's doing. {verdict}
"""


def line(row: Row) -> str:
    seen = row.figures
    recovery = "never" if seen.recovery is None else f"{seen.recovery:.1f}"
    permits = " and ".join(map(str, row.admitted))
    return (f"| {row.fault.title} | {told(seen)} | {1000 * seen.usual_p99:.0f} | {1000 * (seen.p99 - seen.usual_p99):+.0f} | {recovery} "
            f"| {len(row.lost)} of {row.answered:,} | {row.gone} | {len(row.beyond)} | {permits} of {QUOTA * row.fault.quotas} |")


def told(seen: Figures) -> str:
    """`1.7 %: 24 × 503`"""
    share = sum(seen.errors.values()) / seen.requests
    answers = ", ".join(f"{count} × {'–' if status == NO_ANSWER else status}" for status, count in sorted(seen.errors.items()))
    return f"{share:.1%}: {answers}" if answers else "0"
