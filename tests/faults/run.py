"""What faults do to those who call meanwhile: `just faults` runs each of them under load, prints, and writes docs/PERFORMANCE.md.

It fails, after writing, if anything that was answered is lost, anything is let in beyond limits, or the service does not recover by
itself. With names of faults as arguments, it runs only those and writes nothing. Nothing leaves this machine.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# What is shared with other measurements, and with the journey through a deployed stack.
sys.path += [str(ROOT / "tests/performance"), str(ROOT / "tests/deployed")]

import ministack
import sections
import stack
from faults import FAULTS
from functions import FUNCTIONS
from measure import Row, measured
from report import section
from worlds import Programs

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


def main() -> None:
    parts = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts.add_argument("names", nargs="*", metavar="FAULT", help=f"only these, and nothing is written: {', '.join(FAULTS)}")
    parts.add_argument("--built", action="store_true", help="take the programs as they were built before")
    arguments = parts.parse_args()
    if unknown := set(arguments.names) - set(FAULTS):
        parts.error(f"there is no {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("faults: stopped"))
    if not arguments.built:
        build()
    rows = [run(name) for name in arguments.names or FAULTS]
    if arguments.names:
        print(section(rows))
    else:
        sections.write(section(rows))
    missed = [f"{row.fault.title}: {miss}" for row in rows for miss in row.missed]
    if missed:
        sys.exit("\n".join(["faults: MISSED", *missed]))


def build() -> None:
    """The host, and the functions as they are deployed."""
    environment = ministack.clean_environment() | stack.AS_DEPLOYED | {"CARGO_LAMBDA_COMPILER": "cargo"}
    binaries = [f"--bin={name}" for name in FUNCTIONS]
    for command in (["build", "--release", "--locked", "--package", "local"], ["lambda", "build", "--release", "--locked", *binaries]):
        subprocess.run(["cargo", *command], cwd=ROOT, env=environment, check=True)


def run(name: str) -> Row:
    print(f"{FAULTS[name].title} …", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="countersign-faults-") as folder:
        programs = Programs(TARGET / "release" / "countersign", TARGET / "lambda", TARGET / "tools", Path(folder))
        return asyncio.run(measured(FAULTS[name], programs))


if __name__ == "__main__":
    main()
