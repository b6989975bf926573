"""What a fault did to those who called meanwhile: the share of errors, the added p99, and the time until all is as before."""

import dataclasses
from collections import Counter

from load import Sample

WINDOW_SECONDS = 1.0
STEP_SECONDS = 0.1
SLOWER = 2


@dataclasses.dataclass
class Figures:
    requests: int
    errors: dict[int, int]
    """How often each status was answered in place of the expected one; 0 is no answer."""
    usual_p99: float
    """Seconds, before the fault."""
    p99: float
    """Seconds, during the fault."""
    recovery: float | None
    """Seconds from the fault's end to the first second without an error and with at most twice the p99 of before."""
    errors_before: int
    """Of a busy machine: nothing is at fault yet."""


Span = tuple[float, float]


def figures(samples: list[Sample], before: Span, during: Span, after: Span) -> Figures:
    """Of what was due in these spans; `after` begins with the fault's end."""
    usual, faulty = within(samples, *before), within(samples, *during)
    usual_p99 = p99(usual)
    return Figures(
        len(faulty), errors(faulty), usual_p99, p99(faulty), recovery(samples, *after, usual_p99 * SLOWER),
        sum(errors(usual).values()))


def errors(samples: list[Sample]) -> dict[int, int]:
    return Counter(sample.status for sample in samples if not sample.as_expected)


def recovery(samples: list[Sample], begin: float, end: float, at_most: float) -> float | None:
    window = begin
    while window + WINDOW_SECONDS <= end:
        seen = within(samples, window, window + WINDOW_SECONDS)
        if seen and all(sample.as_expected for sample in seen) and p99(seen) <= at_most:
            return window - begin
        window += STEP_SECONDS
    return None


def within(samples: list[Sample], begin: float, end: float) -> list[Sample]:
    return [sample for sample in samples if begin <= sample.due < end]


def p99(samples: list[Sample]) -> float:
    times = sorted(sample.seconds for sample in samples)
    return times[len(times) * 99 // 100]
