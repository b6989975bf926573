"""Counts the instructions of a request on each path, and compares them with those of baseline.json.

Instructions do not depend on what else the machine does, as times do: a count that rises says that the code got dearer. Each path is
run by a process of its own under callgrind, which counts in one function of it (see src/main.rs).

- `just instructions` fails if a path needs over 3 % more than its baseline. It tells where one needs over 3 % less, so that the baseline
  is lowered.
- `just instructions --write` writes the baseline, and the section of docs/PERFORMANCE.md.
- `just instructions --profile PATH` shows which functions of a path the instructions are in.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "performance"))

import sections  # noqa: E402
from sections import ROOT  # noqa: E402

BASELINE = HERE / "baseline.json"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
WORK = TARGET / "instructions"
TOLERANCE = 0.03
LONGEST_SECONDS = 600
COUNTED = "instructions::answer_all*"

# Requests of each path. Leases are drawn for fifty requests; each of verify's waits for a derivation, which nothing shortens here.
REQUESTS = {
    "initiate": 50, "initiate-replayed": 50, "initiate-limited": 50, "verify-right": 8, "verify-wrong": 8, "status": 50,
    "introspect": 50}

# Target and flags are those of `cargo lambda build`, so that what it deploys is counted, and what one has built serves the other.
MACHINES = {
    "x86_64": ("x86_64-unknown-linux-gnu", "-C target-cpu=haswell"),
    "aarch64": ("aarch64-unknown-linux-gnu", "-C target-cpu=neoverse-n1")}


def main() -> None:
    parts = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parts.add_mutually_exclusive_group()
    action.add_argument("--write", action="store_true", help="make these counts the baseline")
    action.add_argument("--profile", choices=REQUESTS, metavar="PATH", help="show the functions of one path")
    chosen = parts.parse_args()
    program = build()
    if chosen.profile:
        profile(program, chosen.profile)
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = dict(zip(REQUESTS, pool.map(lambda path: count(program, path), REQUESTS)))
    if chosen.write:
        write(counts)
    else:
        compare(counts)


def build() -> Path:
    target, flags = MACHINES[platform.machine()]
    environment = os.environ | {"CARGO_INCREMENTAL": "0", "CARGO_BUILD_RUSTFLAGS": flags}
    command = ["cargo", "build", "--release", "--locked", "--workspace", "--bin", "instructions", "--target", target]
    subprocess.run(command, cwd=ROOT, check=True, env=environment)
    return TARGET / target / "release" / "instructions"


def count(program: Path, path: str) -> int:
    """Instructions of one request."""
    counted = run(program, path).read_text().splitlines()
    summary = next(line for line in counted if line.startswith("summary: "))
    return round(int(summary.split()[1]) / REQUESTS[path])


def run(program: Path, path: str) -> Path:
    """The file that callgrind writes of a path."""
    WORK.mkdir(parents=True, exist_ok=True)
    written = WORK / f"{path}.callgrind"
    command = ["valgrind", "--tool=callgrind", "--quiet", f"--toggle-collect={COUNTED}", f"--callgrind-out-file={written}",
               str(program), path, str(REQUESTS[path])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS)
    if done.returncode != 0:
        sys.exit(f"instructions: {path} FAILED:\n{done.stderr}")
    return written


def profile(program: Path, path: str) -> None:
    written = str(run(program, path))
    for inclusive in ("yes", "no"):
        subprocess.run(["callgrind_annotate", f"--inclusive={inclusive}", "--auto=no", written], check=True)


def compare(counts: dict) -> None:
    baseline = json.loads(BASELINE.read_text()).get(platform.machine(), {})
    changes = {path: counts[path] / baseline[path] - 1 for path in counts if path in baseline}
    print(f"{'path':20} {'baseline':>10} {'now':>10} {'change':>8}")
    for path in counts:
        before, change = baseline.get(path), changes.get(path)
        figures = f"{before:10,} {counts[path]:10,} {change:+8.2%}" if before else f"{'none':>10} {counts[path]:10,}"
        print(f"{path:20} {figures}")
    for path, change in changes.items():
        if change < -TOLERANCE:
            print(f"{path} needs {-change:.1%} less: lower the baseline with `just instructions --write`")
    failures = [f"{path} needs {change:.1%} more than its baseline, more than {TOLERANCE:.0%}" for path, change in changes.items()
                if change > TOLERANCE]
    failures += [f"{path} has no baseline on {platform.machine()}: `just instructions --write`" for path in counts if path not in baseline]
    if failures:
        sys.exit("\n".join(f"instructions: FAILED: {failure}" for failure in failures))


def write(counts: dict) -> None:
    baselines = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    BASELINE.write_text(json.dumps(baselines | {platform.machine(): counts}, indent=2) + "\n")
    print(f"wrote {BASELINE.relative_to(ROOT)}")
    sections.write(section(counts))


def section(counts: dict) -> str:
    table = "\n".join(f"| {path} | {counted:,} |" for path, counted in counts.items())
    return f"""## Instructions

Written by `just instructions --write`. Instructions that callgrind counts for a request in a warm process, from the JSON of the
gateway's event to the JSON of the answer, on ports in memory, key derivations excluded; {platform.machine()}, built as for Lambda. `tests/run`
fails if one of them rises by more than {TOLERANCE:.0%}. From run to run they move by up to 0.6%, with the seeds of hash maps.

| path | instructions |
|---|---:|
{table}
"""


if __name__ == "__main__":
    main()
