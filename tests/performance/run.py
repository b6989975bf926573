"""Measures and writes docs/PERFORMANCE.md: `just performance`."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import admission
import functions
import switching
from sections import with_section

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PAGE = ROOT / "docs" / "PERFORMANCE.md"

POLL_AIM_MILLISECONDS = 10
SIZE_AIM_MEGABYTES = 5
VERIFY_AIM_MICROSECONDS = 500


def main() -> None:
    started = functions.measure(TARGET / "lambda")
    print("measuring key derivations and verify's own CPU time", flush=True)
    computed = cpu_figures()
    print("measuring admission decisions", flush=True)
    text = page(started, computed)
    for part in (admission, switching):
        text = with_section(text, part.measured_section())
    PAGE.write_text(text)
    print(f"wrote {PAGE.relative_to(ROOT)}")
    missed = list(misses(started, computed))
    print("\n".join(missed) or "every aim is met")
    sys.exit(1 if missed else 0)


def cpu_figures() -> dict:
    """The JSON line that the benchmark prints."""
    command = ["cargo", "bench", "--locked", "--quiet", "--package", "countersign-tests", "--bench", "cpu"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=3600).stdout
    return json.loads(output.strip().splitlines()[-1])


def misses(started: list, computed: dict):
    for name, milliseconds, size in started:
        if milliseconds > POLL_AIM_MILLISECONDS:
            yield f"MISSED: {name} polls after {milliseconds:.1f} ms, aim {POLL_AIM_MILLISECONDS}"
        if size > SIZE_AIM_MEGABYTES * 1e6:
            yield f"MISSED: {name} has {size / 1e6:.2f} MB zipped, aim {SIZE_AIM_MEGABYTES}"
    for store, microseconds in computed["verify_cpu_microseconds"].items():
        if microseconds > VERIFY_AIM_MICROSECONDS:
            yield f"MISSED: verify computes {microseconds:.0f} µs ({store}), aim {VERIFY_AIM_MICROSECONDS}"


def page(started: list, computed: dict) -> str:
    functions_table = "\n".join(
        f"| {name} | {milliseconds:.1f} | {size / 1e6:.2f} |" for name, milliseconds, size in started
    )
    kdf_table = "\n".join(f"| `{name}` | {cost:.1f} |" for name, cost in computed["kdf_cpu_milliseconds"].items())
    verify_table = "\n".join(
        f"| {store} | {cost:.0f} |" for store, cost in computed["verify_cpu_microseconds"].items()
    )
    return f"""# Performance

Written by `just build {architecture()} && just performance`; edit `tests/performance/run.py` instead. Machine of this run:
{machine()}.

## Functions before their first request

Median of {functions.RUNS} starts from exec to the first poll of the Runtime API (aim: {POLL_AIM_MILLISECONDS} ms), and the size of the
zipped `bootstrap` (aim: {SIZE_AIM_MEGABYTES} MB). Wall-clock time on a shared machine: read it as an upper bound.

| function | exec to first poll, ms | zipped, MB |
|---|---:|---:|
{functions_table}

## Key derivations

CPU milliseconds of one derivation with its comparison, median of 15.

| parameters | CPU, ms |
|---|---:|
{kdf_table}

## Verify beyond the derivation

CPU microseconds of a right attempt on the function's thread, from the gateway event's JSON to the response: parsing, claim,
completion, audit event, token; median of 1,000 (aim: {VERIFY_AIM_MICROSECONDS} µs). The derivation runs on another thread and is not in it.

| ports | CPU, µs |
|---|---:|
{verify_table}
"""


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores of {model}, Linux, {platform.machine()}"


def architecture() -> str:
    return "arm64" if platform.machine() == "aarch64" else "x86_64"


if __name__ == "__main__":
    main()
