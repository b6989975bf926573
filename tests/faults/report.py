"""The section of docs/PERFORMANCE.md."""

from client import NO_ANSWER
from faults import GENTLE
from figures import SLOWER, Figures
from load import GUESSES, Rates
from measure import AFTER_SECONDS, BEFORE_SECONDS, DURING_SECONDS, Row
from trail import ATTEMPTS_ALLOWED, FAILURES_ALLOWED
from worlds import QUOTA

HEADING = "## Faults"


def section(rows: list[Row]) -> str:
    table = "\n".join(map(line, rows))
    misses = [f"- {row.fault.title}: {miss}" for row in rows for miss in row.missed]
    verdict = "\n".join(["Missed:", "", *misses]) if misses else "All aims were met."
    return f"""{HEADING}

Written by `just faults`. Real processes and signals, and a fault proxy on loopback ([proxy.py](../tests/faults/proxy.py)); DynamoDB Local
stands in for the tables, Redis for the cache. The load is an open loop of {Rates.journeys} journeys a second, in which a verification is opened, its status
asked, and every fifth time the right factors are presented; {BEFORE_SECONDS} s before the fault, {DURING_SECONDS} s during it,
{AFTER_SECONDS} s after it. Where it says *functions*, it is {GENTLE.journeys} journeys a second on the functions' own processes behind `cargo lambda watch`, with
queue and key in MiniStack; where one of them is killed at work, its caller waits for 10 s in vain, since this Runtime API does not notice as
Lambda does. Latencies count from when a request was due. Callers, hosts, engine and proxy share the machine's cores: read them as upper bounds.

- *Errors*: requests during the fault that were not answered as they should, and with what; – is a connection that ended, or none within 10 s. Afterwards the
  same requests are sent again, until they are decided, as [API.md](API.md#retries) says.
- *Recovery*: from the fault's end until a second without an error begins, with at most {SLOWER} times the p99 of before.
- *Lost*: of the openings and successes that callers were told of, those that status and introspection do not tell of afterwards, or the audit log
  does not have once; and requests that were never decided. The log verifies. For *functions* it is the queue that has the events, after
  a drain of the outbox.
- *With the cache*: verifications that went with its data, by design. Callers get 404 and open them again ([RUNBOOK.md](RUNBOOK.md#switching-over)).
- *Beyond limits*: more permits than a limit has, which may be given once by each store that counts
  ([RUNBOOK.md](RUNBOOK.md#switching-over)). Two users with {QUOTA} permits ask for more all the time, one from the beginning and one from the fault on.
  Others send {GUESSES} wrong attempts at once; more than {ATTEMPTS_ALLOWED} compared of a verification, or more than {FAILURES_ALLOWED} of an
  account before its lock, would be here, too.

| fault | errors | p99 before, ms | added p99, ms | recovery, s | lost | with the cache | beyond limits | permits |
|---|---|---:|---:|---:|---:|---:|---:|---|
{table}

A host with another time refuses what changes anything, since callers' idempotency keys are not within 5 minutes of its clock: 400.

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
